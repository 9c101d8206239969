// Rounding to short decimals, so that values read well and survive encode and decode bit by bit.
#pragma once

#include <optional>

namespace hone {

/// The multiple of 10^power next to x: for |power| <= 22 and |x / 10^power| < 2^53 the double that reads as that
/// decimal.
double round_to_power(double x, int power);

/// x, rounded to `digits` significant ones; `quantum` becomes the distance to its neighbours. REQUIRES: x > 0, finite.
/// `log_x` is ln(x): a caller that has it saves the logarithm.
double round_significant(double x, double log_x, int digits, double& quantum);

/// The number with the fewest decimals in [lo, hi]; the middle if doubles are too coarse for the question.
/// REQUIRES: lo <= hi, both finite
double roundest_between(double lo, double hi);

/// 10^power as the nearest double.
double power_of_ten(int power);

}  // namespace hone
