// Runs trials on this machine, through a keeper (keeper.h) that outlives this process.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exec/channel.h"
#include "exec/fd.h"
#include "exec/slots.h"
#include "exec/spool.h"
#include "hone/executor.h"

namespace hone {

struct LocalOptions {
  std::string study_folder;  // absolute; exists, and the caller holds the study's lock
  Hello settings;            // local_settings()
  Resources resources;
  std::optional<int> parallel;
  Machine machine;
  std::vector<int> wakers = {};  // descriptors that end a wait() when they become readable; they are not read
};

/// What the keeper must know of a study. `inherited`: the environment that trials get (command.h).
Hello local_settings(const StudySpec& spec, std::vector<std::pair<std::string, std::string>> inherited);

/// One thread. A notice may come again after a restart of Hone, until acknowledged() has said that it is stored;
/// whoever takes them passes over what it has seen (Reported.n, the end of an attempt).
class LocalExecutor : public Executor {
 public:
  /// Takes over a keeper that lives; else ends what a dead one left (those runs are Lost) and forks a new one. Call it
  /// before there are threads. Unavailable if a keeper does not answer.
  static Result<std::unique_ptr<LocalExecutor>> open(LocalOptions options);
  /// Leaves the keeper and its runs alone.
  ~LocalExecutor() override;

  int slots() const override { return slots_.total(); }
  void set_parallel(int parallel) override { slots_.set_parallel(std::max(1, parallel)); }
  std::string bound() const override { return slots_.bound(); }
  Result<void> launch(const RunSpec& run) override;
  Result<void> cancel(const RunKey& key) override;
  Result<std::vector<RunStatus>> list() override;
  /// A keeper that died is replaced on the way; its runs are ended and reported Lost.
  Result<std::vector<Notice>> wait(Seconds timeout) override;

  /// Everything that wait() has returned so far is stored: it need not be handed out again.
  void acknowledged() override;
  /// The clean end: kills what still runs, ends the keeper and, if all was acknowledged, removes its files.
  Result<void> close();

  /// What seemed wrong with runs that go on, in lines like "trial 3: no metric seen in 40 lines; ...", since it was last
  /// asked. wait() returns when there is something new.
  std::vector<std::string> remarks();

  /// For tests and messages.
  pid_t keeper() const { return keeper_.pid; }

 private:
  struct Known {
    ProcessMark process;  // pid 0 until the spool says it
    bool ended = false;   // its Exited is in pending_ or was handed out
    bool handed_out = false;
  };
  enum class Connection { Ready, Refused, Ended };

  LocalExecutor(LocalOptions options, Slots slots);
  Result<void> start();
  Result<void> read_old_spools();
  Result<void> new_keeper();
  Result<Connection> connect();
  Result<Connection> await_ready();
  Result<bool> read_spool(std::size_t bytes);
  void take(SpoolLine&& line);
  void lose_runs(const std::string& sweep);
  Result<void> mend();
  bool send(const Message& message);
  bool listen_to_keeper();
  std::vector<Notice> hand_out();
  std::string socket_path() const;

  LocalOptions options_;
  Slots slots_;
  Fd study_, folder_, socket_;
  std::optional<SpoolReader> spool_;
  int oldest_ = 1;      // number of the oldest spool file that may exist
  ProcessMark keeper_;  // the one that wrote what is being read
  pid_t child_ = 0;     // the keeper, if this process forked it
  bool news_ = true;    // there may be something to read
  std::map<RunKey, Known> runs_;
  std::deque<Notice> pending_;
  std::map<RunKey, std::string> remarks_;
  bool remarked_ = false;     // since wait() returned
  bool acknowledged_ = true;  // nothing was handed out since
};

}  // namespace hone
