// What a warm start is worth on related tasks, and what it costs on unrelated ones. Deterministic: fixed seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "hone/study.h"
#include "study/study_file.h"

namespace hone {
namespace {

/// Where the optimum of one task lies: numbers in the unit cube, options of choices. Data sets of one kind have it near
/// each other.
struct Task {
  std::vector<double> centre;
  std::vector<std::string> words;
};

struct Family {
  std::string name;
  int numbers, words;
  std::function<double(const std::vector<double>&)> loss;  // of the way from the centre
};

std::string number(int i) { return "n" + std::to_string(i); }
std::string word(int i) { return "w" + std::to_string(i); }

double squares(const std::vector<double>& away) {
  double sum = 0;
  for (const double a : away) sum += a * a;
  return sum;
}

const std::vector<Family>& families() {
  static const std::vector<Family> all = {{"bumpy bowl", 4, 0,
                                           [](const auto& away) {
                                             double sum = squares(away);
                                             for (const double a : away) sum += 0.02 * (1 - std::cos(6 * M_PI * a));
                                             return sum;
                                           }},
                                          {"numbers and choices", 4, 2, squares},
                                          {"kink", 5, 0, [](const auto& away) {
                                             double sum = 0;
                                             for (std::size_t i = 0; i < 5; ++i)
                                               sum += (away[i] > 0 ? 4 : 0.5) * std::abs(away[i]) * (i < 3 ? 1 : 0.1);
                                             return sum;
                                           }}};
  return all;
}

StudySpec study(const Family& family, const std::string& searcher, int trials, std::uint64_t seed) {
  std::string space;
  for (int i = 0; i < family.numbers; ++i) space += number(i) + ": 'float(1e-4, 1, log)', ";
  for (int i = 0; i < family.words; ++i) space += word(i) + ": [a, b, c], ";
  auto spec =
      read_study_file("{objective: minimize value, space: {" + space + "}, searcher: " + searcher +
                          ", stop: {trials: " + std::to_string(trials) + "}, seed: " + std::to_string(seed) + "}",
                      "study");
  EXPECT_TRUE(spec) << spec.error().what;
  return *spec;
}

Task task_of(const Family& family, Rng& rng) {
  Task task;
  for (int i = 0; i < family.numbers; ++i) task.centre.push_back(0.1 + 0.8 * rng.uniform());
  for (int i = 0; i < family.words; ++i) task.words.push_back(std::string(1, static_cast<char>('a' + rng.below(3))));
  return task;
}

struct Seen {
  double loss;
  NamedValues config;
};

std::vector<Seen> run(StudySpec spec, const Family& family, const Task& task) {
  std::vector<Seen> seen;
  const auto best = minimize(std::move(spec), [&](Run& run) {
    Seen one;
    std::vector<double> away;
    for (int i = 0; i < family.numbers; ++i) {
      const double x = run[number(i)];
      one.config.emplace_back(number(i), x);
      away.push_back(std::log10(x) / 4 + 1 - task.centre[static_cast<std::size_t>(i)]);  // 1e-4 .. 1 → 0 .. 1
    }
    one.loss = family.loss(away);
    for (int i = 0; i < family.words; ++i) {
      one.config.emplace_back(word(i), run.word(word(i)));
      one.loss += run.word(word(i)) == task.words[static_cast<std::size_t>(i)] ? 0 : 0.15;
    }
    seen.push_back(one);
    return one.loss;
  });
  EXPECT_TRUE(best);
  return seen;
}

/// The ten best configurations of an earlier study.
std::vector<WarmPoint> earlier(const Family& family, const Task& task, std::uint64_t seed) {
  std::vector<Seen> seen = run(study(family, "tpe", 60, seed), family, task);
  std::stable_sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.loss < b.loss; });
  std::vector<WarmPoint> points;
  for (std::size_t i = 0; i < 10; ++i) points.push_back({seen[i].config, "earlier"});
  return points;
}

/// Of ln(regret / a cold start's). Random search has about 0.2 here; kNone of that is nothing to anybody, while without it
/// the search that ended at 1e-6 rather than 1e-5 would outweigh all others.
constexpr double kNone = 1e-3;
struct Ratio {
  double sum = 0, squares = 0, count = 0;
  void add(double warm, double cold) {
    const double ratio = std::log((warm + kNone) / (cold + kNone));
    sum += ratio, squares += ratio * ratio, ++count;
  }
  double mean() const { return sum / count; }
  double error() const { return std::sqrt((squares / count - mean() * mean()) / count); }
};

void compare(const std::string& searcher, int seeds) {
  Ratio related[2], unrelated[2];
  for (const Family& family : families()) {
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto key = static_cast<std::uint64_t>(seed);
      Rng rng = Rng::stream(key, family.name);
      const Task task = task_of(family, rng), elsewhere = task_of(family, rng);
      Task near = task;
      for (double& x : near.centre) x += 0.05 * rng.normal();
      const auto losses = [&](std::vector<WarmPoint> warm) {
        StudySpec spec = study(family, searcher, 30, key + 1000);
        spec.warm = std::move(warm);
        const std::vector<Seen> seen = run(std::move(spec), family, task);
        const auto best = [&](std::ptrdiff_t of) {
          return std::min_element(seen.begin(), seen.begin() + of, [](auto& a, auto& b) { return a.loss < b.loss; })
              ->loss;
        };
        return std::vector<double>{best(15), best(30)};
      };
      const auto cold = losses({}), close = losses(earlier(family, near, key)),
                 far = losses(earlier(family, elsewhere, key));
      for (std::size_t i = 0; i < 2; ++i) related[i].add(close[i], cold[i]), unrelated[i].add(far[i], cold[i]);
    }
  }
  for (int i = 0; i < 2; ++i) {
    std::printf(
        "%s, %d trials: regret as a share of a cold start's: related %.3f, unrelated %.3f (factor %.3f of error)\n",
        searcher.c_str(), 15 * (i + 1), std::exp(related[i].mean()), std::exp(unrelated[i].mean()),
        std::exp(unrelated[i].error()));
    EXPECT_LT(related[i].mean(), std::log(0.9)) << searcher;
    EXPECT_LT(unrelated[i].mean() - 2 * unrelated[i].error(), std::log(1.05)) << searcher;
  }
}

TEST(WarmStart, HelpsOnRelatedTasksAndCostsLittleOnUnrelatedOnes) {
  for (const char* searcher : {"random", "tpe", "gp", "auto"}) compare(searcher, 200);
}

}  // namespace
}  // namespace hone
