#include "exec/memory.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace hone {
namespace {

constexpr pid_t kNarrow = 1024;   // new pids: more are looked for in the whole of /proc
constexpr int kWholeEvery = 100;  // samples, in case a pid was given out in another order

/// Nothing if it may not be read or the process is gone.
std::optional<std::int64_t> pss_of(pid_t pid) {
  const Fd file(open(fmt::format("/proc/{}/smaps_rollup", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  const std::string text = read_small_file(file.get());
  const auto at = text.find("\nPss:");
  const auto digit = at == std::string::npos ? at : text.find_first_of("0123456789", at);
  if (digit == std::string::npos) return std::nullopt;
  std::int64_t kib = 0;
  std::from_chars(text.data() + digit, text.data() + text.size(), kib);
  return kib * 1024;
}

}  // namespace

std::string memory_text(std::int64_t bytes) {
  constexpr double kMiB = 1 << 20, kGiB = 1 << 30;
  const auto value = static_cast<double>(bytes);
  return value < kGiB ? fmt::format("{:.4g} MiB", value / kMiB) : fmt::format("{:.4g} GiB", value / kGiB);
}

TreeMemory::TreeMemory() : loadavg_(open("/proc/loadavg", O_RDONLY | O_CLOEXEC)) {}

void TreeMemory::add(const ProcessMark& main) {
  if (trees_.empty()) last_ = before_ = main.pid;
  const auto process = read_process(main.pid);
  trees_[main.pid].born[main.pid] = process ? process->born : main.born_from;
  main_[main.pid] = main.pid;
}

void TreeMemory::remove(pid_t main) {
  const auto tree = trees_.find(main);
  if (tree == trees_.end()) return;
  for (const auto& [pid, born] : tree->second.born) main_.erase(pid);
  trees_.erase(tree);
}

bool TreeMemory::adopt(const ProcessStat& process) {
  const auto parent = main_.find(process.parent);
  if (parent == main_.end() || process.gone() || !main_.emplace(process.pid, parent->second).second) return false;
  trees_[parent->second].born[process.pid] = process.born;
  return true;
}

/// A pid is given out a moment before its process can be seen, so each is looked for in two samples.
void TreeMemory::find_new() {
  const pid_t last = last_pid(loadavg_), from = before_;
  before_ = std::exchange(last_, last);
  if (last == from && samples_ % kWholeEvery != 0) return;
  if (last >= from && last - from <= kNarrow && samples_ % kWholeEvery != 0) {
    for (pid_t pid = from + 1; pid <= last; ++pid) {
      if (main_.contains(pid)) continue;
      if (const auto process = read_process(pid)) adopt(*process);
    }
    return;
  }
  const auto all = all_processes();
  for (bool more = true; more;) {  // numbers have gone round: a child may stand before its parent
    more = false;
    for (const ProcessStat& process : all) more = adopt(process) || more;
  }
}

void TreeMemory::sample() {
  ++samples_;
  find_new();
  for (auto& [main, tree] : trees_) {
    tree.resident = 0;
    for (auto at = tree.born.begin(); at != tree.born.end();) {
      const auto process = read_process(at->first);
      if (process && !process->gone() && process->born == at->second) {
        tree.resident += process->resident;
      } else if (at->first != main) {
        main_.erase(at->first);
        at = tree.born.erase(at);
        continue;
      }
      ++at;
    }
  }
}

std::int64_t TreeMemory::resident(pid_t main) const {
  const auto tree = trees_.find(main);
  return tree == trees_.end() ? 0 : tree->second.resident;
}

std::int64_t TreeMemory::proportional(pid_t main) const {
  std::int64_t sum = 0;
  const auto tree = trees_.find(main);
  if (tree == trees_.end()) return 0;
  for (const auto& [pid, born] : tree->second.born) {
    if (const auto pss = pss_of(pid)) {
      sum += *pss;
    } else if (const auto process = read_process(pid); process && process->born == born) {
      sum += process->resident;
    }
  }
  return sum;
}

}  // namespace hone
