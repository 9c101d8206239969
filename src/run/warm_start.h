// Where `warm_start` takes its configurations from: earlier studies of the same home, and the home's portfolio.
#pragma once

#include <string>
#include <vector>

#include "hone/spec.h"
#include "hone/storage.h"

namespace hone {

/// Fills spec.warm from the studies that spec.warm_start names. NotFound if one is not there. No effect without names.
Result<void> warm_up(const Storage& storage, StudySpec& spec, const std::string& home);

struct Portfolio {
  std::vector<WarmPoint> points;
  std::size_t studies = 0;  // that had something to give
};
/// The top performers of every study in the store, each study's best first.
Result<Portfolio> build_portfolio(const Storage& storage, std::size_t per_study);

std::string portfolio_path(const std::string& home);
Result<void> write_portfolio(const std::string& home, const Portfolio& portfolio);
/// NotFound if there is none, Corrupt if it cannot be read.
Result<std::vector<WarmPoint>> read_portfolio(const std::string& home);

}  // namespace hone
