// What a suggestion costs from C++: processor time of ask() and of the tells of a trial, mean over 100 trials, once there
// are n finished ones that the searcher proposed itself. The space is that of `latency`.
//
//     build/bench/ask_bench [SEARCHER ...]          default: cmaes, cfo, de, ga, random, sa, sobol, tpe
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "hone/registry.h"

namespace {

using namespace hone;

Space bench_space() {
  const std::pair<const char*, const char*> params[] = {
      {"f0", "float(-5, 5)"}, {"f1", "float(0, 1)"}, {"f2", "float(1e-5, 1e-1, log)"}, {"f3", "float(1e-3, 1e3, log)"},
      {"f4", "float(-1, 1)"}, {"i0", "int(1, 100)"}, {"i1", "int(1, 1024, log)"},      {"i2", "int(0, 10)"},
      {"c0", "[a, b, c]"},    {"c1", "[x, y, z, w]"}};
  std::vector<Param> all;
  for (const auto& [name, domain] : params) all.push_back(*parse_param(name, domain));
  return *Space::make(std::move(all));
}

double cpu_seconds() {
  timespec now;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Desk {
  Space space = bench_space();
  std::unique_ptr<Searcher> searcher;
  TrialId next = 0;
  double asking = 0, telling = 0;

  bool trial() {
    const double begin = cpu_seconds();
    auto answer = searcher->ask({.trial = next, .until = 1, .exact = true});
    const double asked = cpu_seconds();
    auto* proposal = std::get_if<Proposal>(&answer);
    if (!proposal) return false;
    Trial trial;
    trial.id = next++;
    trial.config = std::move(proposal->config);
    trial.note = std::move(proposal->note);
    trial.until = 1;
    double loss = 0;
    for (const double x : space.encode(trial.config)) loss += (x - 0.3) * (x - 0.3);
    const double ready = cpu_seconds();
    searcher->tell(trial, Change::Started, trial.note);
    trial.reports.push_back({.at = 1, .loss = {loss}, .excess = {}, .cost = 1});
    searcher->tell(trial, Change::Reported, trial.note);
    trial.phase = Phase::Completed;
    searcher->tell(trial, Change::Completed, trial.note);
    telling += cpu_seconds() - ready;
    asking += asked - begin;
    return true;
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> names(argv + 1, argv + argc);
  if (names.empty()) names = {"cmaes", "cfo", "de", "ga", "random", "sa", "sobol", "tpe"};
  constexpr int kTrials = 100;
  fmt::print("{:12} {:>8} {:>12} {:>12}\n", "searcher", "n", "us an ask", "us a tell");
  for (const std::string& name : names) {
    const SearcherRow* row = find_searcher(name);
    if (!row) {
      fmt::print(stderr, "ask_bench: {}: no searcher; see `hone searchers`\n", name);
      return 2;
    }
    Desk desk;
    const SearchInputs inputs{.space = desk.space, .seed = 1};
    desk.searcher = row->make(inputs, *check_options(name, row->options, {}));
    for (const TrialId n : {100, 1000, 10000}) {
      while (desk.next < n && desk.trial()) continue;
      desk.asking = desk.telling = 0;
      int done = 0;
      while (done < kTrials && desk.trial()) ++done;
      fmt::print("{:12} {:>8} {:>12.2f} {:>12.2f}\n", name, n, 1e6 * desk.asking / done, 1e6 * desk.telling / done);
    }
  }
  return 0;
}
