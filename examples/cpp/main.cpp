// A study over a function: what is the lowest point of (x - 1)^2 + (y + 2)^2?
#include <hone/study.h>

#include <cstdio>

int main() {
  const auto best =
      hone::minimize("{space: {x: 'float(-5, 5)', y: 'float(-5, 5)'}, searcher: tpe, stop: {trials: 200}, seed: 1}",
                     [](hone::Run& run) {
                       const double dx = run["x"] - 1, dy = run["y"] + 2;
                       return dx * dx + dy * dy;
                     });
  if (!best) return std::fprintf(stderr, "%s\n", best.error().what.c_str()), 2;
  for (const auto& [name, value] : best->config) std::printf("%s=%s ", name.c_str(), hone::value_text(value).c_str());
  std::printf("value=%g\n", best->value);
}
