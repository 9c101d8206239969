// What every store says alike.
#pragma once

#include "hone/storage.h"

namespace hone {

Error no_such_study(const std::string& name);
Error no_such_study(std::int64_t study);
Error name_taken(const std::string& name);
Error moved_on(std::int64_t study, Seq last, Seq expected);

}  // namespace hone
