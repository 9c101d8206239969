#include "exec/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::size_t kStack = 64 << 10;

enum class Stage { Setup, Folder, Exec };

struct Child {
  const char* program;
  char* const* argv;
  char* const* env;
  const char* cwd;
  int in, out, err;
  const rlimit* files;
  int entrance;
  volatile bool entered = false;
  volatile int error = 0;  // written by the child, which shares our memory
  volatile Stage stage = Stage::Setup;
};

/// Runs on its own stack in our memory while we stand still: only async-signal-safe calls.
int child_main(void* argument) {
  Child& child = *static_cast<Child*>(argument);
  const auto give_up = [&](Stage stage) {
    child.error = errno;
    child.stage = stage;
    _exit(127);
  };
  if (setpgid(0, 0) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) give_up(Stage::Setup);
  if (dup2(child.in, 0) < 0 || dup2(child.out, 1) < 0 || dup2(child.err, 2) < 0) give_up(Stage::Setup);
  if (child.entrance >= 0) child.entered = write(child.entrance, "0", 1) == 1;
  if (child.files != nullptr) setrlimit(RLIMIT_NOFILE, child.files);
  if (chdir(child.cwd) != 0) give_up(Stage::Folder);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(child.program, child.argv, child.env);
  give_up(Stage::Exec);
  return 127;
}

bool is_program(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::string absolute(const std::string& path, const std::string& cwd) {
  return path.starts_with('/') ? path : cwd + "/" + path;
}

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> result;
  for (const std::string& word : words) result.push_back(word.c_str());
  result.push_back(nullptr);
  return result;
}

bool machine_is_to_blame(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE || error == EINTR;
}

}  // namespace

Spawner::Spawner(std::string boot, std::optional<rlimit> files)
    : boot_(std::move(boot)), files_(files), null_(open("/dev/null", O_RDONLY | O_CLOEXEC)), stack_(new char[kStack]) {}

std::pair<std::string, int> Spawner::find_program(const std::string& name, const std::string& path,
                                                  const std::string& cwd) {
  if (name.find('/') != std::string::npos) return {name, 0};
  if (const auto found = found_.find({path, name}); found != found_.end()) return {found->second, 0};
  int code = 127;
  for (std::size_t start = 0; !name.empty() && start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string folder = path.substr(start, end - start);
    const std::string candidate = absolute((folder.empty() ? "." : folder) + "/" + name, cwd);
    if (is_program(candidate)) {
      found_[{path, name}] = candidate;
      return {candidate, 0};
    }
    struct stat info {};
    if (stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode)) code = 126;
    start = end + 1;
  }
  return {name, code};
}

int Spawner::start(const SpawnRequest& request, const std::string& program, const std::vector<const char*>& argv,
                   Spawned& spawned) {
  std::optional<rlimit> files = files_;
  rlimit own{};
  if (request.files > 0 && getrlimit(RLIMIT_NOFILE, &own) == 0) {
    const auto most = std::min(static_cast<rlim_t>(request.files), own.rlim_max);
    files = rlimit{most, most};
  }
  Child child{program.c_str(),
              const_cast<char* const*>(argv.data()),
              const_cast<char* const*>(request.env.data()),
              request.cwd.c_str(),
              null_.get(),
              request.out,
              request.err,
              files ? &*files : nullptr,
              request.entrance};
  const std::int64_t before = boot_ticks();
  const pid_t pid = clone(child_main, stack_.get() + kStack, CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
  if (pid < 0) {
    child.error = errno;
  } else if (child.error == 0) {
    spawned.mark = {pid, before, boot_ticks(), boot_};
    spawned.entered = child.entered;
    return 0;
  } else {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  const std::string why = std::strerror(child.error);
  if (child.stage == Stage::Folder) {
    spawned.code = 126;
    spawned.error = fmt::format("cannot enter the folder {}: {}", request.cwd, why);
  } else if (child.stage == Stage::Setup || machine_is_to_blame(child.error)) {
    spawned.error = fmt::format("no process could be started: {}", why);
  } else if (child.error == ENOENT && access(absolute(program, request.cwd).c_str(), F_OK) == 0) {
    spawned.code = 127;
    spawned.error = fmt::format("cannot run {}: the interpreter in its first line does not exist", program);
  } else if (child.error == ENOENT) {
    spawned.code = 127;
    spawned.error = fmt::format("command not found: {}", request.argv[0]);
  } else {
    spawned.code = 126;
    spawned.error = fmt::format("cannot run {}: {}", program, why);
  }
  spawned.error = printable(spawned.error);
  return child.error;
}

Spawned Spawner::spawn(const SpawnRequest& request) {
  Spawned spawned;
  if (request.argv.empty()) return {{}, 127, "the command is empty"};
  const auto [program, code] = find_program(request.argv[0], request.path, request.cwd);
  if (code != 0) {
    const char* text = code == 127 ? "command not found: {}" : "cannot run {}: it is not executable";
    return {{}, code, printable(fmt::format(fmt::runtime(text), request.argv[0]))};
  }
  std::vector<const char*> argv = pointers(request.argv);
  const int error = start(request, program, argv, spawned);
  if (error == ENOENT) found_.erase({request.path, request.argv[0]});  // moved since: looked for again next time
  if (error == ENOEXEC && spawned.mark.pid == 0) {  // a script without #! runs in a shell, as with execvp
    argv[0] = "/bin/sh";
    argv.insert(argv.begin() + 1, program.c_str());
    spawned = {};
    start(request, "/bin/sh", argv, spawned);
  }
  return spawned;
}

}  // namespace hone
