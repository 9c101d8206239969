// Which filesystems a database may keep a write-ahead log on.
#pragma once

#include <cstdint>
#include <string>

#include "hone/result.h"

namespace hone {

/// SQLite's write-ahead log needs memory that all processes share: false for file systems that several machines can
/// mount, and for FUSE, where it depends on what is behind it. `magic` is statfs(2)'s f_type.
bool shares_memory(std::uint32_t magic);

/// f_type of the file system that holds `path`.
Result<std::uint32_t> filesystem_of(const std::string& path);

}  // namespace hone
