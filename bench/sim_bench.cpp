// random + asha on 4 000 simulated workers: events per CPU second of Study, scheduler, searcher and simulator together.
//
//   sim_bench [trials] [workers] [searcher] [scheduler] [simulated seconds]
#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "hone/space.h"
#include "sim/simulator.h"
#include "study/study_file.h"

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  std::string trials = argc > 1 ? argv[1] : "26000";
  int workers = argc > 2 ? std::atoi(argv[2]) : 4000;
  std::string searcher = argc > 3 ? argv[3] : "random", scheduler = argc > 4 ? argv[4] : "asha";
  std::string time = argc > 5 ? argv[5] : "1000000000";
  auto spec = hone::read_study_file(
      fmt::format(
          "objective: minimize loss\nspace: {{x: \"float(0, 1)\", lr: \"float(1e-4, 1, log)\", n: \"int(1, 64)\"}}\n"
          "fidelity: {{name: epoch, max: 27}}\nsearcher: {}\nscheduler: {}\nstop: {{trials: {}, time: {}}}\nseed: 1\n",
          searcher, scheduler, trials, time),
      "bench");
  if (!spec) {
    fmt::print(stderr, "{}\n", spec.error().what);
    return 2;
  }
  hone::Plan plan;
  plan.workers = workers;
  plan.metrics.emplace_back("loss", [](const hone::Config& config, hone::Resource at, std::uint64_t) {
    double x = std::get<double>(config[0]);
    return (x - 0.3) * (x - 0.3) + 0.1 / static_cast<double>(at);
  });
  plan.seconds = [](const hone::Config& config, hone::Resource, std::uint64_t) {
    return 0.5 + std::get<double>(config[0]);
  };
  double began = cpu_seconds();
  auto result = hone::simulate(*spec, plan);
  double took = cpu_seconds() - began;
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().what);
    return 2;
  }
  for (const std::string& line : result->broken) fmt::print("broken: {}\n", line);
  double replay_began = cpu_seconds();
  auto again = hone::Study::make(*spec);
  for (const hone::Event& event : result->log) again->apply(event);
  double replayed = cpu_seconds() - replay_began;
  fmt::print("{} events, {} trials, {} units, utilisation {:.3f}\n", result->log.size(), result->study.trials().size(),
             result->units, result->utilisation);
  fmt::print("simulated in {:.2f} cpu seconds, {:.0f} events/s; replayed in {:.2f}, {:.0f} events/s\n", took,
             static_cast<double>(result->log.size()) / took, replayed,
             static_cast<double>(result->log.size()) / replayed);
  return result->broken.empty() ? 0 : 1;
}
