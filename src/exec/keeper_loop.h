// The inside of a keeper: its event loop and the runs in it. keeper.h is the way in.
#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/channel.h"
#include "exec/fd.h"
#include "exec/keeper_run.h"
#include "exec/memory.h"
#include "exec/orphans.h"
#include "exec/spawn.h"
#include "exec/spool.h"

namespace hone {

constexpr double kKeeperRetry = 1;  // seconds between attempts at what the system refused

/// REQUIRES of Spawner and Orphans; the working folder is the study's. Descriptors are borrowed.
class Keeper {
 public:
  struct Inputs {
    int listener = -1;            // a listening socket, not blocking
    int folder = -1;              // STUDY/keeper
    int spool = 1;                // number of the first file
    std::optional<rlimit> files;  // what children get back
  };
  explicit Keeper(const Inputs& inputs);
  /// Until its end, see keeper_main().
  int loop();

 private:
  struct Run : KeeperRun {
    using KeeperRun::KeeperRun;
    std::uint64_t id = 0;
  };

  enum class Source : std::uint64_t { Listener, Client, Signals, Reports, Out, Err };

  // keeper_loop.cpp: what comes in
  void watch(int fd, Source source, std::uint64_t id = 0);
  void unwatch(Fd& pipe);
  int timeout() const;
  void dispatch(std::uint64_t data);
  void accept_client();
  void read_client();
  void act(Message&& message);
  void end_all();
  void greet(Hello&& hello);
  void read_signals();
  void read_reports();
  void timers();
  void flush();

  // keeper_act.cpp: what becomes of a run
  Run* find(const RunKey& key);
  void launch(Launch&& launch);
  bool start(Run& run, const Launch& launch, const Fd (&ends)[2], std::string& error, int& code);
  void refuse(const RunKey& key, int code, const std::string& why);
  void terminate(Run& run, Cause cause);
  void kill_tree(Run& run);
  void reap();
  void charge(const Reaped& reaped, Run* otherwise);
  void finish(Run& run);
  Exited ending(Run& run, int status) const;
  void note(Fact fact, bool urgent);
  void tell(const SpoolLine& line, bool urgent);

  // keeper_memory.cpp: that a run holds no more memory than it may
  Fd make_group(Run& run);
  void remove_group(Run& run);
  std::string group_name(const Run& run) const;
  void watch_memory(Run& run);
  void sample_memory();
  KeeperRun::Each reporter(Run& run);

  const int listener_;
  Fd epoll_, signals_, reports_, client_;
  MessageReader reader_;
  Hello config_;
  bool greeted_ = false;
  std::vector<std::string> base_env_;  // NAME=VALUE, parallel to config_.env
  ReportParser parser_;
  ProcessMark self_ = this_process();
  Spawner spawner_;
  Orphans orphans_;
  SpoolWriter spool_;
  TreeMemory memory_;
  double sample_at_ = 0;
  std::optional<MemoryGroups> groups_;
  bool groups_tried_ = false;
  std::map<std::uint64_t, std::unique_ptr<Run>> runs_;
  std::map<pid_t, Run*> by_pid_;
  std::map<int, Run*> by_watch_;
  std::uint64_t next_id_ = 1;
  double now_ = monotonic_now();
  double alone_since_ = now_;
  std::optional<double> flush_at_;
  bool news_ = false;                          // something in the spool's buffer is to be handed out
  bool ending_ = false, told_to_end_ = false;  // no new runs; by SIGTERM
  std::array<char, 64 << 10> buffer_;
};

}  // namespace hone
