// The real clock, for programs at the edge; the study itself only ever sees times that it is given.
#pragma once

#include "hone/trial.h"

namespace hone {

Seconds wall_clock();  // seconds since the epoch
/// The clock of a run: wall time at its start, steady time from there. It does not see that the clock is set back, and no
/// event is earlier than those that are stored.
class RunClock {
 public:
  explicit RunClock(Seconds not_before);
  Seconds now() const;

 private:
  Seconds base_, begin_;
};
std::string local_time(Seconds time);  // 2024-05-01 13:07:59
/// Entropy of the system, small enough to be typed.
std::uint64_t random_seed();

}  // namespace hone
