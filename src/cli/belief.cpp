#include "cli/belief.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "hone/registry.h"
#include "run/home.h"
#include "store/sqlite.h"

namespace hone {

Result<Study> rebuild(const std::string& home, const StudyView& view) {
  auto storage = open_sqlite(database_path(home), OpenMode::ReadOnly);
  if (!storage) return tl::unexpected(storage.error());
  const auto row = (*storage)->find(view.name());
  if (!row) return tl::unexpected(row.error());
  auto stored = load_study(**storage, *row, view.spec().folder);
  if (!stored) return tl::unexpected(stored.error());
  return std::move(stored->study);
}

namespace {

/// Rebuilding a study tells its searcher of every trial; with more of them `hone best` would keep its user waiting.
constexpr std::size_t kMostTrials = 3000;

bool can_believe(const StudySpec& spec) {
  const SearcherRow* row = find_searcher(spec.searcher.name);
  return row != nullptr && row->believes && spec.objectives.size() == 1;
}

double as_measured(const Objective& objective, double loss) { return objective.maximize ? 0 - loss : loss; }

/// The words of --at, each checked against its parameter.
Result<NamedValues> named_values(const std::string& text) {
  NamedValues out;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(',', from), text.size());
    const std::string pair = text.substr(from, to - from);
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid(fmt::format("--at {}: is not NAME=VALUE; write e.g. --at lr=0.1,opt=adam", pair));
    out.emplace_back(pair.substr(0, equals), parse_value(std::string_view(pair).substr(equals + 1)));
    from = to + 1;
  }
  return out;
}

Result<Config> config_at(const Space& space, const NamedValues& given, const Config& rest) {
  auto config = space.complete(given, Rng::stream(0, "at"));
  if (!config) return tl::unexpected(config.error());
  std::vector<double> unit = space.encode(*config);
  const std::vector<double> other = space.encode(rest);
  for (std::size_t k = 0; k < unit.size(); ++k) {
    const std::string& name = space.params()[space.free()[k]].name;
    const bool named = std::any_of(given.begin(), given.end(), [&](const auto& one) { return one.first == name; });
    if (!named && !std::isnan(other[k])) unit[k] = other[k];
  }
  return space.decode(unit);
}

}  // namespace

std::optional<ExpectedBest> expected_best(const std::string& home, const StudyView& view) {
  if (!can_believe(view.spec()) || view.ledger().trials().size() > kMostTrials) return std::nullopt;
  const auto study = rebuild(home, view);
  if (!study) return std::nullopt;  // the view was read: it is shown without
  const auto id = study->incumbent();
  if (!id || id == study->best() || static_cast<std::size_t>(*id) >= view.ledger().trials().size()) return std::nullopt;
  const auto belief = study->belief(view.trial(*id).config);
  if (!belief) return std::nullopt;
  return ExpectedBest{*id, as_measured(view.spec().objectives[0], belief->mean[0]), belief->deviation[0]};
}

Result<std::vector<BeliefAt>> beliefs_at(const std::string& home, const StudyView& view,
                                         const std::vector<std::string>& at) {
  const StudySpec& spec = view.spec();
  if (!can_believe(spec))
    return invalid(
        spec.objectives.size() > 1
            ? fmt::format("--at: study {} has several objectives; models are of one", view.name())
            : fmt::format("--at: searcher {} has no model of the objective; gp and smac have", spec.searcher.name));
  std::vector<BeliefAt> out;
  const auto best = view.ledger().best();
  for (const std::string& words : at) {
    const auto given = named_values(words);
    if (!given) return tl::unexpected(given.error());
    auto config = best ? config_at(spec.space, *given, view.trial(*best).config)
                       : spec.space.complete(*given, Rng::stream(0, "at"));
    if (!config) return invalid("--at: " + config.error().what);
    out.push_back({std::move(*config), {}});
  }
  const auto study = rebuild(home, view);
  if (!study) return tl::unexpected(study.error());
  for (BeliefAt& one : out) {
    auto belief = study->belief(one.config);
    if (!belief)
      return fail(Code::NotFound, fmt::format("study {}: searcher {} has no model yet; {} is too few", view.name(),
                                              spec.searcher.name, counted(view.ledger().trials().size(), "trial")));
    one.belief = std::move(*belief);
  }
  return out;
}

Json belief_json(const StudySpec& spec, const BeliefAt& at) {
  const Objective& objective = spec.objectives[0];
  return Json{{"config", config_json(spec.space, at.config)},
              {"metric", objective.metric},
              {"mean", number_json(as_measured(objective, at.belief.mean[0]))},
              {"deviation", number_json(at.belief.deviation[0])},
              {"acquisition", number_json(at.belief.acquisition)},
              {"feasible", number_json(at.belief.feasible)}};
}

std::string belief_text(const StudySpec& spec, const BeliefAt& at) {
  const Objective& objective = spec.objectives[0];
  return printable(
      fmt::format("at           {}\nexpected     {} {:.4g} +- {:.2g}\nends well    {:.0f} %\n"
                  "acquisition  {:.4g}; the largest is proposed next\n",
                  config_text(spec.space, at.config), objective.metric, as_measured(objective, at.belief.mean[0]),
                  at.belief.deviation[0], 100 * at.belief.feasible, at.belief.acquisition),
      true);
}

}  // namespace hone
