#include "cli/event_words.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/text_out.h"

namespace hone {
namespace {

std::string because(const std::string& text, const std::string& why) {
  return text.empty() || why.empty() ? text + why : text + ": " + why;
}

std::string metrics_words(const Metrics& metrics) {
  std::string out;
  for (const auto& [name, value] : metrics)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, short_number(value));
  return out;
}

std::string memory_words(std::int64_t bytes) {
  if (bytes <= 0) return {};
  const double mib = static_cast<double>(bytes) / (1 << 20);
  return mib < 1024 ? fmt::format(", {:.3g} MiB", mib) : fmt::format(", {:.3g} GiB", mib / 1024);
}

struct InWords {
  const StudySpec& spec;
  bool brackets;

  std::string up_to(Resource until) const { return spec.fidelity ? "up to " + level_text(*spec.fidelity, until) : ""; }
  std::string operator()(const Started& e) const {
    std::string out = up_to(e.until);
    if (brackets) out += fmt::format("{}bracket {}", out.empty() ? "" : ", ", e.bracket);
    if (e.from) out += fmt::format("{}from trial {} at {}", out.empty() ? "" : ", ", e.from->trial, e.from->at);
    out = because(out, e.why);
    if (!e.searcher_why.empty()) out += "\nproposed: " + e.searcher_why;
    return out;
  }
  std::string operator()(const Resumed& e) const { return because(up_to(e.until), e.why); }
  std::string operator()(const Paused& e) const { return e.why; }
  std::string operator()(const Stopped& e) const { return e.ending ? "the study ended: " + e.why : e.why; }
  std::string operator()(const Expired& e) const { return because(cause_text(e.cause, 0), e.why); }
  std::string operator()(const Relaunched& e) const { return e.why; }
  std::string operator()(const Granted& e) const { return e.why; }
  std::string operator()(const Finished& e) const { return because(e.failed ? "failed" : "", e.why); }
  std::string operator()(const Reported& e) const {
    const std::string said = fmt::format("{} (run {}, report {})", metrics_words(e.metrics), e.attempt, e.n);
    return e.infeasible.empty() ? said : fmt::format("infeasible (run {}): {}", e.attempt, e.infeasible);
  }
  std::string operator()(const Exited& e) const {
    const std::string cause = cause_text(e.cause, e.code);
    const char* whose = e.interrupted ? ", interrupted with the study" : e.outside ? ", from outside" : "";
    return because(fmt::format("run {}: {}{}, {} CPU{}", e.attempt, cause.empty() ? "exit 0" : cause, whose,
                               duration_text(e.cpu_seconds), memory_words(e.peak_memory)),
                   e.detail);
  }
  std::string operator()(const Added& e) const {
    return because(fmt::format("a known result ({})", e.source), metrics_words(e.metrics));
  }
  std::string operator()(const Steered& e) const { return steer_words(e); }
  std::string operator()(const Extended& e) const {
    if (!e.spec) return "the definition was changed";
    std::string out = "the definition was changed: " + counted(e.spec->space.params().size(), "parameter");
    if (e.spec->stop.trials) out += ", " + counted(*e.spec->stop.trials, "trial");
    if (e.spec->stop.time) out += ", " + duration_text(*e.spec->stop.time);
    return out;
  }
  std::string operator()(const Proposed& e) const { return because("proposed by the searcher's command", e.why); }
  std::string operator()(const Opened& e) const {
    std::string out;
    for (const auto& [name, value] : e.facts)
      if (name != "environment")  // dozens of names
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, value);
    return because("taken up by hone run", out);
  }
};

struct Term {
  const char* word;
  const char* meaning;
};
constexpr Term kTerms[] = {
    {"log l/g", "log l/g: the logarithm of how much denser the good trials lie there than the others (tpe)"},
    {"spread out:",
     "spread out: until so many results are known, the searcher does not go by them; its trials cover the space"},
    {"Sobol point", "Sobol point: a place in a sequence that fills the space evenly"},
    {"go on", "top N go on: the best 1/eta of a rung's results, rounded down"},
};

}  // namespace

std::string steer_words(const Steered& steered) {
  const auto what = [&]() -> std::string {
    switch (steered.what) {
      case Steer::StopStudy:
        return "stop the study";
      case Steer::Stop:
        return "stop";
      case Steer::Pause:
        return "pause";
      case Steer::Resume:
        return "resume";
      case Steer::Retry:
        return "retry";
      case Steer::Parallel:
        return fmt::format("parallel={}", steered.value);
    }
    return {};
  };
  return "the user asked: " + what();
}

std::string event_words(const Event& event, const StudySpec& spec, bool brackets) {
  return std::visit(InWords{spec, brackets}, event.fact);
}

std::vector<std::string> footnotes(const std::string& words) {
  std::vector<std::string> out;
  for (const Term& term : kTerms)
    if (words.find(term.word) != std::string::npos) out.emplace_back(term.meaning);
  return out;
}

}  // namespace hone
