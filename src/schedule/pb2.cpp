// Population Based Bandits: Parker-Holder, Nguyen, Roberts, "Provably Efficient Online Hyperparameter Optimization with
// Population-Based Bandits", NeurIPS 2020, algorithm 1. PBT whose explore is a time-varying bandit:
//
//   x, t     the parameters that may change, in the unit cube; time in intervals
//   y        how much the loss fell per unit between two ready points, standardised
//   μ, σ     of a Gaussian process that drifts (model/drift.h) on the last observations; σ is lessened by what the others
//            try now (eq. 7)
//   x_t      argmax μ + sqrt(β) σ, β = c1 + log(c2 n), c1 = 0.2, c2 = 0.4 (section 5.1)
//
// The paper's kernel is squared exponential; Matérn 5/2 here as everywhere in Hone. Choices are columns that are equal or not.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "model/drift.h"
#include "schedule/herd.h"
#include "schedule/rows.h"

namespace hone {
namespace {

constexpr std::size_t kLeast = 4;    // observations before there is a model
constexpr std::size_t kWindow = 40;  // older ones have faded
constexpr std::size_t kRefit = 10;   // observations between two fits of the kernel
constexpr int kEvaluations = 25;     // of a fit
constexpr int kDraws = 100, kNear = 30;
constexpr double kNearby = 0.1, kFinest = 0.005;
constexpr double kC1 = 0.2, kC2 = 0.4;

class Pb2 : public Herd {
 public:
  Pb2(const ScheduleInputs& inputs, HerdOptions options) : Herd(inputs, std::move(options)) {
    for (const std::size_t k : explorer_.coordinates()) {
      const auto* choice = std::get_if<Choice>(&inputs.space.params()[inputs.space.free()[k]].domain);
      category_.push_back(choice && !choice->ordered);
      levels_.push_back(inputs.space.levels(k));
    }
  }

 protected:
  void trained(const Member& member, Resource begin, TrialId id) override {
    if (member.curve.empty()) return;
    const Score& last = member.curve.back();
    auto before = begin > 0 ? score_at(id, begin) : std::nullopt;
    if (!before) {  // from scratch: its first report is all that is known of the beginning
      before = member.curve.front();
      begin = before->at;
    }
    const double gain = (before->loss - last.loss) / static_cast<double>(std::max<Resource>(1, last.at - begin));
    if (last.at > begin && std::isfinite(gain)) gains_.push_back({point(member.config), when(begin), gain});
  }

  Config explored(const Config& base, Resource at, Rng& rng) const override {
    if (gains_.size() < kLeast || category_.empty()) return explorer_.perturbed(base, 1, rng);
    const std::size_t fitted = gains_.size() < kRefit ? gains_.size() : gains_.size() / kRefit * kRefit;
    if (!memo_ || memo_->first != fitted) {
      const DriftData data = window(fitted);
      memo_.emplace(fitted, fit_drift(data, DriftParams::usual(category_), kEvaluations));
    }
    const DriftGp known(window(gains_.size()), memo_->second);
    const DriftGp model = with_running(known);
    const double beta = kC1 + std::max(0.0, std::log(kC2 * static_cast<double>(gains_.size())));
    const auto worth = [&](const Eigen::VectorXd& x) {
      const Expectation f = model.at(x, when(at));
      return f.mean + std::sqrt(beta) * f.deviation;
    };
    const Eigen::VectorXd best = climb(worth, point(base), rng);
    return explorer_.placed(base, std::vector<double>(best.data(), best.data() + best.size()));
  }

 private:
  struct Gain {
    Eigen::VectorXd x;
    double t, y;
  };

  double when(Resource at) const { return static_cast<double>(at) / static_cast<double>(options_.interval); }

  Eigen::VectorXd point(const Config& config) const {
    const std::vector<double> unit = explorer_.space().encode(config);
    Eigen::VectorXd x(static_cast<Eigen::Index>(category_.size()));
    for (std::size_t i = 0; i < category_.size(); ++i) {
      const double u = unit[explorer_.coordinates()[i]];
      x[static_cast<Eigen::Index>(i)] = std::isnan(u) ? 0.5 : u;
    }
    return x;
  }

  /// The latest of the first `count` gains, standardised.
  DriftData window(std::size_t count) const {
    const std::size_t first = count - std::min(count, kWindow);
    const auto n = static_cast<Eigen::Index>(count - first);
    DriftData data{Eigen::MatrixXd(n, static_cast<Eigen::Index>(category_.size())), Eigen::VectorXd(n),
                   Eigen::VectorXd(n), category_};
    for (Eigen::Index i = 0; i < n; ++i) {
      const Gain& gain = gains_[first + static_cast<std::size_t>(i)];
      data.x.row(i) = gain.x;
      data.t[i] = gain.t;
      data.y[i] = gain.y;
    }
    const double mean = data.y.mean();
    const double spread = std::sqrt((data.y.array() - mean).square().mean());
    data.y = (data.y.array() - mean) / (spread > 0 ? spread : 1);
    return data;
  }

  DriftGp with_running(const DriftGp& known) const {
    std::vector<Gain> running;
    for (const TrialId id : current()) {
      const Member& member = members().at(id);
      if (member.state != Member::State::Running) continue;
      const Resource begin = std::max(member.checkpoint, member.from ? member.from->at : 0);
      running.push_back({point(member.config), when(begin), 0});
    }
    Eigen::MatrixXd x(static_cast<Eigen::Index>(running.size()), static_cast<Eigen::Index>(category_.size()));
    Eigen::VectorXd t(x.rows());
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      x.row(i) = running[static_cast<std::size_t>(i)].x;
      t[i] = running[static_cast<std::size_t>(i)].t;
    }
    return known.hallucinating(x, t);
  }

  /// Onto the level's own place, if the coordinate has levels.
  double placed(std::size_t i, double u) const {
    u = std::clamp(u, 0.0, 1.0);
    if (levels_[i] == 0 || !category_[i]) return u;
    const double n = static_cast<double>(levels_[i]);
    return (std::min(std::floor(u * n), n - 1) + 0.5) / n;
  }

  /// The best of draws everywhere and near `base`, then a pattern search from it.
  template <class Worth>
  Eigen::VectorXd climb(const Worth& worth, const Eigen::VectorXd& base, Rng& rng) const {
    Eigen::VectorXd best = base;
    double value = -std::numeric_limits<double>::infinity();
    const auto consider = [&](const Eigen::VectorXd& x) {
      const double found = worth(x);
      if (!(found > value)) return false;
      value = found;
      best = x;
      return true;
    };
    Eigen::VectorXd x = base;
    for (int i = 0; i < kDraws + kNear; ++i) {
      for (std::size_t j = 0; j < category_.size(); ++j) {
        const auto column = static_cast<Eigen::Index>(j);
        const bool anywhere = i < kDraws || category_[j];
        x[column] = placed(j, anywhere ? rng.uniform() : base[column] + kNearby * rng.normal());
      }
      consider(x);
    }
    for (double step = kNearby; step >= kFinest; step /= 2)
      for (std::size_t j = 0; j < category_.size(); ++j) {
        if (category_[j]) continue;
        for (const double move : {step, -step}) {
          x = best;
          x[static_cast<Eigen::Index>(j)] = std::clamp(x[static_cast<Eigen::Index>(j)] + move, 0.0, 1.0);
          if (consider(x)) break;
        }
      }
    return best;
  }

  std::vector<char> category_;         // of each coordinate that may change: unordered
  std::vector<std::uint64_t> levels_;  // 0: continuous
  std::vector<Gain> gains_;            // in the order of the ends of runs
  // memo: of how many gains the kernel was fitted on, and to what; a function of these gains alone
  mutable std::optional<std::pair<std::size_t, DriftParams>> memo_;
};

}  // namespace

SchedulerRow pb2_row() {
  SchedulerRow row;
  row.name = "pb2";
  row.means = false;
  row.checkpoints = SchedulerRow::Checkpoints::HandedOn;
  row.doc =
      "Population-based training whose parameters are proposed by a Gaussian process of what made trainings improve, "
      "early and late. For small populations.";
  row.paper =
      "Parker-Holder, Nguyen, Roberts, Provably Efficient Online Hyperparameter Optimization with Population-Based "
      "Bandits, NeurIPS 2020";
  row.options = herd_options(0.25);
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return std::make_unique<Pb2>(inputs, read_herd_options("pb2", inputs, options));
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
