// Every algorithm is one row: name, options, traits, paper, factory. Help, validation and listings come from the row.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hone/scheduler.h"
#include "hone/searcher.h"

namespace hone {

using Options = std::map<std::string, Value>;  // validated and completed with defaults: use option_*() below

struct OptionRow {
  enum class Type { Bool, Int, Float, Word, Text };
  std::string name;
  Type type = Type::Int;
  Value fallback;                  // Bool: int64 0 or 1; monostate: decided by the algorithm
  double lo = 0, hi = 0;           // Int, Float: inclusive range
  std::vector<std::string> words;  // Word: the legal ones. Text is anything but empty
  std::string doc;                 // one line
};

/// As `hone searchers --json` and hone.searchers() have it: bool, int, float, word, text.
const char* option_type_name(OptionRow::Type type);

/// One step of a staged plan: only `free` parameters are tuned, `fixed` ones have their value, the others that of the
/// best trial so far.
struct Stage {
  std::vector<std::string> free;
  NamedValues fixed;
  std::optional<std::int64_t> trials;  // none: a share of what is left
};

struct SearchInputs {
  Space space;
  std::uint64_t seed = 0;
  int objectives = 1, outcomes = 0;
  Resource max = 1;                         // top fidelity, 1 without one
  std::optional<std::int64_t> trials = {};  // stop.trials: how long the study will be, if that is known
  int slots = 1;                            // runs at a time
  std::vector<Stage> stages = {};
};
struct SearcherRow {
  std::string name, doc, paper;  // doc: what it is for; paper: authors, title, venue, year
  std::vector<OptionRow> options;
  bool multi_objective = false;
  bool outside = false;   // it asks somebody else: only where there is one to answer (`hone run`)
  bool believes = false;  // belief() has an answer once there are results
  std::function<std::unique_ptr<Searcher>(const SearchInputs&, const Options&)> make;
};

struct ScheduleInputs {
  Space space;
  std::uint64_t seed = 0;
  int objectives = 1;
  Resource min = 1, max = 1;  // fidelity; 1, 1 without one
  bool fidelity = false;
  bool resumable = true;               // the command can go on from a checkpoint or be restarted with a larger until
  bool timed = true;                   // Report.cost is the time that a process of ours took
  std::optional<std::int64_t> trials;  // stop.trials
  int slots = 1;                       // that the user wants; how many there are says the Offer
  std::string unit = "epoch";          // the fidelity's name and the objective's direction, for the words of `why`
  bool maximize = false;
  bool mean = false;  // a loss is the mean of all that the trial has reported so far: scores of folds
};
struct SchedulerRow {
  std::string name, doc, paper;
  std::vector<OptionRow> options;
  bool needs_fidelity = true;
  bool levels = false;  // compares trials where their runs were to end and nowhere else: several fidelities make sense
  bool means = true;    // can compare trials by the mean of all that they reported
  bool multi_objective = false;
  bool rungs = false;       // compares trials at rungs, from which the best go on
  bool configures = false;  // gives every trial its configuration: the searcher is never asked
  bool pauses = true;       // a trial may pause and go on in another run; see pauses()
  /// What it does where the command cannot go on later: nothing else, or stop trials instead of pausing them, or let what it
  /// promotes start over.
  enum class CannotGoOn { Same, Stops, StartsOver };
  std::function<CannotGoOn(const Options&)> cannot_go_on = [](const Options&) { return CannotGoOn::Same; };
  /// Does it start trials from others' checkpoints, and from those of trials that go on? These must be kept aside.
  enum class Checkpoints { Own, Inherited, HandedOn };
  Checkpoints checkpoints = Checkpoints::Own;
  std::function<std::unique_ptr<Scheduler>(const ScheduleInputs&, const Options&)> make;
  std::function<std::vector<Bracket>(const ScheduleInputs&, const Options&)> plan;
};

const std::vector<SearcherRow>& searchers();  // sorted by name
const std::vector<SchedulerRow>& schedulers();
const SearcherRow* find_searcher(std::string_view name);
const SchedulerRow* find_scheduler(std::string_view name);

/// Checks user-given options against the rows and fills in defaults. `where`: "searcher.tpe"; a wrong one is Invalid:
/// "searcher.tpe.candidats: unknown option; did you mean candidates?".
Result<Options> check_options(const std::string& where, const std::vector<OptionRow>& rows, const Options& given);

/// May a trial pause and go on in another run? Not under the option `stop`, nor where the command cannot go on and trials are
/// stopped for that.
bool pauses(const SchedulerRow& row, const Options& options, bool resumable);

std::int64_t option_int(const Options& options, const std::string& name);
double option_float(const Options& options, const std::string& name);
bool option_bool(const Options& options, const std::string& name);
std::string option_word(const Options& options, const std::string& name);

/// The candidate with the smallest edit distance, if it is close enough to be meant; else empty.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace hone
