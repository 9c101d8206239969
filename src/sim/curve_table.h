// A recorded table of learning curves, as in bench/curves: configurations, the value after each unit, seconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hone/result.h"

namespace hone {

struct CurveTable {
  std::string file;                               // for messages
  std::vector<std::string> columns;               // of the configurations
  std::vector<std::vector<std::string>> configs;  // a row each: its cells as written, parallel to columns
  std::size_t units = 0;                          // value columns
  std::vector<double> values;                     // rows x units; NaN: not finite or not measured
  std::vector<double> seconds;                    // rows x units, from the start up to that unit; empty: 1 a unit
};

/// The table's text, and those of the files beside it that hold what it lacks.
struct CurveFiles {
  std::string file, text;
  std::optional<std::string> configs;  // configs.csv
  std::optional<std::string> seconds;  // TASK.seconds_cumulative.csv
  std::optional<std::string> space;    // BENCH.space.json: what the digits of a column `index` mean
};

/// Value columns are v0, v1 … or e1, e2 … or a0, a1 …, METRIC@SIZE, or seed0, seed1 … (repeated runs of one unit: their
/// mean). X_seconds@SIZE are cumulative seconds. `config` numbers the rows, `index` holds a digit a parameter, of rows
/// with a `stat` only those with `mean` count; every other column is one of the configurations.
/// Invalid "FILE: what; remedy".
Result<CurveTable> read_curve_table(const CurveFiles& files);

}  // namespace hone
