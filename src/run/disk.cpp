#include "run/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "exec/fd.h"

namespace hone {
namespace {

constexpr Seconds kLook = 1, kMeasure = 2, kMeasureAll = 10;

std::string room_text(std::int64_t bytes) {
  return bytes < (std::int64_t{1} << 30) ? fmt::format("{:.0f} MiB", static_cast<double>(bytes) / (1 << 20))
                                         : fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
}

/// A small disk is full later.
std::int64_t reserve_of(const std::string& folder) {
  struct statvfs info {};
  if (statvfs(folder.c_str(), &info) != 0) return DiskWatch::kReserve;
  return std::min(DiskWatch::kReserve,
                  static_cast<std::int64_t>(info.f_blocks) * static_cast<std::int64_t>(info.f_frsize) / 20);
}

std::int64_t free_bytes(const std::string& folder) {
  struct statvfs info {};
  if (statvfs(folder.c_str(), &info) != 0) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

}  // namespace

std::int64_t folder_bytes(const std::string& path) {
  std::int64_t sum = 0;
  std::vector<std::string> folders{path};
  dev_t device = 0;
  for (bool first = true; !folders.empty(); first = false) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const Fd file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!file || fstat(file.get(), &info) != 0) continue;
    if (first) device = info.st_dev;
    if (info.st_dev != device) continue;
    DIR* entries = fdopendir(fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
    if (entries == nullptr) continue;
    while (const dirent* entry = readdir(entries)) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || fstatat(file.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(info.st_mode)) folders.push_back(folder + "/" + name);
      sum += static_cast<std::int64_t>(info.st_blocks) * 512;
    }
    closedir(entries);
  }
  return sum;
}

DiskWatch::DiskWatch(std::string study_folder, std::int64_t budget, std::function<void(const std::string&)> warn)
    : folder_(std::move(study_folder)), budget_(budget), reserve_(reserve_of(folder_)), warn_(std::move(warn)) {
  if (budget_ == 0) return;
  DIR* entries = opendir(folder_.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    char* end = nullptr;
    const long long trial = std::strtoll(entry->d_name, &end, 10);
    if (end != entry->d_name && *end == '\0') ended(trial);
  }
  closedir(entries);
}

void DiskWatch::ended(TrialId trial) {
  looked_ = -1e9;  // before the next one starts
  if (const auto running = running_.find(trial); running != running_.end()) {
    running_bytes_ -= running->second;
    running_.erase(running);
  }
  if (budget_ == 0) return;
  std::int64_t& bytes = ended_[trial];
  ended_bytes_ -= bytes;
  bytes = folder_bytes(fmt::format("{}/{}", folder_, trial));
  ended_bytes_ += bytes;
}

void DiskWatch::measure_ended() {
  ended_bytes_ = 0;
  for (auto& [trial, bytes] : ended_)
    if (!running_.contains(trial)) ended_bytes_ += bytes = folder_bytes(fmt::format("{}/{}", folder_, trial));
    else ended_bytes_ += bytes;
}

bool DiskWatch::room(Seconds now) {
  if (now - looked_ >= kLook) look(now);
  return level_ != Level::Full;
}

void DiskWatch::look(Seconds now) {
  looked_ = now;
  if (budget_ > 0 && now - measured_ >= kMeasure) {
    measured_ = now;
    if (level_ == Level::Full && now - measured_all_ >= kMeasureAll) {  // somebody may have made room
      measured_all_ = now;
      measure_ended();
    }
    running_bytes_ = 0;
    for (auto& [trial, bytes] : running_) {
      // What it had before its present run is counted there already.
      const std::int64_t all = folder_bytes(fmt::format("{}/{}", folder_, trial));
      const auto before = ended_.find(trial);
      bytes = std::max<std::int64_t>(0, all - (before == ended_.end() ? 0 : before->second));
      running_bytes_ += bytes;
    }
  }
  const std::int64_t free = free_bytes(folder_);
  // Once it is full there must be some room to spare before it no longer is, so that it does not go to and fro.
  const bool was = level_ == Level::Full;
  const std::int64_t most = was ? budget_ / 10 * 9 : budget_, least = was ? reserve_ + reserve_ / 2 : reserve_;
  const bool full = free < least || (budget_ > 0 && used() >= most);
  const bool tight = free < 2 * reserve_ || (budget_ > 0 && used() >= budget_ / 10 * 9);
  const Level level = full ? Level::Full : tight ? Level::Warned : Level::Fine;
  if (level == level_) return;
  const std::string state =
      budget_ > 0 && used() >= budget_ / 10 * 9
          ? fmt::format("the trials' folders take {} of limits.disk {}", room_text(used()), room_text(budget_))
          : fmt::format("{} are free on the disk of {}", room_text(free), folder_);
  if (level == Level::Full) measured_all_ = now;
  if (level == Level::Full)
    warn_(state + ": no new runs until there is more room; `hone tidy` removes checkpoints, what runs goes on");
  else if (level_ == Level::Full) warn_(state + ": runs start again");
  else if (level == Level::Warned) warn_(state + ": no new runs will start when it is full");
  level_ = level;
}

}  // namespace hone
