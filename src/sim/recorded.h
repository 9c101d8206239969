// The rows of a recorded table that a study's space has, as configurations of that space.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hone/result.h"
#include "hone/space.h"
#include "hone/trial.h"
#include "sim/curve_table.h"

namespace hone {

struct Recorded {
  std::vector<std::size_t> rows;  // of the table, from 0; what follows is parallel to it
  std::vector<Config> configs;
  std::size_t units = 0;
  std::vector<double> values, seconds;    // rows x units, as in CurveTable
  std::size_t outside = 0, repeated = 0;  // rows that are left out
  std::string why_outside;                // of the first: "row 3: lr: 7 is outside float(0, 1)"

  /// After unit `at` (of what is past the last the last); NaN: not finite.
  double value(std::size_t row, Resource at) const;
  Seconds cost(std::size_t row, Resource at) const;  // that the unit took
};

/// A free parameter is a column of the table; a constant that is one leaves the rows with that value. Cells of inactive
/// parameters are not looked at. Rows outside the space are left out, and those whose configuration is that of another.
/// Invalid, one line, if a parameter is no column or no row is left.
Result<Recorded> recorded_rows(const CurveTable& table, const Space& space);

}  // namespace hone
