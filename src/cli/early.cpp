#include "cli/early.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/belief.h"
#include "cli/plan.h"
#include "schedule/foretell.h"

namespace hone {

EarlyResults early_results(const std::string& home, const StudyView& view) {
  const StudySpec& spec = view.spec();
  if (!spec.fidelity) return {};
  std::set<Resource> rungs;
  bool judged = false;
  const auto plan = make_plan(spec);
  if (plan)
    for (const Bracket& bracket : plan->brackets)
      for (const Rung& rung : bracket.rungs) {
        rungs.insert(rung.r);
        judged = judged || rung.passed;
      }
  EarlyResults out{rungs.size() > 1, plan && plan->slot_for_each, {}};
  const std::vector<Resource> levels = out.own ? std::vector<Resource>(rungs.begin(), rungs.end())
                                               : rung_levels(spec.fidelity->min, spec.fidelity->max, 3);
  Foretell foretell(schedule_inputs(spec), levels, true);
  for (const Trial& trial : view.ledger().trials())
    if (trial.source.empty() && !trial.silent) foretell.tell(trial, Change::Reported);
  for (std::size_t k = 0; k + 1 < levels.size(); ++k)
    out.rungs.push_back({levels[k], levels[k + 1], foretell.correlation(k), foretell.pairs(k), {}});
  if (!judged) return out;
  const auto study = rebuild(home, view);
  if (!study) return out;  // the view was read: it is shown without
  for (const PassedRung& passed : study->passed_rungs())
    for (EarlyRung& rung : out.rungs)
      if (rung.at == passed.r) rung.passed = passed.why;
  return out;
}

Json early_json(const EarlyResults& early) {
  Json out = Json::array();
  for (const EarlyRung& rung : early.rungs)
    out.push_back(Json{{"at", rung.at},
                       {"next", rung.next},
                       {"correlation", rung.correlation ? Json(*rung.correlation) : Json(nullptr)},
                       {"trials", rung.trials},
                       {"passed_over", rung.passed.empty() ? Json(nullptr) : Json(rung.passed)}});
  return out;
}

std::string early_text(const StudySpec& spec, const EarlyResults& early) {
  if (early.rungs.empty()) return {};
  const std::string &unit = spec.fidelity->name, &scheduler = spec.scheduler.name;
  Table table({"rung", unit, "foretells " + unit, "rank correlation", "trials"});
  std::string notes = early.own ? ""
                                : fmt::format("{} has no rungs{}; these are those of asha\n", scheduler,
                                              early.slot_for_each ? ", as there is a slot for each trial" : "");
  bool any = false;
  for (std::size_t k = 0; k < early.rungs.size(); ++k) {
    const EarlyRung& rung = early.rungs[k];
    any = any || rung.correlation || !rung.passed.empty();
    table.add({std::to_string(k + 1), std::to_string(rung.at), std::to_string(rung.next),
               rung.correlation ? fmt::format("{:.2f}", *rung.correlation) : "-", std::to_string(rung.trials)});
    if (!rung.passed.empty())
      notes += fmt::format("{} passes over rung {} ({} {}) {}\n", scheduler, k + 1, unit, rung.at, rung.passed);
  }
  if (!any) return {};
  return fmt::format(
      "\nWhat early results say of {}\n\n{}rank correlation: corrected for that only the best went on; from {} "
      "trials on\n{}",
      spec.objectives[0].metric, table.text(), Foretell::kFew, notes);
}

}  // namespace hone
