#include "store/messages.h"

#include <fmt/format.h>

#include "base/text.h"

namespace hone {

Error no_such_study(const std::string& name) {
  return {Code::NotFound, fmt::format("there is no study `{}`; `hone list` shows all", printable(name))};
}

Error no_such_study(std::int64_t study) {
  return {Code::NotFound, fmt::format("there is no study with number {}; was it deleted?", study)};
}

Error name_taken(const std::string& name) {
  return {Code::Conflict, fmt::format("study `{}` exists already; use another --name", printable(name))};
}

Error moved_on(std::int64_t study, Seq last, Seq expected) {
  return {Code::Conflict,
          fmt::format("study number {} has {} events instead of {}: another process writes to it; stop one of them",
                      study, last, expected)};
}

}  // namespace hone
