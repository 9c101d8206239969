#include "run/checkpoints.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "exec/process.h"
#include "study/lineage.h"

namespace hone {
namespace {

using Json = nlohmann::json;
constexpr const char* kRecord = "/checkpoints.jsonl";
constexpr const char* kUnfinished = "files.copying";

std::string base_of(TrialId trial, int repeat) {
  return repeat == 0 ? std::to_string(trial) : fmt::format("{}/run-{}", trial, repeat + 1);
}

bool is_final(const Trial& trial) {
  return (trial.phase == Phase::Stopped && !trial.cut) || trial.phase == Phase::Completed ||
         trial.phase == Phase::Failed;
}

/// It has not come to the end of its first run, so it may have to begin once more.
bool unsettled_child(const Trial& trial) {
  return trial.from && trial.legs.empty() &&
         (trial.phase == Phase::Running || trial.phase == Phase::Waiting || trial.cut);
}

}  // namespace

Result<Checkpoints> Checkpoints::open(const std::string& study_folder, const StudySpec& spec) {
  Checkpoints checkpoints(study_folder, hands_on_checkpoints(spec), inherits_checkpoints(spec));
  if (!checkpoints.inherits_) return checkpoints;
  auto marked = MarkedFolder::open(study_folder);
  if (!marked) return tl::unexpected(marked.error());
  checkpoints.marked_ = std::move(*marked);
  checkpoints.find_kept();
  return checkpoints;
}

/// What an earlier process kept.
void Checkpoints::find_kept() {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto number = [](const std::string& text, auto& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size();
  };
  const auto look = [&](const fs::path& base, TrialId trial, int repeat) {
    for (const auto& entry : fs::directory_iterator(base, error)) {
      const std::string name = entry.path().filename().string();
      Resource at = 0;
      if (name.starts_with("at-") && number(name.substr(3), at)) kept_.insert({trial, at, repeat});
    }
  };
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    TrialId trial = 0;
    if (!number(entry.path().filename().string(), trial)) continue;
    look(entry.path(), trial, 0);
    for (int repeat = 1; fs::exists(folder_ + "/" + base_of(trial, repeat), error); ++repeat)
      look(folder_ + "/" + base_of(trial, repeat), trial, repeat);
  }
}

bool Checkpoints::there(const std::string& path) const {
  struct stat info {};
  return ::lstat((folder_ + "/" + path).c_str(), &info) == 0;
}

Result<void> Checkpoints::prepare(const Trial& trial, const std::vector<Trial>& trials) {
  if (!inherits_) return {};
  if (!trial.legs.empty()) return keeps_ ? keep(trial) : Result<void>();
  return trial.from ? inherit(trial, trials) : Result<void>();
}

/// If it is there already an attempt has begun, and the folder is no longer what it was.
Result<void> Checkpoints::keep(const Trial& trial) {
  const Checkpoint own{trial.id, own_checkpoint(trial)};
  const std::string base = base_of(trial.id, trial.repeat), to = fmt::format("{}/at-{}", base, own.at);
  kept_.insert({trial.id, own.at, trial.repeat});
  if (own.at == 0 || there(to) || !there(base + "/files")) return {};
  return copy(base + "/files", base, to, trial, own);
}

Result<void> Checkpoints::inherit(const Trial& trial, const std::vector<Trial>& trials) {
  const std::string base = base_of(trial.id, trial.repeat), files = base + "/files";
  if (there(files) && !trial.fresh) return {};
  const Trial& donor = trials[static_cast<std::size_t>(trial.from->trial)];
  const std::string other = base_of(donor.id, trial.repeat);
  std::string source = fmt::format("{}/at-{}", other, trial.from->at);
  const bool rests = !donor.live && donor.phase != Phase::Running && own_checkpoint(donor) == trial.from->at;
  if (!there(source) && rests) source = other + "/files";
  if (!there(source))
    return fail(Code::Unavailable,
                fmt::format("the checkpoint of trial {} at {} is not there any more", donor.id, trial.from->at));
  // The keeper makes these for a run that is launched; a link in their place is refused by the copy.
  if (::mkdir(fmt::format("{}/{}", folder_, trial.id).c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Code::Unavailable, fmt::format("{}/{}: {}", folder_, trial.id, std::strerror(errno)));
  if (trial.repeat > 0) ::mkdir((folder_ + "/" + base).c_str(), 0700);
  if (there(files))  // of an attempt that was lost with its reports
    if (auto ok = marked_->rename(files, fmt::format("{}.before-{}", files, trial.attempt)); !ok) return ok;
  return copy(source, base, files, trial, *trial.from);
}

Result<void> Checkpoints::copy(const std::string& from, const std::string& base, const std::string& to,
                               const Trial& trial, const Checkpoint& source) {
  const double begin = monotonic_now();
  const std::string unfinished = base + "/" + kUnfinished;
  if (auto ok = marked_->remove(unfinished); !ok) return ok;  // of a process that was killed
  const auto count = marked_->copy(from, unfinished);
  if (!count) return fail(Code::Unavailable, "its checkpoint cannot be copied: " + count.error().what);
  if (auto ok = marked_->rename(unfinished, to); !ok) return ok;
  const Json line = {{"time", wall_now()},
                     {"trial", trial.id},
                     {"from", source.trial},
                     {"at", source.at},
                     {"bytes", count->bytes},
                     {"shared", count->shared},
                     {"seconds", monotonic_now() - begin}};
  const std::string text = line.dump() + "\n";
  const Fd record(::open((folder_ + kRecord).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (record && ::write(record.get(), text.data(), text.size()) < 0) return {};  // a record, not a condition
  return {};
}

void Checkpoints::seen(const Event& event, const std::vector<Trial>& trials, std::optional<TrialId> best) {
  if (!inherits_) return;
  if (const auto* stopped = std::get_if<Stopped>(&event.fact); stopped && !stopped->ending)
    replaced_.insert(stopped->trial);
  const bool ends = std::holds_alternative<Exited>(event.fact) || std::holds_alternative<Stopped>(event.fact) ||
                    std::holds_alternative<Paused>(event.fact) || std::holds_alternative<Finished>(event.fact);
  if (ends) tidy(trials, best);
}

void Checkpoints::tidy(const std::vector<Trial>& trials, std::optional<TrialId> best) {
  std::set<Kept> wanted;
  std::set<TrialId> donors;
  for (const Trial& trial : trials)
    if (unsettled_child(trial)) {
      wanted.insert({trial.from->trial, trial.from->at, 0});
      donors.insert(trial.from->trial);
    }
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const Trial* trial = kept->trial < std::ssize(trials) ? &trials[static_cast<std::size_t>(kept->trial)] : nullptr;
    const bool own = trial && !is_final(*trial) && own_checkpoint(*trial) == kept->at;
    if (own || wanted.contains({kept->trial, kept->at, 0})) {
      ++kept;
      continue;
    }
    static_cast<void>(marked_->remove(fmt::format("{}/at-{}", base_of(kept->trial, kept->repeat), kept->at)));
    kept = kept_.erase(kept);
  }
  std::erase_if(replaced_, [&](TrialId id) {
    const Trial& trial = trials[static_cast<std::size_t>(id)];
    if (donors.contains(id) || trial.live || best == id) return false;
    for (int repeat = 0; repeat == 0 || there(base_of(id, repeat)); ++repeat)
      static_cast<void>(marked_->remove(base_of(id, repeat) + "/files"));
    return true;
  });
}

std::vector<CheckpointCopy> checkpoint_copies(const std::string& study_folder) {
  std::vector<CheckpointCopy> copies;
  std::ifstream file(study_folder + kRecord);
  for (std::string text; std::getline(file, text);) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object()) continue;
    const auto number = [&](const char* key) {
      const auto found = line.find(key);
      return found != line.end() && found->is_number() ? found->get<double>() : 0.0;
    };
    copies.push_back({number("time"),
                      static_cast<TrialId>(number("trial")),
                      {static_cast<TrialId>(number("from")), static_cast<Resource>(number("at"))},
                      static_cast<std::int64_t>(number("bytes")),
                      static_cast<std::int64_t>(number("shared")),
                      number("seconds")});
  }
  return copies;
}

std::string copy_text(const CheckpointCopy& copy, const StudySpec& spec) {
  const std::string whose = copy.from.trial == copy.trial ? "its checkpoint, kept for others,"
                                                          : fmt::format("the checkpoint of trial {}", copy.from.trial);
  return fmt::format("{} at {} {}: {:.1f} MiB in {:.3f} s{}", whose, spec.fidelity ? spec.fidelity->name : "unit",
                     copy.from.at, static_cast<double>(copy.bytes) / (1 << 20), copy.seconds,
                     copy.bytes > 0 && copy.shared == copy.bytes ? ", shared by the file system" : "");
}

namespace {

/// Of which fold a score is must be known, or a mean has some of them twice and others not at all.
std::optional<std::string> unclear_fold(const Reported& report, const Trial& trial, const StudySpec& spec) {
  if (spec.objectives.empty() || spec.objectives[0].aggregate != Aggregate::Mean) return std::nullopt;
  const std::string& name = spec.fidelity->name;
  const auto names = spellings(*spec.fidelity);
  const auto said = std::find_if(report.metrics.begin(), report.metrics.end(), [&](const auto& metric) {
    return std::find(names.begin(), names.end(), metric.first) != names.end();
  });
  if (said != report.metrics.end() && said->second == 0)
    return fmt::format("trial {}: reports {}=0, and the first is 1; print {}=1 to {}", trial.id, said->first, name,
                       spec.fidelity->max);
  if (said == report.metrics.end() && begins_at(trial) >= 1)
    return fmt::format("trial {}: goes on after {} {} and does not say which its scores are of; print {}=N with each",
                       trial.id, name, begins_at(trial), name);
  return std::nullopt;
}

/// A second report of a run that goes on: one is a result at its end, several are counted, and nobody knows from where.
std::optional<std::string> uncounted(const Trial& trial, const StudySpec& spec) {
  const bool told = trial.level > 0 || trial.counted != 2 || begins_at(trial) < 1 || !spec.fidelity->further.empty();
  if (told || inherits_checkpoints(spec)) return std::nullopt;  // a child's are counted from its donor's on
  const std::string& name = spec.fidelity->name;
  return fmt::format(
      "trial {}: goes on after {} {} and does not say which {} its reports are of, so they are counted from 1 as if it "
      "had "
      "started over; print {}=N with each",
      trial.id, name, begins_at(trial), name, name);
}

}  // namespace

std::optional<std::string> started_over(const Reported& report, const Trial& trial, const StudySpec& spec) {
  // A report that came together with the end of its run may be seen when the next one is on its way.
  if (report.n > 2 || report.attempt != trial.attempt || !spec.fidelity) return std::nullopt;
  if (report.n == 2) return uncounted(trial, spec);
  if (auto unclear = unclear_fold(report, trial, spec)) return unclear;
  const Resource begin = begins_at(trial);
  if (begin < 1) return std::nullopt;
  const auto names = spellings(*spec.fidelity);
  for (const auto& [name, value] : report.metrics)
    if (value == 1 && std::find(names.begin(), names.end(), name) != names.end())
      return fmt::format(
          "trial {}: began at {} 1 again instead of going on from {}; {}", trial.id, name, begin,
          inherits_checkpoints(spec)
              ? "a program for population-based training must load its checkpoint from {dir}"
              : "a program that keeps a checkpoint in {dir} and looks for one there would not train that twice");
  return std::nullopt;
}

}  // namespace hone
