// Which rungs foretell the next: measured as trials come by.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schedule/rungs.h"

namespace hone {

/// For each rung k below the top: the rank correlation between the order at rung k (feasible ones first, then by loss) and
/// that at rung k + 1 of the trials that have both, corrected for that only the best were sent on (model/rank.h). From kFew trials on a rung counts if it is at least
/// kFair; the lowest, of which little is to be expected, only once it has shown kGood. A rung whose result takes most of
/// the time that the next one's takes saves nothing and does not count either (only where processes of ours take the time: a
/// metric of the user's need not grow, and who asks for many trials at once may train them one after another). With several objectives the lowest
/// correlation is taken.
class Foretell {
 public:
  static constexpr std::int64_t kFew = 8;
  static constexpr double kFair = 0.5, kGood = 0.7;
  static constexpr double kMostTime = 0.75;  // of the time to the next rung's result

  /// `judge`: false: every rung counts.
  Foretell(const ScheduleInputs& inputs, std::vector<Resource> levels, bool judge);

  /// O(log reports), and O(kKept log kKept) each time that a rung has an eighth more trials.
  void tell(const Trial& trial, Change change);

  bool counts(std::size_t k) const { return rungs_[k].counts; }  // the top always does
  std::size_t first() const { return counts(0) ? 0 : above(0); }
  std::size_t above(std::size_t k) const;  // the next that counts. REQUIRES: k is not the top
  std::vector<PassedRung> passed() const;
  /// "; rung 1 (epoch 1) is passed over since ..."; empty if every rung counts.
  std::string words() const;
  /// Between rung k and the next; none with fewer than kFew trials or where the next has no order.
  std::optional<double> correlation(std::size_t k) const;
  std::int64_t pairs(std::size_t k) const { return rungs_[k].all; }  // trials with both

 private:
  static constexpr std::size_t kKept = 256;
  using Standing = std::pair<double, double>;  // violation, loss; nan: both infinite
  struct Pair {
    std::vector<Standing> low, high;  // by objective
    double low_cost = 0, high_cost = 0;
  };
  struct RungPairs {
    bool counts = true;
    std::string why;                    // if it does not
    std::vector<Standing> seen;         // newest, by the first objective, whoever went on
    std::vector<Pair> pairs;            // newest
    std::int64_t all = 0, arrived = 0;  // pairs, results ever
    std::int64_t next = kFew;           // pairs at which to look again
  };
  void arrive(std::size_t k, const Trial& trial, const Report& report);
  void look(std::size_t k);
  std::vector<Standing> standings(const Report& report) const;
  double ratio(const RungPairs& rung) const;

  Wording wording_;
  std::vector<Resource> levels_;
  bool judge_, timed_;
  std::size_t objectives_;
  std::vector<RungPairs> rungs_;
  std::vector<unsigned char> reached_;  // by trial: in how many rungs it has a result
};

}  // namespace hone
