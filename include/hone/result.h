// Errors as values. User input and the outside world return Result; a broken invariant is HONE_CHECK (base/check.h).
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace hone {

enum class Code {
  Invalid,      // the caller's input is wrong; the text names field, value and remedy
  NotFound,     // no such study, trial, file
  Conflict,     // somebody else holds it or changed it meanwhile
  Unavailable,  // may work later: locked database, full disk. The only code that is ever retried.
  Corrupt,      // stored data cannot be understood; it is never overwritten
  Internal,
};

struct Error {
  Code code = Code::Internal;
  std::string what;  // one line: where, what, remedy
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string what) {
  return tl::unexpected<Error>(Error{code, std::move(what)});
}
inline tl::unexpected<Error> invalid(std::string what) { return fail(Code::Invalid, std::move(what)); }

}  // namespace hone
