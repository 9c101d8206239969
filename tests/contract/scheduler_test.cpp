// What every scheduler of the registry must do, with every searcher, under faults, in virtual time.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "hone/registry.h"
#include "schedule/rungs.h"
#include "sim/scenario.h"
#include "sim/simulator.h"
#include "study/event_json.h"
#include "study/study_file.h"

namespace hone {
namespace {

std::string lines(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, "\n")); }

std::vector<std::string> as_text(const std::vector<Event>& log) {
  std::vector<std::string> text;
  for (const Event& event : log) {
    text.push_back(
        fmt::format("{} {} {} {}", event.time, kind(event), trial_of(event).value_or(-1), event_body(event)));
  }
  return text;
}

/// The first line in which two logs differ; empty if none.
std::string difference(const std::vector<Event>& a, const std::vector<Event>& b) {
  std::vector<std::string> left = as_text(a), right = as_text(b);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    std::string l = i < left.size() ? left[i] : "(end)", r = i < right.size() ? right[i] : "(end)";
    if (l != r) return fmt::format("event {}:\n  {}\n  {}", i + 1, l, r);
  }
  return "";
}

std::string with_limit(const std::string& scheduler, double upper) {
  return scheduler == "threshold" ? fmt::format("{{threshold: {{upper: {}}}}}", upper) : scheduler;
}

StudySpec study(const std::string& searcher, const std::string& scheduler, std::uint64_t seed, int trials = 24) {
  const SchedulerRow* row = find_scheduler(scheduler.starts_with("{") ? "asha" : scheduler);  // all need a fidelity
  std::string text = "objective: minimize loss\n";
  text += "space: {x: \"float(0, 1)\", n: \"int(1, 64, log)\", kind: [a, b, c], y: \"float(0, 1) if kind == b\"}\n";
  if (row->needs_fidelity || seed % 2 == 0) text += "fidelity: {name: epoch, max: 9}\n";
  text += fmt::format("searcher: {}\nscheduler: {}\nseed: {}\n", searcher, with_limit(scheduler, 1.2), seed);
  text += fmt::format("stop: {{trials: {}}}\nlimits: {{time: 60s, retries: 1}}\n", trials);
  if (seed % 3 == 1) text += "resources: {cpu: 1..3}\n";
  if (seed % 3 == 2) text += "outcome_constraints: [size <= 0.5]\n";
  auto spec = read_study_file(text, "contract");
  EXPECT_TRUE(spec.has_value()) << spec.error().what;
  return *spec;
}

Plan plan(const StudySpec& spec, const Faults& faults, std::uint64_t seed, int workers = 4) {
  Plan plan;
  plan.workers = workers;
  plan.metrics.emplace_back("loss", *curve("(x - 0.3) ** 2 + 1 / at + n / 1000", spec.space));
  if (!spec.outcomes.empty()) plan.metrics.emplace_back("size", *curve("n / 64 + x / (10 + at)", spec.space));
  plan.seconds = [](const Config& config, Resource, std::uint64_t) { return 0.5 + std::get<double>(config[0]); };
  plan.faults = faults;
  plan.ending = seed % 3 == 0 ? 0.7 : 0.0;
  plan.checkpoints = seed % 4 != 0;
  plan.named = seed % 8 != 0;
  plan.seed = seed;
  return plan;
}

struct Weather {
  std::string name;
  Faults faults;
};
std::vector<Weather> weathers() {
  std::vector<Weather> all(5);
  all[0].name = "calm";
  all[1] = {"lost", {}};
  all[1].faults.lost = 0.2;
  all[2] = {"failing", {}};
  all[2].faults.crash = 0.3;
  all[2].faults.nan = 0.1;
  all[3] = {"network", {}};
  all[3].faults.late = 0.2;
  all[3].faults.twice = 0.3;
  all[4] = {"storm", {}};
  all[4].faults = {.lost = 0.1, .crash = 0.1, .hang = 0.05, .late = 0.1, .twice = 0.1, .nan = 0.05};
  return all;
}

const std::set<std::string> kSynchronous = {"bohb", "hyperband", "sh"};

struct Pair {
  std::string searcher, scheduler;
};
std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const SearcherRow& searcher : searchers()) {
    if (searcher.outside) continue;  // it proposes nothing by itself
    for (const SchedulerRow& scheduler : schedulers())
      if (scheduler.name != "pbt-replay") all.push_back({searcher.name, scheduler.name});  // it needs a schedule
    all.push_back({searcher.name, "{asha: {stop: yes, eta: 2}}"});
  }
  return all;
}
/// 1 to `most`. Where a run takes long, three of them, unless HONE_WHOLE is set (make test-slow): between them a run may end
/// early, takes more CPUs, keeps no checkpoint, and does not name the fidelity. Under curve, which rebuilds hundreds of
/// forecasts whenever a study is rebuilt, one.
std::vector<std::uint64_t> seeds(const Pair& pair, std::uint64_t most) {
  const std::set<std::string> dear = {"auto", "blendsearch", "coordinate", "gp", "smac", "curve", "pb2"};
  const bool whole = std::getenv("HONE_WHOLE") != nullptr;
  if (!whole && pair.scheduler == "curve" && pair.searcher != "random") return {4};
  if (!whole && (dear.contains(pair.searcher) || dear.contains(pair.scheduler))) return {3, 4, 8};
  std::vector<std::uint64_t> all(most);
  std::iota(all.begin(), all.end(), std::uint64_t{1});
  return all;
}
/// Those that count: a child of pbt takes the place of another.
std::size_t started(const Study& study) {
  const auto own = [](const Trial& trial) { return !trial.from; };
  return static_cast<std::size_t>(std::count_if(study.trials().begin(), study.trials().end(), own));
}
std::string pair_name(const testing::TestParamInfo<Pair>& info) {
  return info.param.searcher + "_" + (info.param.scheduler.starts_with("{") ? "asha_stop" : info.param.scheduler);
}

class SchedulerContract : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(All, SchedulerContract, testing::ValuesIn(pairs()), pair_name);

TEST_P(SchedulerContract, GivesTheSameLogWhateverIsAskedAndHoweverOftenItIsRebuilt) {
  for (const Weather& weather : weathers()) {
    for (const std::uint64_t seed : seeds(GetParam(), 10)) {
      SCOPED_TRACE(fmt::format("{}, seed {}", weather.name, seed));
      StudySpec spec = study(GetParam().searcher, GetParam().scheduler, seed);
      Plan world = plan(spec, weather.faults, seed);
      auto plain = simulate(spec, world);
      ASSERT_TRUE(plain.has_value()) << plain.error().what;
      ASSERT_EQ(lines(plain->broken), "");
      ASSERT_EQ(lines(rederive(spec, plain->log)), "") << "replay is not live";
      auto disturbed = simulate(spec, world, {.rebuild = 0.1, .meddle = 0.5, .seed = seed});
      ASSERT_EQ(lines(disturbed->broken), "");
      ASSERT_EQ(difference(plain->log, disturbed->log), "");
    }
  }
}

TEST_P(SchedulerContract, IgnoresInputsThatAreToldAgain) {
  for (const std::uint64_t seed : seeds(GetParam(), 8)) {
    StudySpec spec = study(GetParam().searcher, GetParam().scheduler, seed);
    auto result = simulate(spec, plan(spec, weathers()[1].faults, seed));
    ASSERT_TRUE(result.has_value()) << result.error().what;
    // The same log with every input told twice, and an old one in between.
    std::vector<Event> stuttering;
    std::vector<Event> inputs;
    for (const Event& event : result->log) {
      stuttering.push_back(event);
      if (is_decision(event)) continue;
      inputs.push_back(event);
      Event old = inputs[Rng::stream(seed, "old", inputs.size()).below(inputs.size())], twice = event;
      old.time = twice.time = event.time;
      stuttering.push_back(twice);
      stuttering.push_back(old);
    }
    ASSERT_EQ(lines(rederive(spec, stuttering)), "") << "seed " << seed;
  }
}

TEST_P(SchedulerContract, SurvivesTheDeathOfHoneAtAnyStore) {
  std::int64_t deaths = 0;
  const std::vector<std::uint64_t> all = seeds(GetParam(), 10);
  for (const std::uint64_t seed : all) {
    for (const Weather& weather : weathers()) {
      SCOPED_TRACE(fmt::format("{}, seed {}", weather.name, seed));
      StudySpec spec = study(GetParam().searcher, GetParam().scheduler, seed);
      auto result = simulate(spec, plan(spec, weather.faults, seed), {.death = 0.04, .seed = seed});
      ASSERT_TRUE(result.has_value()) << result.error().what;
      ASSERT_EQ(lines(result->broken), "");
      ASSERT_EQ(lines(rederive(spec, result->log)), "");
      EXPECT_EQ(started(result->study), 24u);
      deaths += result->deaths;
    }
  }
  EXPECT_GE(deaths, 20 * static_cast<std::int64_t>(all.size()));
}

TEST_P(SchedulerContract, EndsAFiniteSpaceByItself) {
  for (const std::uint64_t seed : seeds(GetParam(), 10)) {
    std::string text = fmt::format(
        "objective: minimize loss\nspace: {{x: \"float(0, 1, step=0.25)\", n: [1, 2]}}\nfidelity: {{name: epoch, max: "
        "9}}\n"
        "searcher: {}\nscheduler: {}\nseed: {}\n",
        GetParam().searcher, with_limit(GetParam().scheduler, 2.2), seed);
    auto spec = read_study_file(text, "finite");
    ASSERT_TRUE(spec.has_value()) << spec.error().what;
    Plan world;
    world.workers = 3;
    world.metrics.emplace_back("loss", *curve("x + n + 1 / at", spec->space));  // a plateau would end a trial
    auto result = simulate(*spec, world, {.death = seed > 5 ? 0.03 : 0.0, .seed = seed});
    ASSERT_TRUE(result.has_value()) << result.error().what;
    EXPECT_EQ(lines(result->broken), "") << "seed " << seed;
    std::set<Config> tried;  // a child of pbt may have been the first with a configuration
    for (const Trial& trial : result->study.trials()) tried.insert(trial.config);
    EXPECT_EQ(tried.size(), 10u);
    const bool copies = GetParam().scheduler.starts_with("pb");
    EXPECT_TRUE(copies || result->study.trials().size() == 10u) << result->study.trials().size();
    ASSERT_TRUE(result->study.best().has_value());
    EXPECT_EQ(result->study.trials()[static_cast<std::size_t>(*result->study.best())].reports.back().at, 9);
  }
}

TEST_P(SchedulerContract, KeepsEveryWorkerBusyWhileATrialMayStart) {
  if (GetParam().searcher == "coordinate") return;  // a stage begins with the best of the one before: it waits for that
  if (kSynchronous.contains(GetParam().scheduler)) return;  // a full rung waits for its last
  StudySpec spec = study(GetParam().searcher, GetParam().scheduler, 2, 150);
  Plan world = plan(spec, {}, 2, 8);
  auto result = simulate(spec, world);
  ASSERT_TRUE(result.has_value()) << result.error().what;
  std::size_t last = 0;
  for (std::size_t i = 0; i < result->log.size(); ++i) {
    const auto* begun = std::get_if<Started>(&result->log[i].fact);
    if (begun && !begun->from) last = i;
  }
  Study fold = std::move(*Study::make(spec));
  Seconds idle = 0;
  for (std::size_t i = 0; i < last; ++i) {
    fold.apply(result->log[i]);
    idle += static_cast<double>(8 - fold.live()) * (result->log[i + 1].time - result->log[i].time);
  }
  EXPECT_LE(idle, 1e-6) << "worker seconds";
}

// --- asha against its definition, found anew from the trials at every decision ---

struct Naive {
  std::optional<TrialId> promotable;  // of the highest rung that has one, by the normal rule
};
Naive naive(const std::vector<Trial>& trials, const std::vector<Resource>& levels, std::size_t eta) {
  for (std::size_t k = levels.size() - 1; k-- > 0;) {
    std::vector<RungEntry> results;
    for (const Trial& trial : trials) {
      if (trial.phase == Phase::Failed || trial.phase == Phase::Stopped || trial.until < levels[k]) continue;
      if (const Report* report = report_at(trial, levels[k])) results.push_back(rung_entry(trial.id, report));
    }
    std::sort(results.begin(), results.end());
    results.resize(results.size() / eta);
    for (const RungEntry& rank : results) {
      const Trial& trial = trials[static_cast<std::size_t>(rank.trial)];
      if (trial.phase == Phase::Paused && !trial.live && trial.until == levels[k]) return {trial.id};
    }
  }
  return {};
}

TEST(AshaContract, PromotesExactlyWhatItsDefinitionSays) {
  std::int64_t promotions = 0, starts = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    StudySpec spec = study("random", "asha", seed, 60);
    for (const Weather& weather : weathers()) {
      SCOPED_TRACE(fmt::format("{}, seed {}", weather.name, seed));
      auto result = simulate(spec, plan(spec, weather.faults, seed, 6));
      ASSERT_TRUE(result.has_value()) << result.error().what;
      Study fold = std::move(*Study::make(spec));
      std::int64_t started = 0;
      for (const Event& event : result->log) {
        if (const auto* resumed = std::get_if<Resumed>(&event.fact)) {
          auto expected = naive(fold.trials(), {1, 3, 9}, 3).promotable;
          if (expected) {
            ASSERT_EQ(resumed->trial, *expected);
          } else {
            ASSERT_EQ(started, 60) << "only closed rungs promote against the rule: " << resumed->why;
          }
          ++promotions;
        } else if (std::holds_alternative<Started>(event.fact)) {
          ASSERT_EQ(naive(fold.trials(), {1, 3, 9}, 3).promotable, std::nullopt);
          ++started;
          ++starts;
        }
        fold.apply(event);
      }
    }
  }
  EXPECT_GT(promotions, 1000);
  EXPECT_EQ(starts, 20 * 5 * 60);
}

TEST(AshaContract, BringsOneTrialToTheTopHoweverFewThereAre) {
  for (int trials = 1; trials <= 30; ++trials) {
    for (int workers : {1, 4, 16}) {
      StudySpec spec = study("random", "asha", static_cast<std::uint64_t>(trials), trials);
      auto result = simulate(spec, plan(spec, {}, 1, workers));
      ASSERT_TRUE(result.has_value()) << result.error().what;
      ASSERT_EQ(lines(result->broken), "");
      std::int64_t top = 0;
      for (const Trial& trial : result->study.trials())
        top += !trial.reports.empty() && trial.reports.back().at == 9 ? 1 : 0;
      EXPECT_GE(top, 1) << trials << " trials, " << workers << " workers";
      EXPECT_LE(top, trials < 3 ? 1 : trials < 9 ? 2 : 30) << trials << " trials, " << workers << " workers";
    }
  }
}

// --- outcome constraints ---

/// The share that breaks `ms <= 0.05` of the trials that were trained to the end.
double infeasible_at_the_top(const std::string& scheduler, bool constrained) {
  auto spec = read_study_file(
      fmt::format("objective: minimize loss\nspace: {{x: \"float(0, 1)\"}}\nfidelity: {{name: epoch, max: 9}}\n"
                  "searcher: random\nscheduler: {}\nseed: 3\nstop: {{trials: 60}}\n{}",
                  with_limit(scheduler, 2), constrained ? "outcome_constraints: [ms <= 0.05]\n" : ""),
      "contract");
  EXPECT_TRUE(spec.has_value()) << spec.error().what;
  Plan world;
  world.workers = 4;
  world.metrics.emplace_back("loss", *curve("(x - 0.3) ** 2 + 1 / at", spec->space));
  world.metrics.emplace_back("ms", *curve("(x - 0.8) ** 2", spec->space));
  world.seed = 3;
  auto result = simulate(*spec, world);
  EXPECT_TRUE(result.has_value()) << result.error().what;
  EXPECT_EQ(lines(rederive(*spec, result->log)), "");
  const std::vector<Trial>& trials = result->study.trials();
  EXPECT_EQ(trials[static_cast<std::size_t>(*result->study.best())].reports.back().at, 9);
  double all = 0, infeasible = 0;
  for (const Trial& trial : trials) {
    if (trial.reports.empty() || trial.reports.back().at < 9) continue;
    const double x = std::get<double>(trial.config[0]);
    ++all;
    infeasible += (x - 0.8) * (x - 0.8) > 0.05 ? 1 : 0;
  }
  return infeasible / all;
}

// The lowest losses are where the constraint is broken.
TEST(OutcomeConstraints, DecideWhoIsTrainedToTheEndWhereverTrialsAreCompared) {
  const std::set<std::string> alone = {"plateau", "threshold"};  // compare nobody with another
  for (const SchedulerRow& row : schedulers()) {
    if (row.name == "none" || row.name == "pbt-replay") continue;
    const double with = infeasible_at_the_top(row.name, true), without = infeasible_at_the_top(row.name, false);
    if (alone.contains(row.name)) EXPECT_EQ(with, without) << row.name;
    else EXPECT_LT(with, without) << row.name;
  }
}

// --- several objectives ---

TEST(SeveralObjectives, AreScheduledByAllWithRungsUnderAnyWeather) {
  int schedulers_seen = 0;
  for (const SchedulerRow& row : schedulers()) {
    if (!row.multi_objective || !row.needs_fidelity) continue;
    ++schedulers_seen;
    for (const char* searcher : {"random", "tpe", "nsga2"}) {
      for (const Weather& weather : weathers()) {
        SCOPED_TRACE(fmt::format("{}, {}, {}", row.name, searcher, weather.name));
        auto spec = read_study_file(
            fmt::format(
                "objective: [minimize loss, minimize size]\nspace: {{x: \"float(0, 1)\", n: \"int(1, 64, log)\"}}\n"
                "fidelity: {{name: epoch, max: 9}}\nsearcher: {}\nscheduler: {}\nseed: 3\nstop: {{trials: 40}}\n"
                "limits: {{time: 60s, retries: 1}}\n",
                searcher, row.name),
            "contract");
        ASSERT_TRUE(spec.has_value()) << spec.error().what;
        Plan world;
        world.workers = 4;
        world.metrics.emplace_back("loss", *curve("(x - 0.3) ** 2 + 1 / at", spec->space));
        world.metrics.emplace_back("size", *curve("n / 64 + x / 10", spec->space));
        world.faults = weather.faults;
        world.seed = 3;
        auto result = simulate(*spec, world);
        ASSERT_TRUE(result.has_value()) << result.error().what;
        ASSERT_EQ(lines(result->broken), "");
        ASSERT_EQ(lines(rederive(*spec, result->log)), "");
        EXPECT_EQ(result->study.trials().size(), 40u);
        auto disturbed = simulate(*spec, world, {.rebuild = 0.1, .meddle = 0.5, .seed = 3});
        ASSERT_EQ(difference(result->log, disturbed->log), "");
        std::int64_t top = 0;
        for (const Trial& trial : result->study.trials())
          top += trial.phase == Phase::Completed && trial.until == 9 ? 1 : 0;
        EXPECT_GE(top, 1);
      }
    }
  }
  EXPECT_GE(schedulers_seen, 6);
}

// --- several fidelities ---

TEST(SeveralFidelities, AreComparedAtTheEndsOfRunsOnlyUnderAnyWeather) {
  int schedulers_seen = 0;
  for (const SchedulerRow& row : schedulers()) {
    if (!row.levels) continue;
    ++schedulers_seen;
    for (const Weather& weather : weathers()) {
      SCOPED_TRACE(fmt::format("{}, {}", row.name, weather.name));
      auto spec = read_study_file(
          fmt::format("objective: minimize loss\nspace: {{x: \"float(0, 1)\"}}\nsearcher: tpe\nscheduler: {}\nseed: 3\n"
                      "fidelity: [{{name: epoch, max: 9}}, {{name: share, min: 0.1, max: 1}}]\n"
                      "stop: {{trials: 40}}\nlimits: {{time: 60s, retries: 1}}\n",
                      row.name),
          "contract");
      ASSERT_TRUE(spec.has_value()) << spec.error().what;
      Plan world;
      world.workers = 4;
      world.metrics.emplace_back("loss", *curve("(x - 0.3) ** 2 + 1 / at", spec->space));
      world.faults = weather.faults;
      world.checkpoints = weather.name != "lost";
      world.seed = 3;
      auto result = simulate(*spec, world);
      ASSERT_TRUE(result.has_value()) << result.error().what;
      ASSERT_EQ(lines(result->broken), "");
      ASSERT_EQ(lines(rederive(*spec, result->log)), "");
      auto disturbed = simulate(*spec, world, {.rebuild = 0.1, .meddle = 0.5, .seed = 3});
      ASSERT_EQ(difference(result->log, disturbed->log), "");
      std::int64_t top = 0;
      for (const Trial& trial : result->study.trials()) {
        std::set<Resource> ends{trial.until};
        for (const Leg& leg : trial.legs) ends.insert(leg.until);
        for (const Report& report : trial.reports)
          EXPECT_TRUE(ends.contains(report.at)) << trial.id << " at " << report.at;
        top += !trial.reports.empty() && trial.reports.back().at == 9 ? 1 : 0;
      }
      EXPECT_GE(top, 1);
    }
  }
  EXPECT_GE(schedulers_seen, 6);
}

// --- recipes: a scheduler's name stands for a searcher too, unless the study names one ---

std::vector<std::string> reasons(const std::vector<Event>& log) {
  std::vector<std::string> whys;
  for (const Event& event : log) {
    if (const auto* started = std::get_if<Started>(&event.fact)) whys.push_back(started->searcher_why);
  }
  return whys;
}
std::int64_t saying(const std::vector<std::string>& whys, const std::string& words) {
  return std::count_if(whys.begin(), whys.end(), [&](const std::string& why) { return why.find(words) != why.npos; });
}

TEST(Recipes, BohbLearnsFromTheHighestRungWithEnoughResultsAndDrawsAThirdAtRandom) {
  for (const char* scheduler : {"bohb", "{bohb: {async: yes}}"}) {
    StudySpec spec = study("auto", "bohb", 1, 300);
    spec.scheduler.options.clear();
    if (std::string(scheduler) != "bohb") spec.scheduler.options["async"] = std::int64_t{1};
    auto result = simulate(spec, plan(spec, {}, 1, 8));
    ASSERT_TRUE(result.has_value()) << result.error().what;
    EXPECT_EQ(result->study.spec().searcher.name, "tpe");
    const std::vector<std::string> whys = reasons(result->log);
    const auto first = saying(whys, "with results at 1"), second = saying(whys, "with results at 3"),
               third = saying(whys, "with results at 9"), random = saying(whys, "at random");
    EXPECT_GT(third, 50) << scheduler;
    EXPECT_GT(first + second, 0) << scheduler;
    EXPECT_NEAR(static_cast<double>(random) / static_cast<double>(random + first + second + third), 1.0 / 3, 0.08);
    EXPECT_EQ(saying({whys.end() - 50, whys.end()}, "with results at 1"), 0) << scheduler;
  }
}

TEST(Recipes, DehbEvolvesAPopulationForEachFidelity) {
  StudySpec spec = study("auto", "dehb", 1, 200);
  auto result = simulate(spec, plan(spec, {}, 1, 8));
  ASSERT_TRUE(result.has_value()) << result.error().what;
  EXPECT_EQ(result->study.spec().searcher.name, "de");
  const std::vector<std::string> whys = reasons(result->log);
  EXPECT_GT(saying(whys, "a mutant of the population at this fidelity"), 60);
  EXPECT_GT(saying(whys, "at the fidelity below"), 20);
  std::int64_t fresh = 0;  // at the top without a run below
  for (const Trial& trial : result->study.trials()) fresh += trial.until == 9 && trial.legs.empty() ? 1 : 0;
  EXPECT_GT(fresh, 20);
  EXPECT_LT(result->study.trials()[static_cast<std::size_t>(*result->study.best())].reports.back().loss[0], 0.2);
}

TEST(Recipes, KeepASearcherThatTheStudyNames) {
  auto result = Study::make(study("gp", "bohb", 1));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->spec().searcher.name, "gp");
  EXPECT_EQ(Study::make(study("auto", "hyperband", 1))->spec().searcher.name, "auto");
}

}  // namespace
}  // namespace hone
