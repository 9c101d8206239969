#include <fmt/format.h>
#include <poll.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/signals.h"
#include "cli/trial_log.h"
#include "cli/view.h"
#include "run/home.h"
#include "store/lock.h"
#include "store/sqlite.h"

namespace hone {
namespace {

constexpr int kPoll = 200;     // milliseconds
constexpr int kPatience = 15;  // times

struct LogsOptions {
  std::string study, home;
  std::optional<std::int64_t> trial, last, run;
  bool follow = false, out = false, err = false;
};

/// The study's log, read on from where it was read to.
class Events {
 public:
  static Result<Events> open(const LogsOptions& options) {
    auto storage = open_sqlite(database_path(options.home), OpenMode::ReadOnly);
    if (!storage && storage.error().code == Code::NotFound)
      return fail(Code::NotFound, fmt::format("study {}: there are no studies in {}; choose another --home",
                                              options.study, options.home));
    if (!storage) return tl::unexpected(storage.error());
    auto row = (*storage)->find(options.study);
    if (!row) return tl::unexpected(row.error());
    const auto spec = stored_spec(options.home, *row);
    if (!spec) return tl::unexpected(spec.error());
    Events events(std::move(*storage), std::move(*row), *spec);
    if (auto ok = events.update(); !ok) return tl::unexpected(ok.error());
    return events;
  }
  Result<void> update() {
    return storage_->read(row_.id, from_, [&](Seq seq, Event&& event) {
      told_.clear();
      ledger_.apply(event, told_);
      from_ = seq;
      return true;
    });
  }
  const std::vector<Trial>& trials() const { return ledger_.trials(); }

 private:
  Events(std::unique_ptr<Storage> storage, StudyRow row, const StudySpec& spec)
      : storage_(std::move(storage)), row_(std::move(row)), ledger_(spec) {}
  std::unique_ptr<Storage> storage_;
  StudyRow row_;
  Ledger ledger_;
  std::vector<Told> told_;
  Seq from_ = 0;
};

class Logs {
 public:
  Logs(const LogsOptions& options, Events events)
      : options_(options), events_(std::move(events)), study_folder_(study_folder(options.home, options.study)) {
    std::string folder = trial_folder(options.home, options.study, *options.trial);
    if (options.run.value_or(1) > 1) folder += fmt::format("/run-{}", *options.run);
    if (options.out || !options.err) logs_.emplace_back(folder, "stdout");
    if (options.err || !options.out) logs_.emplace_back(folder, "stderr");
  }

  int run() {
    const bool both = logs_.size() == 2 && !logs_[0].empty() && !logs_[1].empty();
    titled_ = both;
    if (options_.follow)
      if (auto ok = watch_signals(); !ok) return complain(ok.error());
    if (auto ok = show(options_.last); !ok) return complain(ok.error());
    const int status = options_.follow ? follow() : kDone;
    for (TrialLog& log : logs_) log.finish(printer(log));
    return status;
  }

 private:
  LogText::Each printer(const TrialLog& log) {
    return [this, &log](const std::string& text, bool whole) {
      if (from_ != &log && titled_) fmt::print("{}==> {} <==\n", from_ ? "\n" : "", log.file());
      from_ = &log;
      quiet_ = 0;
      titled_ = true;
      std::fwrite(text.data(), 1, text.size(), stdout);
      if (whole) std::fputc('\n', stdout);
    };
  }

  Result<void> show(std::optional<std::int64_t> last) {
    for (TrialLog& log : logs_) {
      const auto each = printer(log);
      if (auto ok = log.read(last, each); !ok) return ok;
      if (!options_.follow) log.finish(each);
    }
    std::fflush(stdout);
    return {};
  }

  int follow() {
    for (bool over = false; !over && std::ferror(stdout) == 0;) {
      pollfd signal{signal_descriptor(), POLLIN, 0};
      ::poll(&signal, 1, kPoll);
      if (signals_seen() > 0) return kInterrupted;
      terminal_news();
      if (auto ok = events_.update(); !ok) return complain(ok.error());
      over = ended();  // before the last look: whatever it wrote until then is there
      if (auto ok = show(std::nullopt); !ok) return complain(ok.error());
    }
    return kDone;
  }

  /// Nothing more will come: the trial is final, or nobody runs the study. A run that outlived a `hone run` that was
  /// killed is followed as long as it writes.
  bool ended() {
    const Trial& trial = events_.trials()[static_cast<std::size_t>(*options_.trial)];
    const bool final = trial.phase == Phase::Completed || trial.phase == Phase::Stopped || trial.phase == Phase::Failed;
    if (trial.live && ++quiet_ < kPatience) return false;
    return (final && !trial.live) || !study_locked(study_folder_);
  }

  const LogsOptions& options_;
  Events events_;
  std::string study_folder_;
  std::vector<TrialLog> logs_;
  const TrialLog* from_ = nullptr;  // whose line was the last
  bool titled_ = false;             // lines are told apart
  int quiet_ = 0;                   // times that nothing came
};

}  // namespace

int logs_command(const Command& self, const Words& words) {
  Parser parser(self);
  LogsOptions options;
  parser.add_home();
  parser.required_word("STUDY", options.study, "its name");
  parser.whole("TRIAL", options.trial, "its number");
  parser.flag("-f,--follow", options.follow, "goes on with what is written until the trial has ended");
  parser.whole("--last", options.last, "only the last N lines of each");
  parser.whole("--run", options.run, "with `repeat`: the configuration's run N; default 1", 1);
  parser.flag("--stdout", options.out, "standard output only");
  parser.flag("--stderr", options.err, "standard error only");
  if (const auto status = parser.parse(words)) return *status;
  options.home = parser.home();
  if (!options.trial)
    return complain({Code::Invalid, fmt::format("TRIAL: its number is missing; `hone trials {}` lists them",
                                                printable(options.study))});
  auto events = Events::open(options);
  if (!events) return complain(events.error());
  const auto count = static_cast<std::int64_t>(events->trials().size());
  if (*options.trial >= count)
    return complain(
        {Code::NotFound, count == 0 ? fmt::format("trial {}: study {} has no trials yet", *options.trial, options.study)
                                    : fmt::format("trial {}: study {} has trials 0 to {}; `hone trials {}` lists them",
                                                  *options.trial, options.study, count - 1, options.study)});
  if (const Trial& trial = events->trials()[static_cast<std::size_t>(*options.trial)]; trial.attempt == 0)
    return complain({Code::Invalid, fmt::format("trial {}: it is a known result ({}), no program ran for it", trial.id,
                                                printable(trial.source))});
  return Logs(options, std::move(*events)).run();
}

}  // namespace hone
