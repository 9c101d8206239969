#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "exec/keeper_loop.h"

namespace hone {
namespace {

constexpr double kSample = 0.05;      // seconds between looks at what runs hold
constexpr double kMeasureShare = 20;  // measuring what processes share takes at most this part of the time

}  // namespace

std::string Keeper::group_name(const Run& run) const { return fmt::format("hone-{}-{}", self_.pid, run.id); }

/// The way into a new group for the run; empty where there are none, so that it is sampled.
Fd Keeper::make_group(Run& run) {
  if (config_.memory <= 0) return {};
  if (!std::exchange(groups_tried_, true))
    if (const auto mount = MemoryGroups::usual_mount())
      if (auto made = MemoryGroups::make(*mount, read_whole_file("/proc/self/cgroup"), self_.pid, getppid()))
        groups_.emplace(std::move(*made));
  if (!groups_) return {};
  run.group = groups_->open(group_name(run), config_.memory);
  return run.group ? run.group.entrance() : Fd();
}

void Keeper::remove_group(Run& run) {
  if (!run.group) return;
  run.group = {};
  groups_->remove(group_name(run));
}

void Keeper::watch_memory(Run& run) {
  if (memory_.empty()) sample_at_ = now_ + kSample;
  memory_.add(run.process);
}

/// Kills at once what holds too much: memory that fills up does not wait for grace.
void Keeper::sample_memory() {
  memory_.sample();
  for (auto& [id, run] : runs_) {
    const pid_t pid = run->process.pid;
    std::int64_t used = memory_.resident(pid);
    const double start = monotonic_now();
    if (config_.memory > 0 && used > config_.memory) {  // pages that forked processes share count once
      if (start < run->measure_at) continue;
      used = memory_.proportional(pid);
      const double end = monotonic_now();
      run->measure_at = end + kMeasureShare * (end - start);
    }
    run->peak = std::max(run->peak, used);
    if (used <= config_.memory || config_.memory <= 0) continue;
    if (!run->signalled) {
      run->cause = Cause::Oom;
      run->why = fmt::format("used {}, resources.memory is {}", memory_text(used), memory_text(config_.memory));
    }
    kill_tree(*run);
  }
  sample_at_ = monotonic_now() + kSample;
}

}  // namespace hone
