// What a study is: the study file (docs/study-file.md) as a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hone/registry.h"
#include "hone/space.h"

namespace hone {

enum class Aggregate { Last, Best, Mean };  // which of a trial's reports counts at the end
struct Objective {
  std::string metric;
  bool maximize = false;
  Aggregate aggregate = Aggregate::Last;
};
struct OutcomeConstraint {  // metric <= bound or metric >= bound
  std::string metric;
  bool at_most = true;
  double bound = 0;
};
/// A further fidelity: it goes geometrically from min to max while the first one does.
struct FidelityAxis {
  std::string name;
  double min = 0, max = 0;
  bool whole = false;  // rows, not shares
};
struct Fidelity {
  std::string name = "epoch";
  Resource min = 1, max = 1;
  std::vector<FidelityAxis> further = {};
};
/// Where all fidelities are when the first one is at `until`, that one in front: of a further one four digits, or a whole
/// number; exact at the ends. With value_text() as it is given to a program.
NamedValues levels_at(const Fidelity& fidelity, Resource until);
/// "epoch 9", "epoch 9, share 0.4642".
std::string level_text(const Fidelity& fidelity, Resource until);
struct Algorithm {
  std::string name = "auto";
  Options options;  // as given by the user, not yet completed
  bool given =
      false;  // `auto` was written down: it replaces what the study had, where nothing written leaves that as it is
};
struct StopRules {
  std::optional<std::int64_t> trials;
  std::optional<Seconds> time;
  std::optional<double> target;
  std::optional<std::int64_t> no_improvement;  // runs (a rung of a trial is one) ended since the best got better
  std::optional<std::int64_t> failed;
};
/// Amounts of a divisible resource are exact: millionths, a request rounded up, a capacity rounded down.
using Millionths = std::int64_t;
struct Resources {
  Millionths cpu = 1'000'000;
  Millionths gpu = 0;       // below one: a share of one device; else whole devices
  std::int64_t memory = 0;  // bytes that a trial's processes may hold together; 0: unknown
  Millionths cpu_most = 0;  // `cpu: 1..4`: it starts with `cpu` and may get so much later; 0: no range
  Millionths gpu_most = 0;  // likewise, whole devices
};
/// How many slots a run can make use of; a slot is worth the least that a trial asks for. 1 without a range.
int most_slots(const Resources& resources);
/// What a run gets that takes so many slots: CPUs, devices.
Millionths cpus_of(const Resources& resources, int slots);
Millionths gpus_of(const Resources& resources, int slots);
struct Limits {
  std::optional<Seconds> time;     // wall clock of one attempt
  std::optional<Seconds> silence;  // without output
  Seconds grace = 10;              // between SIGTERM and SIGKILL
  std::int64_t log = 16 << 20;     // bytes kept of each of stdout and stderr
  int retries = 0;                 // of the trial's own failures
  bool oom_retry = true;           // a trial that ran out of memory is tried once more, alone, before it counts
  int files = 0;                   // open files of each of its processes; 0: as the system has it
  std::int64_t disk = 0;           // bytes of all trials' folders together; 0: as long as the disk has room
};
struct InitialPoint {
  NamedValues config;
  Metrics metrics;  // not empty: a known result
};

/// A configuration that did well in an earlier study, to be tried early on as long as such ones do well here too.
struct WarmPoint {
  NamedValues config;  // as far as this study's space has the parameters; the rest is drawn
  std::string from;    // "other-study, trial 17"
};

struct StudySpec {
  std::string name;
  std::vector<std::string> command;  // words with placeholders; empty for ask/tell and lambdas
  std::string folder;                // absolute: where trials run
  std::vector<Objective> objectives;
  std::vector<OutcomeConstraint> outcomes;
  std::string cost = "seconds";
  Space space;
  std::vector<InitialPoint> initial;
  std::vector<std::string> warm_start;  // names of earlier studies; `portfolio` is what `hone portfolio build` made
  std::vector<WarmPoint> warm;          // what was taken from them when the study was created, best first
  std::vector<Stage> stages;
  int repeat = 1;  // runs per configuration, with different seeds; what counts is their mean
  std::optional<Fidelity> fidelity;
  Algorithm searcher, scheduler;  // "auto" is resolved by Study::make
  StopRules stop;
  std::optional<int> parallel;
  Resources resources;
  Limits limits;
  std::vector<std::pair<std::string, std::string>> patterns;  // metric name → regular expression with one group
  std::vector<std::pair<std::string, std::string>> env;  // value "$NAME" is taken from the environment at each start
  std::optional<std::uint64_t> seed;                     // always set once the study exists
};

/// The fidelity's name in reports: as it is, and in the singular or plural: `epoch`, `epochs`.
std::vector<std::string> spellings(const Fidelity& fidelity);

/// What stands for `auto`; `stages` are for the searcher `coordinate`, with the one that was named inside it.
void settle_algorithms(StudySpec& spec);
/// Can a trial be continued: the command has {until} or {dir} (always true without a command)?
bool resumable(const StudySpec& spec);
ScheduleInputs schedule_inputs(const StudySpec& spec);

}  // namespace hone
