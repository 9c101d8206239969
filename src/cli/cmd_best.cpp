#include <fmt/format.h>

#include <cmath>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cstdio>
#include <filesystem>
#include <numeric>

#include "base/text.h"
#include "cli/belief.h"
#include "cli/best.h"
#include "cli/front.h"
#include "cli/parser.h"
#include "cli/trial_table.h"
#include "exec/command.h"
#include "run/home.h"

namespace hone {

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

Json best_json(const StudyView& study, TrialId id, const std::string& folder) {
  Json out = trial_json(study, id);
  out["command"] = shell_command(study.spec(), study.trial(id), folder);
  out["dir"] = fmt::format("{}/{}/files", folder, id);
  return out;
}

std::string no_best_text(const StudySpec& spec, const std::vector<Trial>& trials, const std::string& folder) {
  const std::string& metric = spec.objectives[0].metric;
  const Trial* ran = nullptr;
  bool reported = false, finite = false;
  for (const Trial& trial : trials) {
    if (!ran && trial.attempt > 0) ran = &trial;
    reported = reported || !trial.reports.empty();
    finite = finite ||
             (trial.phase != Phase::Failed && !trial.reports.empty() && std::isfinite(trial.reports.back().loss[0]));
  }
  if (trials.empty()) return "no trial was started";
  if (finite && !spec.outcomes.empty())
    return fmt::format(
        "no trial met all outcome_constraints; loosen one that cannot be met, and see what was reported with "
        "`hone trials {}`",
        spec.name);
  const std::string what = (reported ? "no trial ended well with a finite " : "no trial reported ") + metric;
  if (!ran || spec.command.empty()) return what;  // by ask and tell
  return fmt::format("{}; look at {}/{}/stderr, or see what one run does with `hone try`", what, folder, ran->id);
}

namespace {

/// What several runs of one configuration say of its objective: the mean's 95 % interval by Student's distribution.
std::string runs_text(const StudySpec& spec, const Trial& trial) {
  std::vector<double> values;
  for (const auto& run : trial.repeats)
    if (!run.empty() && !run.back().loss.empty()) values.push_back(run.back().loss[0]);
  const auto n = static_cast<double>(values.size());
  if (spec.repeat == 1 || values.size() < 2) return {};
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  const double half = t * std::sqrt(squares / (n - 1) / n), centre = spec.objectives[0].maximize ? -mean : mean;
  return fmt::format(" (mean of {} runs, 95 % interval {:.4g} to {:.4g})", values.size(), centre - half, centre + half);
}

std::string values_text(const Space& space, const Config& config) {
  std::string out;
  std::size_t width = 0;
  for (const Param& param : space.params()) width = std::max(width, param.name.size());
  for (std::size_t i = 0; i < space.params().size(); ++i)
    if (!std::holds_alternative<std::monostate>(config[i]))
      out += fmt::format("         {:<{}}  {}\n", space.params()[i].name, width, printable(space.text(i, config[i])));
  return out;
}

}  // namespace

std::string best_text(const StudySpec& spec, const Trial& trial, const std::string& folder) {
  std::string out =
      fmt::format("best     trial {}: {}{}\n", trial.id, result_text(spec, trial), runs_text(spec, trial));
  out += values_text(spec.space, trial.config);
  if (!spec.command.empty()) out += fmt::format("command  {}\n", printable(shell_command(spec, trial, folder)));
  return out + fmt::format("folder   {}/{}\n", printable(folder), trial.id);
}

namespace {

/// If the model believes in another trial than the best one.
std::string expected_text(const std::string& home, const StudyView& view, TrialId best, const std::string& folder) {
  const auto other = expected_best(home, view);
  if (!other) return {};
  const StudySpec& spec = view.spec();
  const Trial& trial = view.trial(other->trial);
  std::string out = fmt::format("expected trial {}: {} {:.4g} +- {:.2g} by the model (trial {} is the luckiest draw)\n",
                                trial.id, printable(spec.objectives[0].metric), other->mean, other->deviation, best);
  out += values_text(spec.space, trial.config);
  if (!spec.command.empty()) out += fmt::format("command  {}\n", printable(shell_command(spec, trial, folder)));
  return out;
}

}  // namespace

int best_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study, reference_text;
  std::optional<std::int64_t> top;
  bool csv = false;
  parser.add_home();
  parser.add_json();
  parser.required_word("STUDY", study, "its name");
  parser.flag("--csv", csv, "comma-separated values");
  parser.whole("--top", top, "the N best", 1);
  parser.word("--reference", reference_text, "several objectives: where the hypervolume ends, e.g. acc=0.5,ms=40",
              "NAME=NUMBER,...");
  if (const auto status = parser.parse(words)) return *status;
  const auto view = load_view(parser.home(), study);
  if (!view) return complain(view.error());
  std::vector<double> reference;
  if (!reference_text.empty()) {
    auto parsed = parse_reference(view->spec(), reference_text);
    if (!parsed) return complain(parsed.error());
    reference = std::move(*parsed);
  }
  const std::string folder = absolute_path(study_folder(parser.home(), view->name()));
  const bool several = view->spec().objectives.size() > 1;
  const auto ids = top ? chosen_trials(*view, top) : view->ledger().front();
  if (ids.empty() && !parser.json)
    warn(fmt::format("study {}: {}", view->name(), no_best_text(view->spec(), view->ledger().trials(), folder)));
  if (csv) {
    print_trials_csv(*view, ids, stdout);
  } else if (parser.json && (top || several)) {
    Json list = Json::array();
    for (const TrialId id : ids) list.push_back(best_json(*view, id, folder));
    fmt::print("{}\n", dump(list));
  } else if (parser.json) {
    Json out = ids.empty() ? Json(nullptr) : best_json(*view, ids[0], folder);
    if (const auto other = expected_best(parser.home(), *view); other && !ids.empty())
      out["expected"] = Json{{"trial", other->trial},
                             {"mean", number_json(other->mean)},
                             {"deviation", number_json(other->deviation)},
                             {"config", config_json(view->spec().space, view->trial(other->trial).config)},
                             {"command", shell_command(view->spec(), view->trial(other->trial), folder)}};
    fmt::print("{}\n", dump(out));
  } else if (top) {
    print_trials_table(*view, ids, stdout);
  } else if (several) {
    if (!ids.empty()) {
      print_trials_table(*view, ids, stdout);
      fmt::print("\nfront        {}, nondominated; --json has their command lines\nhypervolume  {}\n",
                 counted(ids.size(), "trial"), volume_text(view->spec(), front_of(*view, reference)));
    }
  } else {
    for (const TrialId id : ids)
      fmt::print("{}{}", best_text(view->spec(), view->trial(id), folder),
                 expected_text(parser.home(), *view, id, folder));
  }
  return ids.empty() ? kNoResult : kDone;
}

}  // namespace hone
