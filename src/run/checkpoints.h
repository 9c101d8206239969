// The checkpoints that trials hand on to others (pbt, pb2, pbt-replay), in the study's folder.
//
//   TRIAL/files       {dir}: the checkpoint of a trial whose run has ended well, until its next run
//   TRIAL/at-N        a copy of it as it was at fidelity N, made before the trial went on: what a donor that trains hands on
//   checkpoints.jsonl a line per copy: trial, donor, bytes, seconds
//
// Nothing is copied from a folder that a process writes to. A copy is made under another name and renamed when it is whole, so
// that after a crash it is there or it is not. A run that shares its trial with others (`repeat`) has its own folders.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exec/folder.h"
#include "hone/event.h"
#include "hone/spec.h"
#include "hone/trial.h"

namespace hone {

class Checkpoints {
 public:
  /// `study_folder` may lack only in studies without such a scheduler.
  static Result<Checkpoints> open(const std::string& study_folder, const StudySpec& spec);

  /// Before a run of `trial` is launched: keeps its checkpoint aside if it goes on, brings it its donor's if it has none yet.
  /// Unavailable if a checkpoint cannot be copied or is not there.
  Result<void> prepare(const Trial& trial, const std::vector<Trial>& trials);
  /// Removes what no trial can need any more: copies of donors, and the folders of trials that were replaced.
  /// `best` keeps its own. Call it after each event.
  void seen(const Event& event, const std::vector<Trial>& trials, std::optional<TrialId> best);

 private:
  struct Kept {
    TrialId trial = 0;
    Resource at = 0;
    int repeat = 0;
    auto operator<=>(const Kept&) const = default;
  };
  Checkpoints(std::string folder, bool keeps, bool inherits)
      : folder_(std::move(folder)), keeps_(keeps), inherits_(inherits) {}
  bool there(const std::string& path) const;
  Result<void> keep(const Trial& trial);
  Result<void> inherit(const Trial& trial, const std::vector<Trial>& trials);
  Result<void> copy(const std::string& from, const std::string& base, const std::string& to, const Trial& trial,
                    const Checkpoint& source);
  void find_kept();
  void tidy(const std::vector<Trial>& trials, std::optional<TrialId> best);

  std::string folder_;
  bool keeps_ = false, inherits_ = false;
  std::optional<MarkedFolder> marked_;
  std::set<Kept> kept_;
  std::set<TrialId> replaced_;  // stopped because another took their place; their folders are still there
};

/// A copy on record.
struct CheckpointCopy {
  Seconds time = 0;  // since the epoch
  TrialId trial = 0;
  Checkpoint from;
  std::int64_t bytes = 0, shared = 0;
  Seconds seconds = 0;
};
/// Those of a study; what cannot be read is left out.
std::vector<CheckpointCopy> checkpoint_copies(const std::string& study_folder);
/// "copied 12.5 MiB from trial 3 at epoch 20 in 0.02 s"
std::string copy_text(const CheckpointCopy& copy, const StudySpec& spec);

/// "trial 3 began at epoch 1 again ..." if the report says so, or if nobody can tell; `trial` has seen it.
std::optional<std::string> started_over(const Reported& report, const Trial& trial, const StudySpec& spec);

}  // namespace hone
