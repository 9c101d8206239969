// hone stop, pause, resume, retry, set: what the user wants of a study, told to the process that runs it, or noted in the
// log for the next one.
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "base/text.h"
#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/runner.h"
#include "cli/started_in.h"
#include "cli/view.h"
#include "run/control.h"
#include "run/home.h"
#include "store/lock.h"
#include "store/sqlite.h"
#include "study/extend.h"

namespace hone {
namespace {

/// Where a request goes.
class Steering {
 public:
  Steering(std::string home, std::string study) : home_(std::move(home)), study_(std::move(study)) {}

  /// NotFound if there is no such study.
  Result<void> open() {
    auto storage = open_sqlite(database_path(home_), OpenMode::ReadWrite);
    if (!storage) return tl::unexpected(storage.error());
    auto row = (*storage)->find(study_);
    if (!row) return tl::unexpected(row.error());
    storage_ = std::move(*storage);
    row_ = std::move(*row);
    folder_ = study_folder(home_, study_);
    return {};
  }

  Result<void> steer(const Steered& steered) {
    if (!stored_) {
      const auto asked = ask_runner(folder_, steered);
      if (asked || asked.error().code != Code::NotFound) return asked;
      if (auto ok = take_over(); !ok) return ok;
    }
    return note(steered);
  }
  /// Nobody runs the study: what was asked for is in its log.
  bool noted() const { return stored_.has_value(); }
  void let_go() { lock_.reset(); }
  const Study& study() const { return stored_->study; }

 private:
  Result<void> take_over() {
    if (auto ok = make_folders(home_, study_); !ok) return ok;
    auto lock = lock_study(folder_);
    if (!lock) return fail(Code::Unavailable, fmt::format("{}; it does not answer here", lock.error().what));
    auto stored = load_study(*storage_, row_, started_in(folder_).value_or(""));
    if (!stored) return tl::unexpected(stored.error());
    lock_ = std::move(*lock);
    stored_ = std::move(*stored);
    return {};
  }

  Result<void> note(const Steered& steered) {
    Study& study = stored_->study;
    if (auto ok = can_steer(study, steered); !ok) return ok;
    // With a run that was not seen to end nobody knows how long it ran: that time is not the study's.
    const Event event{study.live() > 0 ? study.last_time() : std::max(wall_clock(), study.last_time()), steered};
    auto last = storage_->append(stored_->row.id, stored_->row.last, {&event, 1});
    if (!last) return tl::unexpected(last.error());
    stored_->row.last = *last;
    study.apply(event);
    return {};
  }

  std::string home_, study_, folder_;
  std::unique_ptr<Storage> storage_;
  StudyRow row_;
  std::optional<StudyLock> lock_;
  std::optional<StoredStudy> stored_;
};

Result<std::vector<TrialId>> trial_ids(const Words& words) {
  std::vector<TrialId> ids;
  for (const std::string& word : words) {
    const Value value = parse_value(word);
    const auto* id = std::get_if<std::int64_t>(&value);
    if (!id || *id < 0) return invalid(fmt::format("{}: is not a trial's number", word));
    ids.push_back(*id);
  }
  return ids;
}

/// Each of the trials, as far as it goes; the exit status of the worst.
int steer_trials(Steering& steering, Steer what, const std::vector<TrialId>& ids, const char* done) {
  int status = kDone;
  std::int64_t worked = 0;
  for (const TrialId id : ids) {
    const auto ok = steering.steer({.trial = id, .what = what});
    if (ok) ++worked;
    else status = std::max(status, complain(ok.error()));
  }
  if (worked > 0) {
    fmt::print("{} {}{}\n", counted(worked, "trial"), done,
               steering.noted() ? "; nobody runs the study now: the next `hone run` of it does it" : "");
  }
  return status;
}

struct TrialCommand {
  Steer what;
  const char* done;
};

int trial_command(const Command& self, const Words& words, const TrialCommand& command) {
  Parser parser(self);
  std::string study;
  Words trials;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.words("TRIAL", trials, "numbers of trials");
  if (const auto status = parser.parse(words)) return *status;
  const auto ids = trial_ids(trials);
  if (!ids) return complain(ids.error());
  if (ids->empty()) return complain({Code::Invalid, fmt::format("say which trials: hone {} {} 3 7", self.name, study)});
  Steering steering(parser.home(), study);
  if (auto ok = steering.open(); !ok) return complain(ok.error());
  return steer_trials(steering, command.what, *ids, command.done);
}

/// Nobody runs the study: what is still to be ended is ended here.
int finish_here(Steering& steering, const std::string& home) {
  StudySpec spec = steering.study().spec();
  steering.let_go();
  RunOptions options;
  options.home = home;
  options.quiet = true;
  const int status = run_study(options, std::move(spec));
  return status == kNoResult ? kDone : status;
}

}  // namespace

int stop_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  Words trials;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.words("TRIAL", trials, "trials to end for good; without any the whole study ends");
  if (const auto status = parser.parse(words)) return *status;
  const auto ids = trial_ids(trials);
  if (!ids) return complain(ids.error());
  Steering steering(parser.home(), study);
  if (auto ok = steering.open(); !ok) return complain(ok.error());
  if (!ids->empty()) return steer_trials(steering, Steer::Stop, *ids, "stopped");
  if (auto ok = steering.steer({.what = Steer::StopStudy}); !ok) return complain(ok.error());
  if (steering.noted()) return finish_here(steering, parser.home());
  fmt::print("study {} ends: what runs is asked to end, with limits.grace to do so\n", study);
  return kDone;
}

int pause_command(const Command& self, const Words& words) {
  return trial_command(self, words, {Steer::Pause, "paused, until `hone resume`"});
}

int resume_command(const Command& self, const Words& words) {
  return trial_command(self, words, {Steer::Resume, "to go on as soon as there is a slot"});
}

int retry_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  Words trials;
  bool failed = false;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.words("TRIAL", trials, "failed trials to run once more, in their folders");
  parser.flag("--failed", failed, "all failed trials");
  if (const auto status = parser.parse(words)) return *status;
  auto ids = trial_ids(trials);
  if (!ids) return complain(ids.error());
  if (ids->empty() == !failed)
    return complain(
        {Code::Invalid, fmt::format("say which trials: hone retry {0} 3 7, or hone retry {0} --failed", study)});
  Steering steering(parser.home(), study);
  if (auto ok = steering.open(); !ok) return complain(ok.error());
  if (failed) {
    const auto view = load_view(parser.home(), study);
    if (!view) return complain(view.error());
    for (const Trial& trial : view->ledger().trials())
      if (trial.phase == Phase::Failed) ids->push_back(trial.id);
    if (ids->empty()) {
      fmt::print("study {} has no failed trials\n", study);
      return kDone;
    }
  }
  return steer_trials(steering, Steer::Retry, *ids, "to be run again");
}

int set_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study, pair;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.required_word("NAME=VALUE", pair, "parallel=N: how many runs at a time");
  if (const auto status = parser.parse(words)) return *status;
  const std::size_t equals = std::min(pair.find('='), pair.size());
  const std::string name = pair.substr(0, equals);
  if (name != "parallel" || equals == pair.size())
    return complain(
        {Code::Invalid, fmt::format("{}: only parallel=N can be set while a study runs; for the rest change its "
                                    "file and use `hone run --extend`",
                                    pair)});
  const Value value = parse_value(std::string_view(pair).substr(equals + 1));
  const auto* number = std::get_if<std::int64_t>(&value);
  if (!number || *number < 1 || *number > 100'000)
    return complain({Code::Invalid, fmt::format("{}: is not a whole number from 1 to 100000", pair)});
  Steering steering(parser.home(), study);
  if (auto ok = steering.open(); !ok) return complain(ok.error());
  if (auto ok = steering.steer({.what = Steer::Parallel, .value = static_cast<int>(*number)}); !ok)
    return complain(ok.error());
  fmt::print("study {} runs up to {} at a time{}\n", study, *number,
             steering.noted() ? ", from its next `hone run` on" : ", as far as this machine has room");
  return kDone;
}

}  // namespace hone
