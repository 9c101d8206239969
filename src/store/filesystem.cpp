#include "store/filesystem.h"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace hone {
namespace {

// From linux/magic.h where it has them, else from the file system's own sources.
constexpr std::uint32_t kShared[] = {
    0x00006969,  // NFS
    0x0000517b,  // SMB
    0xff534d42,  // CIFS
    0xfe534d42,  // SMB2
    0x0bd00bd0,  // Lustre
    0x47504653,  // GPFS, Spectrum Scale
    0x19830326,  // BeeGFS
    0x00c36400,  // Ceph
    0xaad7aaea,  // PanFS
    0x5346414f,  // AFS
    0x6b414653,  // kAFS
    0x73757245,  // Coda
    0x0000564c,  // NCP
    0x01161970,  // GFS2
    0x7461636f,  // OCFS2
    0x01021997,  // 9P
    0x786f4256,  // VirtualBox shared folder
    0x65735546,  // FUSE: sshfs, GlusterFS, ...
    0x65735543,  // FUSE's control file system
};

}  // namespace

bool shares_memory(std::uint32_t magic) {
  return std::find(std::begin(kShared), std::end(kShared), magic) == std::end(kShared);
}

Result<std::uint32_t> filesystem_of(const std::string& path) {
  struct statfs info {};
  if (statfs(path.c_str(), &info) != 0)
    return fail(Code::Unavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  return static_cast<std::uint32_t>(info.f_type);
}

}  // namespace hone
