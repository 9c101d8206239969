#include "search/opening.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "search/make.h"

namespace hone {

Opening::Opening(const Space& space, std::uint64_t seed, std::string_view name, std::vector<double> spread, bool doubt)
    : space_(space),
      points_(space.free().size(), Rng::stream(seed, std::string(name) + " start")),
      spread_(std::move(spread)),
      doubt_(doubt) {}

std::variant<Proposal, Wait, Exhausted> Opening::propose(const Ask& ask, Rng& rng, const Legal& legal,
                                                         std::size_t known, std::size_t wanted) const {
  bool first = true;
  auto picked = legal.pick(rng, [&](Rng& stream) {
    if (!std::exchange(first, false)) return space_.draw(uniform_point(stream, space_));
    if (ask.trial == 0) return space_.draw(std::vector<double>(space_.free().size(), 0.5));
    std::vector<double> point = points_.point(static_cast<std::uint64_t>(ask.trial));
    for (std::size_t k = 0; k < spread_.size(); ++k) point[k] = 0.5 + spread_[k] * (point[k] - 0.5);
    return doubt_ && ask.trial % 3 == 2 ? space_.decode(point) : space_.draw(point);
  });
  if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
  return Proposal{.config = std::move(std::get<Config>(picked)),
                  .note = "start",
                  .why = ask.trial == 0 ? std::string("the middle of the space, to begin with")
                                        : fmt::format("spread out: {} of {} results known", known, wanted)};
}

}  // namespace hone
