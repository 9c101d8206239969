// How many runs fit on a machine, and which devices each of them gets.
#pragma once

#include <algorithm>
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
  std::int64_t memory = 0;        // bytes; 0: unknown, so that it bounds nothing
};
using Devices = std::vector<std::string>;

class Slots {
 public:
  /// Invalid if the request is malformed (gpu: 1.5) or never fits: names field, value and what the machine has. A
  /// request of up to the CPUs rounded up gets one slot at least.
  static Result<Slots> make(const Resources& request, std::optional<int> parallel, const Machine& machine);

  int total() const { return std::min(parallel_.value_or(usual_), fit_); }
  /// What keeps total() from being more: "CPU", "GPU", "memory" or "parallel".
  std::string bound() const;
  /// Another number from here on; the machine bounds it still. What is held stays held. REQUIRES: 1 or more.
  void set_parallel(int parallel) { parallel_ = parallel; }
  int used() const { return used_; }
  /// Its devices, or nothing if there is no room. The same for a key that holds some already. `slots`: that it takes.
  std::optional<Devices> take(const RunKey& key, int slots = 1);
  /// A run that was found alive keeps what it has, whether or not that fits.
  void hold(const RunKey& key, const Devices& devices, int slots = 1);
  void free(const RunKey& key);

 private:
  Slots() = default;

  void fit(Millionths runs, const char* bound);

  int fit_ = 1'000'000;        // runs that the machine has room for
  std::string bound_ = "CPU";  // what it has the least of
  int usual_ = 1'000'000;      // without a wish: one per CPU where a run asks for nothing
  std::optional<int> parallel_;
  Resources request_;
  std::vector<std::string> devices_;
  std::vector<Millionths> left_;  // parallel to devices_; may be negative after hold()
  struct Held {
    Devices devices;
    int slots = 1;
  };
  std::map<RunKey, Held> held_;
  int used_ = 0;  // slots of those
};

}  // namespace hone
