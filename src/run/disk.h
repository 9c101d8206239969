// What the trials' folders take of the disk, and whether there is room for more (`limits.disk`).
#pragma once

#include <functional>
#include <map>
#include <string>

#include "hone/trial.h"

namespace hone {

/// Asked often, it looks seldom: at the free room once a second and after each run, at the folders of what runs every two. A
/// trial's folder is measured once more when its run has ended, and all of them every ten seconds while there is no room.
class DiskWatch {
 public:
  /// `budget`: bytes of all trials' folders together; 0: only the disk's free room counts. `warn` gets a line when 90 %
  /// of the budget are used or the disk has less than twice the reserve, when nothing starts any more, and when it does
  /// again.
  DiskWatch(std::string study_folder, std::int64_t budget, std::function<void(const std::string&)> warn);

  /// May another run be launched? False from a full budget, or less than the reserve of free room, until there is more. The
  /// reserve is kReserve, on small disks a twentieth of them.
  bool room(Seconds now);
  void launched(TrialId trial) { running_.emplace(trial, 0); }
  void ended(TrialId trial);
  std::int64_t used() const { return ended_bytes_ + running_bytes_; }

  static constexpr std::int64_t kReserve = std::int64_t{256} << 20;

 private:
  enum class Level { Fine, Warned, Full };
  void look(Seconds now);
  void measure_ended();

  std::string folder_;
  std::int64_t budget_, reserve_;
  std::function<void(const std::string&)> warn_;
  std::map<TrialId, std::int64_t> running_;  // → bytes when last measured
  std::map<TrialId, std::int64_t> ended_;
  std::int64_t ended_bytes_ = 0, running_bytes_ = 0;
  Seconds looked_ = -1e9, measured_ = -1e9, measured_all_ = -1e9;
  Level level_ = Level::Fine;
};

/// Bytes that the files below a folder take on the disk; links are not followed, other file systems not entered.
std::int64_t folder_bytes(const std::string& path);

}  // namespace hone
