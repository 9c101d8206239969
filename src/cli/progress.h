// The plain lines that `hone run` prints while it goes on.
#pragma once

#include <functional>
#include <string>

#include "hone/study.h"

namespace hone {

/// A line for each start and end of a trial, at most ten a second; what is left out is counted and summed up before the
/// next line that is printed, or at the end.
class Progress {
 public:
  Progress(std::function<void(const std::string&)> print, std::function<Seconds()> clock)
      : print_(std::move(print)), clock_(std::move(clock)) {}
  void seen(const Event& event, const Study& study);
  void end(const Study& study);

 private:
  static constexpr double kRate = 10, kBurst = 20;  // lines a second; at once

  std::string words(const Event& event, const Study& study) const;
  std::string summary(const Study& study) const;
  void sum_up(const Study& study);

  std::function<void(const std::string&)> print_;
  std::function<Seconds()> clock_;
  double tokens_ = kBurst;
  Seconds refilled_ = -1;
  std::int64_t ended_ = 0, left_out_ = 0;
};

}  // namespace hone
