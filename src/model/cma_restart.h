// When a run of CMA-ES is over, and how the next one begins: Hansen, "Benchmarking a BI-population CMA-ES on the BBOB-2009
// function testbed", GECCO workshops 2009.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/cma.h"

namespace hone {

/// The rules by which a run stops, one generation at a time.
class CmaStops {
 public:
  CmaStops(int n, int lambda, double sigma);
  /// `losses`: of a generation, best first, infinity for what has none. A reason in words if the run is over.
  std::optional<std::string_view> after(const Cma& cma, const std::vector<double>& losses);

 private:
  bool flat() const;
  bool stagnant() const;

  int n_, window_, least_, longest_;
  double sigma_;
  std::vector<double> best_, median_;  // of each generation
  int equal_ = 0;                      // generations of the last window whose best and kth best are equal
  std::vector<char> equals_;
};

struct CmaRun {
  int number = 0;  // 0: the first
  int lambda = 0;
  double shrink = 1;  // of the first step size
  bool large = true;
  std::optional<std::int64_t> evaluations = {};  // when it ends at the latest
};

/// BIPOP: runs with a population that doubles each time, and beside them, for as many evaluations, short ones with a small
/// population and step size.
class CmaRestarts {
 public:
  explicit CmaRestarts(int lambda) : lambda_(lambda), run_{.lambda = lambda} {}
  const CmaRun& run() const { return run_; }
  void evaluated();
  std::int64_t evaluations() const { return here_; }  // of this run
  bool spent() const { return run_.evaluations && here_ >= *run_.evaluations; }
  /// The next run; `rng` is drawn from for a small one.
  void next(Rng rng);

 private:
  int lambda_, doublings_ = 0;
  CmaRun run_;
  std::int64_t large_ = 0, small_ = 0, here_ = 0, last_large_ = 0;
};

}  // namespace hone
