// What runs trials. The coordinator reconciles what the study wants with list().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hone/event.h"
#include "hone/result.h"

namespace hone {

struct RunKey {
  TrialId trial = 0;
  int attempt = 0;
  auto operator<=>(const RunKey&) const = default;
};
struct RunSpec {  // one launch of a trial
  RunKey key;
  std::vector<std::string> argv;                         // placeholders already substituted
  std::vector<std::pair<std::string, std::string>> env;  // added to, and beating, the inherited environment
  std::string params;                                    // contents of params.json
  std::string folder;                                    // the trial's: STUDY/TRIAL; holds stdout, stderr, files/
  int slots = 1;                                         // that it takes
  bool fresh = false;                                    // files/ is put aside first, under another name
};
struct RunStatus {
  RunKey key;
  bool ended = false;  // its Exited was or will be handed out by wait()
};
/// One thing that happened to a run: Reported or Exited. Those of one run come in order.
struct Notice {
  Seconds time = 0;
  Fact fact;
};

class Executor {
 public:
  virtual ~Executor() = default;
  virtual int slots() const = 0;  // runs that fit at the same time
  /// Another `parallel` from here on; what runs goes on. slots() says what comes of it.
  virtual void set_parallel(int) {}
  /// What keeps slots() from being more: "CPU", "GPU", "memory", "parallel"; for people.
  virtual std::string bound() const { return "parallel"; }
  /// Launching a key twice is launching it once. A command that cannot be started is an Exited notice, not an error.
  virtual Result<void> launch(const RunSpec& run) = 0;
  /// Asks the run to end (SIGTERM, after `grace` SIGKILL, its whole tree); asked a second time it is killed at once. An
  /// unknown key is success.
  virtual Result<void> cancel(const RunKey& key) = 0;
  /// The whole truth, also after a restart of Hone.
  virtual Result<std::vector<RunStatus>> list() = 0;
  /// What happened since the last call; waits up to `timeout` for something to happen. May return early with nothing
  /// (a signal).
  virtual Result<std::vector<Notice>> wait(Seconds timeout) = 0;
  /// Everything that wait() has handed out is stored; what was kept to hand it out again may go.
  virtual void acknowledged() {}
};

}  // namespace hone
