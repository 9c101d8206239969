// Starts programs for trials, fast: a child that shares memory until its exec (as vfork), few system calls.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exec/fd.h"
#include "exec/process.h"

namespace hone {

struct SpawnRequest {
  const std::vector<std::string>& argv;
  const std::vector<const char*>& env;  // NAME=VALUE, ended by a null
  const std::string& path;              // PATH of that environment
  const std::string& cwd;
  int out = -1, err = -1;  // its standard output and error; its input is /dev/null
  int files = 0;           // limit of open files, if not 0
  int entrance = -1;       // of a control group, which it enters before it becomes the program
};
struct Spawned {
  ProcessMark mark;  // pid 0: it could not be started
  int code = 0;      // then: 127 not found, 126 not to be run, 0 if the machine is to blame (no process, no memory)
  std::string error;
  bool entered = false;
};

/// REQUIRES: one thread; every signal blocked and with its default action; descriptors above 2 marked close-on-exec.
/// The child leads a process group of its own and is a subreaper: what leaves its group stays below it while it lives.
class Spawner {
 public:
  /// `files`: the limit of open files that children get back, if this process has raised its own.
  Spawner(std::string boot, std::optional<rlimit> files);
  Spawned spawn(const SpawnRequest& request);

 private:
  std::pair<std::string, int> find_program(const std::string& name, const std::string& path, const std::string& cwd);
  int start(const SpawnRequest& request, const std::string& program, const std::vector<const char*>& argv,
            Spawned& spawned);

  std::string boot_;
  std::optional<rlimit> files_;
  Fd null_;
  std::unique_ptr<char[]> stack_;
  std::map<std::pair<std::string, std::string>, std::string> found_;  // (PATH, name) → program
};

}  // namespace hone
