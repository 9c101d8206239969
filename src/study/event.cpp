#include "hone/event.h"

#include <type_traits>

namespace hone {
namespace {

// In the order of Fact.
constexpr const char* kKinds[] = {"Started",    "Resumed", "Paused",   "Stopped",  "Expired",
                                  "Relaunched", "Granted", "Finished", "Reported", "Exited",
                                  "Added",      "Steered", "Extended", "Opened",   "Proposed"};
static_assert(std::size(kKinds) == std::variant_size_v<Fact>);
static_assert(std::is_same_v<std::variant_alternative_t<7, Fact>, Finished>, "decisions come first, up to Finished");

}  // namespace

const char* kind(const Event& event) { return kKinds[event.fact.index()]; }

std::optional<TrialId> trial_of(const Event& event) {
  return std::visit(
      [](const auto& fact) -> std::optional<TrialId> {
        using Kind = std::decay_t<decltype(fact)>;
        if constexpr (std::is_same_v<Kind, Steered>)
          return fact.what == Steer::StopStudy || fact.what == Steer::Parallel ? std::nullopt
                                                                               : std::optional(fact.trial);
        else if constexpr (requires { fact.trial; }) return fact.trial;
        else return std::nullopt;
      },
      event.fact);
}

bool is_decision(const Event& event) { return event.fact.index() <= 7; }

}  // namespace hone
