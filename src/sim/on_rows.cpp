#include "sim/on_rows.h"

#include <fmt/format.h>

#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

#include "hone/rng.h"
#include "sim/nearest_row.h"

namespace hone {
namespace {

std::vector<std::vector<double>> points_of(const Recorded& recorded, const Space& space) {
  std::vector<std::vector<double>> points;
  points.reserve(recorded.configs.size());
  for (const Config& config : recorded.configs) points.push_back(space.encode(config));
  return points;
}

/// `17 the inner searcher's words`
std::optional<std::pair<std::size_t, std::string_view>> split(std::string_view note, std::size_t rows) {
  std::size_t row = 0;
  const auto [end, error] = std::from_chars(note.data(), note.data() + note.size(), row);
  const auto digits = static_cast<std::size_t>(end - note.data());
  if (error != std::errc() || digits == note.size() || note[digits] != ' ' || row >= rows) return std::nullopt;
  return std::pair(row, note.substr(digits + 1));
}

class OnRows final : public Searcher {
 public:
  OnRows(const RowInputs& inputs, std::unique_ptr<Searcher> inner)
      : recorded_(inputs.recorded),
        space_(inputs.space),
        inner_(std::move(inner)),
        untried_(inputs.drawn ? std::vector<std::vector<double>>(inputs.recorded->configs.size())
                              : points_of(*inputs.recorded, inputs.space)) {
    if (!inputs.drawn) return;
    order_.resize(recorded_->configs.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    Rng rng = Rng::stream(inputs.seed, "rows", inputs.table);
    rng.shuffle(order_);
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    if (untried_.left() == 0) return Exhausted{"every row of the table has a trial"};
    if (!order_.empty()) {
      const std::size_t row = order_[next_];
      return Proposal{.config = recorded_->configs[row],
                      .note = fmt::format("{} random", row),
                      .why = fmt::format("row {} of the table, drawn at random", recorded_->rows[row] + 1)};
    }
    auto answer = inner_->ask(ask);
    if (auto* proposal = std::get_if<Proposal>(&answer)) {
      const auto found = untried_.nearest(space_.encode(proposal->config));
      proposal->config = recorded_->configs[found->row];
      proposal->note = fmt::format("{} {}", found->row, proposal->note);
      proposal->why += fmt::format("{}row {} of the table is the nearest untried one, at {:.3g}",
                                   proposal->why.empty() ? "" : "; ", recorded_->rows[found->row] + 1, found->distance);
    }
    return answer;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    const auto parts = split(note, recorded_->configs.size());
    if (change == Change::Started || !trial.source.empty()) {
      untried_.remove(parts ? parts->first : row_of(trial, *recorded_, space_));
      while (next_ < order_.size() && !untried_.has(order_[next_])) ++next_;
    }
    if (order_.empty()) inner_->tell(trial, change, parts ? parts->second : note);
  }

  void hear(TrialId trial, const Proposal& proposal) override { inner_->hear(trial, proposal); }
  std::optional<Belief> belief(const Config& config) const override { return inner_->belief(config); }

 private:
  std::shared_ptr<const Recorded> recorded_;
  Space space_;
  std::unique_ptr<Searcher> inner_;
  NearestRow untried_;
  std::vector<std::size_t> order_;  // drawn rows; else empty
  std::size_t next_ = 0;            // of order_: the first one without a trial
};

}  // namespace

std::unique_ptr<Searcher> on_rows(const RowInputs& inputs, std::unique_ptr<Searcher> inner) {
  return std::make_unique<OnRows>(inputs, std::move(inner));
}

std::size_t row_of(const Trial& trial, const Recorded& recorded, const Space& space) {
  if (const auto parts = split(trial.note, recorded.configs.size())) return parts->first;
  return NearestRow(points_of(recorded, space)).nearest(space.encode(trial.config))->row;
}

}  // namespace hone
