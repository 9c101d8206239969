// Running a study to its end on this machine: folders, lock, store, executor, and the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hone/spec.h"

namespace hone {

struct RunOptions {
  std::string path, home, sync = "normal";
  std::optional<std::int64_t> gpus;
  bool dry = false, quiet = false;
  bool extend = false;    // a changed definition is taken over
  bool in_order = false;  // --deterministic
};

/// The exit status. What went wrong was said on standard error.
int run_study(const RunOptions& options, StudySpec spec);

}  // namespace hone
