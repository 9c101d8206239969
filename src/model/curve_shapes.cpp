#include "model/curve_shapes.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr double kFlat = 1e-3;           // a shape that drops by less from x₀ to X has done so before x₀
constexpr std::size_t kRowsKept = 4096;  // beyond that the places where trials report are not the same

}  // namespace

CurveShapes::CurveShapes(double first, double last) : first_(first), last_(last) {
  using Kind = Shape::Kind;
  std::vector<Shape> all = {{Kind::InverseLog, 0}};
  for (const double alpha : {0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0}) all.push_back({Kind::Power, alpha});
  const double ratio = 2 * last / first;
  const int onsets = std::clamp(static_cast<int>(std::lround(std::log2(ratio))) + 1, 4, 12);
  for (const double delta : {0.5, 1.0, 2.0, 4.0}) {
    for (int i = 0; i < onsets; ++i) {
      const double onset = first * std::pow(ratio, static_cast<double>(i) / (onsets - 1));
      all.push_back({Kind::Janoschek, delta, onset});
      if (delta >= 1 && onset < last) all.push_back({Kind::Mmf, delta, onset});
    }
  }
  for (const Shape& shape : all) {
    const double low = raw(shape, last), range = raw(shape, first) - low;
    if (!(range > kFlat)) continue;
    shapes_.push_back(shape);
    low_.push_back(low);
    range_.push_back(range);
  }
  if (!shapes_.empty()) return;  // else `first` is just below `last`: any shape will do
  shapes_.push_back(all[0]);
  low_.push_back(raw(all[0], last));
  range_.push_back(std::max(raw(all[0], first) - low_[0], 1e-12));
}

double CurveShapes::raw(const Shape& shape, double x) const {
  switch (shape.kind) {
    case Shape::Kind::Power:
      return std::pow(x / first_, -shape.by);
    case Shape::Kind::InverseLog:
      return 1 / std::log(x / first_ + 1);
    case Shape::Kind::Janoschek:
      return std::exp(-std::pow(x / shape.onset, shape.by));
    case Shape::Kind::Mmf:
      return 1 / (1 + std::pow(x / shape.onset, shape.by));
  }
  return 0;
}

const std::vector<double>& CurveShapes::at(double x) {
  if (rows_.size() >= kRowsKept && !rows_.contains(x)) rows_.clear();
  const auto [found, fresh] = rows_.try_emplace(x);
  if (fresh) {
    found->second.reserve(shapes_.size());
    for (std::size_t i = 0; i < shapes_.size(); ++i)
      found->second.push_back((raw(shapes_[i], x) - low_[i]) / range_[i]);
  }
  return found->second;
}

}  // namespace hone
