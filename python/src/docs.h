// What help() says in Python. The examples are run by tests/python/doc_test.py.
#pragma once

namespace hone::python::doc {

inline constexpr const char* kTrial =
    R"(A trial of a study, as it stands now: ask() hands it out, tell() takes its results.

Everything but `number` and `config` is read from the study at that moment.)";
inline constexpr const char* kNumber = "0, 1, 2 ... in the order in which trials were begun.";
inline constexpr const char* kConfig =
    R"(The active parameters by name, in the order of the space; constants and derived values are among them.

Values are float, int or str, or the very object that a choice was given as. The dict is made once: it is yours to keep.)";
inline constexpr const char* kUntil = "How far the trial is to run, in whole units of the fidelity; 1 without one.";
inline constexpr const char* kLevels = "The same by name, of all fidelities: {\"epoch\": 9, \"share\": 0.4642}.";
inline constexpr const char* kTrialSeed =
    "For the trial's own randomness, 0 to 2**31 - 1; follows from the study's seed.";
inline constexpr const char* kResume =
    "True if the trial has run before and goes on, up to a larger `until`; False for the first of each `repeat`.";
inline constexpr const char* kRepeat = "Which of the configuration's runs it is, with `repeat`, from 1 on.";
inline constexpr const char* kDonor =
    "Whose checkpoint to begin with, {\"trial\": number, \"at\": units} (PBT); else None.";
inline constexpr const char* kState = "\"waiting\", \"running\", \"paused\", \"completed\", \"stopped\" or \"failed\".";
inline constexpr const char* kCause = "Why it failed: \"oom\", \"exit 1\", \"not finite\" ...; empty if it did not.";
inline constexpr const char* kMetrics = R"(The newest value of each metric that was told, by name.

The objective's is what counts: the last, best or mean report, as the study says.)";
inline constexpr const char* kReports =
    "What algorithms saw, in order: [{\"at\": units, \"metrics\": {objective: value}, \"seconds\": cost}, ...].";
inline constexpr const char* kWhy = "The searcher's reason for this configuration, in one line.";
inline constexpr const char* kSource = "\"initial\" or \"added\" if the configuration came from the user; else empty.";
inline constexpr const char* kAsk = R"(The next trial to run: a new one, or one that goes on up to a larger `until`.

None when nothing may start now (`parallel` trials are out, or the scheduler waits), or ever: then `finished` says why.
Ask several times before you tell to run trials in parallel; searchers take those that are out into account.
Threads may share a study: other threads of Python go on while a searcher thinks.)";
inline constexpr const char* kTell = R"(What became of a trial.

trial: what ask() gave, or its number.
metrics: the objective and whatever else was measured, as numbers, by name.
at: how far the trial is, in whole units of the fidelity. Without it the trial has ended, with it it goes on unless it
    has reached its `until`, or `done=True`.
failed: it ended without a result: "oom", "timeout", "no metric", "not finite", "infeasible", "lost", "exit N", "signal N".

Returns what the trial is to do: "continue"; "pause": end, but keep a checkpoint, ask() may hand it out again; "stop".
What is told of a trial that was stopped or paused meanwhile is ignored. An objective that is nan or infinite fails the
trial. Raises hone.Error, and nothing has changed, for an unknown trial or cause, if nothing is told, for metrics beside
failed, and for a second end of a trial with other values.)";
inline constexpr const char* kAdd = R"(A finished trial from elsewhere: the searcher learns from it.

config: every free parameter that is active, by name. metrics: every objective; if one is nan or infinite
the trial is a failed one. Raises hone.Error if the configuration lies outside the space or an objective is missing.)";
inline constexpr const char* kBest =
    "The trial with the best feasible value of the objective at the highest fidelity reached; None before there is "
    "one.";
inline constexpr const char* kIncumbent =
    "As best; but where the searcher's model sees that the objective is noisy, the trial that it expects to be best, "
    "not the one with the luckiest draw.";
inline constexpr const char* kBelief =
    R"(What the searcher's model expects of a configuration, for a plot or a choice of one's own.

mean, deviation: of the objective as it is measured, without the noise of a single run. acquisition: what the next proposal
maximises. feasible: how likely a trial does not fail and meets the outcome constraints.

None before there is a model, for a searcher that has none (gp, smac and, where it uses them, auto have one) and with several
objectives. config: as for add(). Raises hone.Error if it lies outside the space.)";
inline constexpr const char* kFront =
    "Of several objectives: the trials that none other beats in all. Of one: the best.";
inline constexpr const char* kTrials = "All trials, by number.";
inline constexpr const char* kFinished = "Why the study has ended, once ask() has found that it has; None before.";
inline constexpr const char* kSeed = "Of all draws; the same seed and the same results give the same trials.";
inline constexpr const char* kSearcher = "The name of the searcher, `auto` resolved.";
inline constexpr const char* kScheduler = "The name of the scheduler, `auto` resolved.";
inline constexpr const char* kDefinition = "The study file as canonical JSON text; `hone ask-tell` reads it too.";

inline constexpr const char* kSpace = R"(What can be tuned, checked as a whole.

params: domains by name, as in Study(space=...). constraints: expressions over them, ["depth * width <= 4096"].
Raises hone.Error with every mistake, a line each.

The unit cube: a coordinate in [0, 1] per free parameter (`free`: neither constant nor derived), in its own scale.)";
inline constexpr const char* kNames = "All parameters, in order.";
inline constexpr const char* kFree =
    "The parameters that a searcher chooses, in order: the coordinates of the unit cube.";
inline constexpr const char* kEncode =
    "A configuration in the unit cube: len(free) numbers in [0, 1], nan where inactive.";
inline constexpr const char* kDecode = R"(The configuration at a point of the unit cube, len(free) numbers.

Numbers outside [0, 1] are clipped, nan counts as 0.5. Constraints may be broken: see allows().)";
inline constexpr const char* kDraw =
    "As decode(), but a uniform point gives the user's distribution: weights, normal domains.";
inline constexpr const char* kSample = R"(n configurations drawn from the user's distributions, within the constraints.

The same seed gives the same ones. Raises hone.Error where 1000 draws in a row break the constraints.)";
inline constexpr const char* kAllows = "Do the constraints hold?";
inline constexpr const char* kCheck =
    R"(A whole configuration of the named values; derived ones and constants are filled in.

Raises hone.Error, e.g. `lr: 7 is outside float(0, 1)`.)";

}  // namespace hone::python::doc
