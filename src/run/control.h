// How `hone stop`, `pause`, `resume`, `retry` and `set` reach the process that runs a study: a socket in the study's
// folder. One packet asks, one answers, and the answer comes when what was asked for is stored.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exec/fd.h"
#include "run/coordinator.h"

namespace hone {

class Control {
 public:
  /// REQUIRES: the caller holds the study's lock. Unavailable if no socket can be made there.
  static Result<std::unique_ptr<Control>> listen(const std::string& study_folder);
  ~Control();

  /// Readable when there may be something to take.
  int descriptor() const { return epoll_.get(); }
  /// What came in. Answering a request after this object is gone is without effect.
  std::vector<Request> take();

 private:
  Control() = default;
  void accept_all();

  Fd folder_, listener_, epoll_;
  std::map<int, std::shared_ptr<Fd>> clients_;  // by descriptor; the request is still to come
};

/// Asks the process that runs the study. NotFound if nobody does; Invalid with its words if it refuses.
Result<void> ask_runner(const std::string& study_folder, const Steered& steered);

}  // namespace hone
