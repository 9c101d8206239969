#include "search/coordinate_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hone {
namespace {

constexpr std::int64_t kLeast = 5, kUsual = 10;  // trials of a parameter's turn

/// What the stages without a number get: equal shares of what the study has left, the last one the rest of it.
void share(std::vector<PlanStage>& stages, std::optional<std::int64_t> total) {
  std::int64_t given = 0, open = 0;
  for (const PlanStage& stage : stages) {
    given += stage.trials.value_or(0);
    open += stage.trials ? 0 : 1;
  }
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    if (stages[i].trials) continue;
    stages[i].trials = total ? std::max<std::int64_t>((*total - given) / open, 1)
                             : kUsual * static_cast<std::int64_t>(stages[i].free.size());
  }
}

}  // namespace

Plan::Plan(const SearchInputs& inputs) : turns_(inputs.stages.empty()) {
  for (const Stage& stage : inputs.stages) stages_.push_back({stage.free, stage.fixed, stage.trials, ""});
  share(stages_, inputs.trials);
  for (std::size_t i = 0; i < stages_.size(); ++i)
    stages_[i].label = fmt::format("stage {} of {} ({})", i + 1, stages_.size(), fmt::join(stages_[i].free, ", "));
  for (std::size_t k = 0; k < inputs.space.free().size(); ++k) {
    if (inputs.space.levels(k) != 1) names_.push_back(inputs.space.params()[inputs.space.free()[k]].name);
  }
  if (inputs.trials && !names_.empty())
    each_ = std::clamp(*inputs.trials / static_cast<std::int64_t>(names_.size()), kLeast, 4 * kUsual);
}

PlanStage Plan::stage(int number) const {
  if (!turns_) return stages_[static_cast<std::size_t>(number)];
  if (number == kAll) return {names_, {}, std::nullopt, "all parameters"};
  const auto turn = static_cast<std::size_t>(number);
  const std::string& name = names_[turn % names_.size()];
  return {{name}, {}, each_, fmt::format("{} alone, round {}", name, turn / names_.size() + 1)};
}

std::vector<int> Plan::after(int number) const {
  std::vector<int> next;
  if (number == kAll) return next;
  const int ways = static_cast<int>(turns_ ? names_.size() : stages_.size());
  const int end = turns_ ? number + ways + 1 : ways;
  for (int i = number + 1; i < end; ++i) next.push_back(i);
  if (turns_) next.push_back(kAll);
  return next;
}

}  // namespace hone
