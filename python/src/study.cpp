#include "study.h"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <sys/random.h>

#include <chrono>
#include <cmath>

#include "docs.h"
#include "study/ledger.h"
#include "study/study_file.h"

namespace hone::python {
namespace {

Seconds wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t random_seed() {
  std::uint32_t seed = 0;
  if (getentropy(&seed, sizeof seed) != 0) seed = static_cast<std::uint32_t>(wall_clock() * 1e3);
  return seed;
}

std::shared_ptr<Core> make_core(const std::string& definition, const StudyOptions& options, const Objects& objects) {
  const auto check = [](const Draft& draft) {
    Draft open = draft;
    open.spec = endless(std::move(open.spec));
    return check_study(open);
  };
  StudySpec spec = endless(unwrap(read_study_file(definition, "", options, check)));
  unwrap(can_ask(spec, true));
  if (!spec.seed) spec.seed = random_seed();
  Dictionary dictionary(spec.space, objects);
  return std::make_shared<Core>(AskTell(unwrap(Study::make(std::move(spec))), wall_clock), std::move(dictionary));
}

class PyStudy {
 public:
  PyStudy(const std::string& definition, const StudyOptions& options, const Objects& objects)
      : core_(make_core(definition, options, objects)) {}

  std::optional<TrialView> ask(const nb::args& args, const nb::kwargs& named) {
    if (args.size() + named.size() > 0) throw Failure("ask: takes nothing and gives one trial; ask again for another");
    const auto ids = unwrap(core_->with([](AskTell& asked) { return asked.ask(1); }));
    return ids.empty() ? std::nullopt : std::optional(view(ids[0]));
  }

  const char* tell(const nb::args& args, const nb::kwargs& named) {
    if (args.size() > 1) throw Failure("tell: takes one trial, the rest by name; write tell(trial, loss=0.3)");
    nb::object trial = args.size() == 1 ? nb::object(args[0]) : nb::object();
    nb::dict metrics;
    AskTell::Told told;
    std::optional<bool> done;
    for (const auto& [key, value] : named) {
      const std::string_view name = nb::borrow<nb::str>(key).c_str();
      if (name == "trial" && !trial.is_valid()) trial = nb::borrow(value);
      else if (name != "at" && name != "failed" && name != "done") metrics[key] = value;
      else if (value.is_none()) continue;
      else if (name == "at") told.at = whole_of("tell.at", value);
      else if (name == "failed" && PyUnicode_Check(value.ptr())) told.failed = nb::borrow<nb::str>(value).c_str();
      else if (name == "done" && PyBool_Check(value.ptr())) done = value.is(nb::bool_(true));
      else
        throw Failure(fmt::format("tell.{}: {} is not {}", name, shown_object(value),
                                  name == "done" ? "a bool" : "a str; write e.g. failed=\"oom\""));
    }
    if (!trial.is_valid()) throw Failure("tell: the trial is missing; write tell(trial, loss=0.3)");
    told.metrics = metrics_of(metrics);
    told.done = done.value_or(!told.at && !told.failed);
    if (told.metrics.empty() && !told.failed && !done.value_or(false))
      throw Failure("tell: no metric is given; write e.g. tell(trial, loss=0.3), or tell(trial, failed=\"oom\")");
    const TrialId id = id_of(trial);
    return name(unwrap(core_->with([&](AskTell& asked) { return asked.tell(id, std::move(told)); })));
  }

  TrialView add(const nb::args& args, const nb::kwargs& named) {
    nb::dict metrics;
    nb::object config = args.size() == 1 ? nb::object(args[0]) : nb::object();
    for (const auto& [key, value] : named)
      if (std::string_view(nb::borrow<nb::str>(key).c_str()) == "config" && args.size() == 0)
        config = nb::borrow(value);
      else metrics[key] = value;
    if (!config.is_valid()) throw Failure("add: takes one configuration; write add({'lr': 0.01}, loss=0.3)");
    const NamedValues values = core_->dictionary().values(config_of("add", config));
    Metrics numbers = metrics_of(metrics);
    return view(unwrap(core_->with([&](AskTell& asked) { return asked.add(values, std::move(numbers)); })));
  }

  std::optional<TrialView> best() const {
    const auto id = core_->with([](AskTell& asked) { return asked.study().best(); });
    return id ? std::optional(view(*id)) : std::nullopt;
  }
  std::optional<TrialView> incumbent() const {
    const auto id = core_->with([](AskTell& asked) { return asked.study().incumbent(); });
    return id ? std::optional(view(*id)) : std::nullopt;
  }
  nb::object belief(nb::handle config) const {
    const NamedValues values = core_->dictionary().values(config_of("belief", config));
    const Config at = unwrap(core_->dictionary().space().check(values));
    const auto [belief, maximize] = core_->with([&](AskTell& asked) {
      const auto& objectives = asked.study().spec().objectives;
      return std::pair(objectives.size() == 1 ? asked.study().belief(at) : std::nullopt, objectives[0].maximize);
    });
    if (!belief) return nb::none();
    nb::dict out;
    out["mean"] = maximize ? 0 - belief->mean[0] : belief->mean[0];
    out["deviation"] = belief->deviation[0];
    out["acquisition"] = belief->acquisition;
    out["feasible"] = belief->feasible;
    return out;
  }
  std::vector<TrialView> front() const {
    return views(core_->with([](AskTell& asked) { return asked.study().front(); }));
  }
  std::vector<TrialView> trials() const {
    const auto count = static_cast<TrialId>(size());
    std::vector<TrialView> out;
    for (TrialId id = 0; id < count; ++id) out.push_back(view(id));
    return out;
  }
  std::size_t size() const {
    return core_->with([](AskTell& asked) { return asked.study().trials().size(); });
  }
  std::optional<std::string> finished() const {
    return core_->with(
        [](AskTell& asked) { return asked.finished() ? std::optional(*asked.finished()) : std::nullopt; });
  }
  std::string text(std::string (*of)(const StudySpec&)) const {
    return core_->with([&](AskTell& asked) { return of(asked.study().spec()); });
  }
  std::uint64_t seed() const {
    return core_->with([](AskTell& asked) { return *asked.study().spec().seed; });
  }

 private:
  TrialView view(TrialId id) const { return {core_, id, {}}; }
  std::vector<TrialView> views(const std::vector<TrialId>& ids) const {
    std::vector<TrialView> out;
    for (const TrialId id : ids) out.push_back(view(id));
    return out;
  }
  /// A trial, or its number.
  TrialId id_of(nb::handle trial) const {
    if (trial.is_none()) throw Failure("tell: None is no trial; ask() gives it when nothing may start");
    TrialView* known = nullptr;
    if (nb::try_cast(trial, known) && known) {
      if (known->core != core_) throw Failure("tell: the trial is of another study");
      return known->id;
    }
    TrialId id = 0;
    if (nb::try_cast(trial, id)) return id;
    throw Failure("tell: " + shown_object(trial) + " is neither a trial nor the number of one");
  }

  std::shared_ptr<Core> core_;
};

/// As it was given: without the rule that never holds.
std::string definition_of(const StudySpec& spec) {
  StudySpec given = spec;
  if (given.stop.time && std::isinf(*given.stop.time)) given.stop.time.reset();
  return study_json(given);
}

/// The states of `hone trials`.
const char* state_of(const Trial& trial) { return trial.held ? "paused" : name(trial.phase); }

nb::list reports_of(const TrialView& view) {
  const auto reports = view.core->read(view.id, [](const Trial& trial) { return trial.reports; });
  const auto objectives = view.core->with([](AskTell& asked) { return asked.study().spec().objectives; });
  nb::list out;
  for (const Report& report : reports) {
    nb::dict one, metrics;
    for (std::size_t i = 0; i < objectives.size() && i < report.loss.size(); ++i)
      metrics[objectives[i].metric.c_str()] = objectives[i].maximize ? 0 - report.loss[i] : report.loss[i];
    one["at"] = report.at;
    one["metrics"] = metrics;
    one["seconds"] = report.cost;
    out.append(one);
  }
  return out;
}

nb::object config_of(TrialView& view) {
  if (!view.config.is_valid())
    view.config =
        view.core->dictionary().dict(view.core->read(view.id, [](const Trial& trial) { return trial.config; }));
  return view.config;
}

nb::object from_of(const TrialView& view) {
  const auto from = view.core->read(view.id, [](const Trial& trial) { return trial.from; });
  if (!from) return nb::none();
  nb::dict out;
  out["trial"] = from->trial;
  out["at"] = from->at;
  return out;
}

nb::dict levels_of(const TrialView& view) {
  const auto [fidelity, until] = view.core->with([&](AskTell& asked) {
    return std::pair(asked.study().spec().fidelity, asked.study().trials()[static_cast<std::size_t>(view.id)].until);
  });
  nb::dict out;
  if (!fidelity) return out;
  for (const auto& [name, value] : levels_at(*fidelity, until)) out[name.c_str()] = plain_object(value);
  return out;
}

template <class T>
auto field(T Trial::*member) {
  return [member](const TrialView& view) {
    return view.core->read(view.id, [&](const Trial& trial) { return trial.*member; });
  };
}

void bind_trial(nb::module_& module) {
  nb::class_<TrialView>(module, "Trial", doc::kTrial)
      .def_ro("number", &TrialView::id, doc::kNumber)
      .def_prop_ro("config", &config_of, nb::sig("def config(self) -> dict[str, typing.Any]"), doc::kConfig)
      .def_prop_ro("until", field(&Trial::until), doc::kUntil)
      .def_prop_ro("levels", &levels_of, nb::sig("def levels(self) -> dict[str, int | float]"), doc::kLevels)
      .def_prop_ro(
          "seed", [](const TrialView& view) { return view.core->read(view.id, run_seed); }, doc::kTrialSeed)
      .def_prop_ro(
          "resume",
          [](const TrialView& view) { return view.core->with([&](AskTell& asked) { return asked.resumes(view.id); }); },
          doc::kResume)
      .def_prop_ro(
          "repeat",
          [](const TrialView& view) {
            return view.core->read(view.id, [](const Trial& trial) { return trial.repeat + 1; });
          },
          doc::kRepeat)
      .def_prop_ro("donor", &from_of, nb::sig("def donor(self) -> dict[str, int] | None"), doc::kDonor)
      .def_prop_ro(
          "state",
          [](const TrialView& view) {
            return view.core->read(view.id, [](const Trial& trial) { return state_of(trial); });
          },
          doc::kState)
      .def_prop_ro(
          "cause",
          [](const TrialView& view) {
            return view.core->read(view.id, [](const Trial& trial) { return cause_text(trial.cause, trial.code); });
          },
          doc::kCause)
      .def_prop_ro(
          "metrics",
          [](const TrialView& view) {
            return metrics_dict(view.core->with([&](AskTell& asked) { return asked.metrics(view.id); }));
          },
          nb::sig("def metrics(self) -> dict[str, float]"), doc::kMetrics)
      .def_prop_ro("reports", &reports_of, nb::sig("def reports(self) -> list[dict[str, typing.Any]]"), doc::kReports)
      .def_prop_ro(
          "why",
          [](const TrialView& view) { return view.core->with([&](AskTell& asked) { return asked.why(view.id); }); },
          doc::kWhy)
      .def_prop_ro("source", field(&Trial::source), doc::kSource)
      .def(
          "__eq__",
          [](const TrialView& a, nb::handle other) {
            const TrialView* b = nullptr;
            return !other.is_none() && nb::try_cast(other, b) && b && a.core == b->core && a.id == b->id;
          },
          nb::arg("other").none(), nb::sig("def __eq__(self, other: object) -> bool"))
      .def("__hash__", [](const TrialView& view) { return std::hash<TrialId>()(view.id); })
      .def("__repr__", [](TrialView& view) {
        return nb::str("<hone.Trial {} {} {}>").format(view.id, nb::cast(view).attr("state"), config_of(view));
      });
}

}  // namespace

void bind_study(nb::module_& module) {
  bind_trial(module);
  nb::class_<PyStudy>(module, "Engine", "What hone.Study is built on.")
      .def(nb::init<const std::string&, const StudyOptions&, const Objects&>(), nb::arg("definition"),
           nb::arg("options"), nb::arg("objects"))
      .def("ask", &PyStudy::ask, nb::sig("def ask(self) -> Trial | None"), doc::kAsk)
      .def("tell", &PyStudy::tell,
           nb::sig("def tell(self, trial: Trial | int, *, at: int | None = None, failed: str | None = None, "
                   "done: bool | None = None, **metrics: float) -> str"),
           doc::kTell)
      .def("add", &PyStudy::add, nb::sig("def add(self, config: dict[str, typing.Any], **metrics: float) -> Trial"),
           doc::kAdd)
      .def_prop_ro("best", &PyStudy::best, doc::kBest)
      .def_prop_ro("incumbent", &PyStudy::incumbent, doc::kIncumbent)
      .def("belief", &PyStudy::belief, nb::arg("config").none(),
           nb::sig("def belief(self, config: dict[str, typing.Any]) -> dict[str, float] | None"), doc::kBelief)
      .def_prop_ro("front", &PyStudy::front, doc::kFront)
      .def_prop_ro("trials", &PyStudy::trials, doc::kTrials)
      .def_prop_ro("finished", &PyStudy::finished, doc::kFinished)
      .def_prop_ro("seed", &PyStudy::seed, doc::kSeed)
      .def_prop_ro(
          "searcher",
          [](const PyStudy& study) { return study.text([](const StudySpec& spec) { return spec.searcher.name; }); },
          doc::kSearcher)
      .def_prop_ro(
          "scheduler",
          [](const PyStudy& study) { return study.text([](const StudySpec& spec) { return spec.scheduler.name; }); },
          doc::kScheduler)
      .def_prop_ro(
          "definition", [](const PyStudy& study) { return study.text(definition_of); }, doc::kDefinition)
      .def("__len__", &PyStudy::size);
}

}  // namespace hone::python
