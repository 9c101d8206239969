#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "hone/study.h"
#include "study/study_file.h"
#include "study/yaml.h"

namespace hone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Seconds steady_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One launch of a trial: calls the function and tells the study what came of it.
void run_once(Study& study, TrialId id, const std::function<double(Run&)>& objective) {
  const Trial trial = study.trials()[static_cast<std::size_t>(id)];
  const StudySpec& spec = study.spec();
  int n = 0;
  bool wanted = true;
  const auto tell = [&](double value, std::optional<Resource> at) {
    Metrics metrics{{spec.objectives[0].metric, value}};
    if (at && spec.fidelity) metrics.emplace_back(spec.fidelity->name, static_cast<double>(*at));
    study.apply({steady_now(), Reported{id, trial.attempt, ++n, std::move(metrics), {}}});
    while (true) {  // stops and pauses need no slot
      auto next = study.decide(steady_now(), 0);
      auto* event = std::get_if<Event>(&next);
      if (!event) break;
      study.apply(*event);
    }
    wanted = study.trials()[static_cast<std::size_t>(id)].phase == Phase::Running;
    return wanted && (!at || *at < trial.until);
  };
  Run run(trial, spec.space, tell);
  const double value = objective(run);
  const auto& reports = study.trials()[static_cast<std::size_t>(id)].reports;
  if (wanted && (!spec.fidelity || reports.empty() || reports.back().at < trial.until))
    tell(value, spec.fidelity ? std::optional(trial.until) : std::nullopt);
  study.apply({steady_now(), Exited{.trial = id, .attempt = trial.attempt}});
}

}  // namespace

Run::Run(const Trial& trial, const Space& space, std::function<bool(double, Resource)> report)
    : trial_(&trial), space_(&space), report_(std::move(report)) {}

double Run::operator[](std::string_view param) const {
  const auto index = space_->find(param);
  if (!index) return kNone;
  const Value& value = trial_->config[*index];
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return kNone;
}

std::string Run::word(std::string_view param) const {
  const auto index = space_->find(param);
  const auto* word = index ? std::get_if<std::string>(&trial_->config[*index]) : nullptr;
  return word ? *word : "";
}

Resource Run::until() const { return trial_->until; }
std::uint64_t Run::seed() const { return trial_->seed; }
bool Run::report(double value, Resource at) { return report_(value, at); }

Result<Best> minimize(std::string_view text, const std::function<double(Run&)>& objective) {
  StudyOptions defaults;
  const auto document = read_yaml(text);
  if (document && document->is_map() && !document->find("objective")) defaults = {{"objective", "minimize value"}};
  auto spec = read_study_file(text, "study", defaults);
  if (!spec) return tl::unexpected(spec.error());
  return minimize(std::move(*spec), objective);
}

Result<Best> minimize(StudySpec spec, const std::function<double(Run&)>& objective) {
  if (spec.objectives.empty()) spec.objectives.push_back({"value", false, Aggregate::Last});
  if (spec.fidelity && !spec.fidelity->further.empty())
    return invalid("fidelity: several are for programs, and for ask and tell; a function has one, its `until`");
  auto study = Study::make(std::move(spec));
  if (!study) return tl::unexpected(study.error());
  while (!study->finished()) {
    auto next = study->decide(steady_now(), 1);
    auto* event = std::get_if<Event>(&next);
    if (!event) return fail(Code::Internal, "study: nothing to do and no end: " + std::get<Wait>(next).why);
    study->apply(*event);
    const auto trial = trial_of(*event);
    if (trial && study->trials()[static_cast<std::size_t>(*trial)].live) run_once(*study, *trial, objective);
  }
  const auto id = study->best();
  if (!id) return fail(Code::NotFound, "study: no trial gave a finite value (" + *study->finished() + ")");
  const Trial& trial = study->trials()[static_cast<std::size_t>(*id)];
  Best best;
  best.trial = *id;
  const auto& params = study->spec().space.params();
  for (std::size_t i = 0; i < params.size(); ++i)
    if (!std::holds_alternative<std::monostate>(trial.config[i]))
      best.config.emplace_back(params[i].name, trial.config[i]);
  best.value = trial.reports.back().loss[0] * (study->spec().objectives[0].maximize ? -1 : 1);
  return best;
}

}  // namespace hone
