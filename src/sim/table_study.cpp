#include "sim/table_study.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <memory>

#include "hone/registry.h"
#include "sim/on_rows.h"
#include "sim/recorded.h"

namespace hone {
namespace {

/// What a table cannot play.
Result<void> playable(const StudySpec& spec, const CurveTable& table) {
  if (spec.objectives.size() != 1)
    return invalid(fmt::format("objective: {} of them, and a table has one value; name one", spec.objectives.size()));
  for (const OutcomeConstraint& outcome : spec.outcomes)
    if (outcome.metric != spec.objectives[0].metric)
      return invalid(fmt::format("outcome_constraints: {} is not in the table, whose value is {}; leave it out",
                                 outcome.metric, spec.objectives[0].metric));
  if (const SearcherRow* row = find_searcher(spec.searcher.name); row && row->outside)
    return invalid(
        fmt::format("searcher: {} asks a program, which a simulation does not run; name another", row->name));
  if (spec.fidelity && !spec.fidelity->further.empty())
    return invalid(fmt::format("fidelity: {} of them, and a table has one; leave out all but the first",
                               spec.fidelity->further.size() + 1));
  if (spec.fidelity && spec.fidelity->max > static_cast<Resource>(table.units))
    return invalid(fmt::format("fidelity.max: {} is beyond the {} units of {}; use at most {}", spec.fidelity->max,
                               table.units, table.file, table.units));
  return {};
}

/// Of what was measured: FNV-1a over the values.
std::uint64_t fingerprint(const std::vector<double>& values) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const double value : values) {
    auto bits = std::bit_cast<std::uint64_t>(std::isnan(value) ? 0.0 : value);
    for (int i = 0; i < 8; ++i, bits >>= 8) hash = (hash ^ (bits & 0xff)) * 0x100000001b3;
  }
  return hash;
}

void add_remarks(const Recorded& recorded, const CurveTable& table, std::vector<std::string>& remarks) {
  if (recorded.outside > 0)
    remarks.push_back(fmt::format("{}: {} of {} rows are outside the space and left out ({})", table.file,
                                  recorded.outside, table.configs.size(), recorded.why_outside));
  if (recorded.repeated > 0)
    remarks.push_back(fmt::format("{}: {} rows have the configuration of an earlier one and are left out", table.file,
                                  recorded.repeated));
}

}  // namespace

Result<TableStudy> study_on_table(StudySpec spec, const CurveTable& table, const Faults& faults) {
  if (auto ok = playable(spec, table); !ok) return tl::unexpected(ok.error());
  auto rows = recorded_rows(table, spec.space);
  if (!rows) return tl::unexpected(rows.error());
  const auto recorded = std::make_shared<const Recorded>(std::move(*rows));
  TableStudy out;
  add_remarks(*recorded, table, out.remarks);
  if (!spec.seed) spec.seed = 0;
  spec.parallel = spec.parallel.value_or(1);
  spec.cost = "seconds";  // the only one that there is
  const StopRules& stop = spec.stop;
  if (!stop.trials && !stop.time && !stop.target && !stop.no_improvement)  // never reached: the rows are used up before
    spec.stop.trials = static_cast<std::int64_t>(recorded->configs.size()) + 1;

  Plan& plan = out.plan;
  plan.workers = *spec.parallel;
  plan.seed = *spec.seed;
  plan.faults = faults;
  plan.length = static_cast<Resource>(recorded->units);
  const auto value = [recorded](const Config&, Resource at, std::uint64_t row) {
    return recorded->value(static_cast<std::size_t>(row), at);
  };
  plan.metrics.emplace_back(spec.objectives[0].metric, value);
  plan.seconds = [recorded](const Config&, Resource at, std::uint64_t row) {
    return recorded->cost(static_cast<std::size_t>(row), at);
  };
  plan.key = [recorded, space = spec.space](const Trial& trial) { return row_of(trial, *recorded, space); };
  const RowInputs inputs{recorded, spec.space, *spec.seed, fingerprint(recorded->values),
                         spec.searcher.name == "random"};
  plan.around = [inputs](std::unique_ptr<Searcher> inner) { return on_rows(inputs, std::move(inner)); };
  out.spec = std::move(spec);
  return out;
}

}  // namespace hone
