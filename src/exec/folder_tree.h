// The two walks behind folder.h, from descriptors. Not for use without its marker.
#pragma once

#include <cstdint>
#include <string>

#include "hone/result.h"

namespace hone {

/// Removes `name` in the folder `parent` and all below it. `shown` names it in an error. What is nested deeper than the
/// descriptors reach is moved up first. Nothing there is success.
Result<void> remove_tree(int parent, const std::string& name, const std::string& shown);

/// What a copy came to.
struct CopyCount {
  std::int64_t bytes = 0;   // of its files, however they came there
  std::int64_t shared = 0;  // of these, those that both files hold together until one is written (reflink)
};

/// See MarkedFolder::copy().
Result<CopyCount> copy_tree(int from_parent, const std::string& from, int to_parent, const std::string& to,
                            const std::string& shown);

}  // namespace hone
