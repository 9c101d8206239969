// How many runs fit on a machine, and which devices each of them gets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hone/executor.h"
#include "hone/spec.h"

namespace hone {

struct Machine {
  Millionths cpus = 1'000'000;    // that this process may use: affinity and quota; rounded down
  std::vector<std::string> gpus;  // as they are written in CUDA_VISIBLE_DEVICES
};
using Devices = std::vector<std::string>;

class Slots {
 public:
  /// Invalid if the request is malformed (gpu: 1.5) or never fits: names field, value and what the machine has. A
  /// request of up to the CPUs rounded up gets one slot at least.
  static Result<Slots> make(const Resources& request, std::optional<int> parallel, const Machine& machine);

  int total() const { return total_; }
  int used() const { return static_cast<int>(held_.size()); }
  /// Its devices, or nothing if there is no room. The same for a key that holds some already.
  std::optional<Devices> take(const RunKey& key);
  /// A run that was found alive keeps what it has, whether or not that fits.
  void hold(const RunKey& key, const Devices& devices);
  void free(const RunKey& key);

 private:
  Slots() = default;

  int total_ = 1;
  Millionths gpu_ = 0;  // per run
  std::vector<std::string> devices_;
  std::vector<Millionths> left_;  // parallel to devices_; may be negative after hold()
  std::map<RunKey, Devices> held_;
};

}  // namespace hone
