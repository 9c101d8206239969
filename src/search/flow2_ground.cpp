#include "search/flow2_ground.h"

#include "search/make.h"

namespace hone {
namespace {

constexpr int kTries = 20;  // for a place where nobody has been

std::optional<Config> cheap_start(const Space& space) {
  std::vector<double> unit = space.encode(space.draw(std::vector<double>(space.free().size(), 0.5)));
  bool cheap = false;
  for (int round = 0; round < 2; ++round) {  // twice: a cheap option may make others active
    for (std::size_t k = 0; k < unit.size(); ++k) {
      const std::size_t param = space.free()[k];
      Config config = space.decode(unit);
      if (!space.params()[param].low_cost || config[param].index() == 0) continue;
      config[param] = *space.params()[param].low_cost;
      unit[k] = space.encode(config)[k];
      cheap = true;
    }
  }
  return cheap ? std::optional(space.decode(unit)) : std::nullopt;
}

}  // namespace

Flow2Ground::Flow2Ground(const Space& space, std::uint64_t seed)
    : seed_(seed), walk_(space), cheap_(cheap_start(space)), legal_(space) {}

void Flow2Ground::tell(const Trial& trial, Change change) {
  if (!is_new(trial, change)) return;
  legal_.tried(trial.config);
  seen_.insert(trial.config);
}

std::variant<Config, Exhausted> Flow2Ground::reach(const Flow2& thread, const Flow2Move& move, Rng& rng) const {
  return legal_.pick(rng, [&, attempt = 0](Rng& stream) mutable {
    Config config = thread.place(walk_, seed_, move, attempt++, stream);
    while (seen_.contains(config) && attempt % kTries != 0)
      config = thread.place(walk_, seed_, move, attempt++, stream);
    return config;
  });
}

std::variant<Config, Exhausted> Flow2Ground::cheapest(Rng& rng) const {
  return legal_.pick(rng, [this, first = true](Rng& stream) mutable {
    return std::exchange(first, false) ? *cheap_ : space().draw(uniform_point(stream, space()));
  });
}

}  // namespace hone
