#include "cli/what_ran.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "base/text.h"
#include "exec/fd.h"

extern char** environ;

namespace hone {
namespace {

constexpr int kPatience = 2000;  // milliseconds for git: a huge work tree must not hold up the study

bool in_work_tree(std::string folder) {
  while (true) {
    if (::access((folder + "/.git").c_str(), F_OK) == 0) return true;
    if (folder.empty()) return false;
    folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
  }
}

/// What the command prints; nothing if it fails, is not there or takes too long.
std::string output_of(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return {};
  writing.reset();
  std::string text;
  char buffer[4096];
  pollfd entry{reading.get(), POLLIN, 0};
  bool in_time = true;
  while ((in_time = ::poll(&entry, 1, kPatience) > 0) && text.size() < (1 << 20)) {
    const ssize_t n = ::read(reading.get(), buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : std::string();
}

void add_git(Facts& facts, const std::string& folder) {
  if (!in_work_tree(folder)) return;
  const std::string text = output_of({"git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", folder,
                                      "status", "--porcelain=v2", "--branch", "--untracked-files=no"});
  bool changed = false;
  std::string commit;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    if (line.starts_with("# branch.oid ")) commit = line.substr(13);
    else if (!line.starts_with("#")) changed = true;
    from = end + 1;
  }
  if (commit.empty()) return;
  facts.emplace_back("git", printable(commit));
  facts.emplace_back("git_state", changed ? "changed" : "clean");
}

}  // namespace

Facts what_ran(const StudySpec& spec, const std::vector<std::pair<std::string, std::string>>& environment) {
  Facts facts;
  utsname name{};
  if (::uname(&name) == 0) {
    facts.emplace_back("host", printable(name.nodename));
    facts.emplace_back("system", printable(fmt::format("{} {} {}", name.sysname, name.release, name.machine)));
  }
  facts.emplace_back("hone", HONE_VERSION);
  facts.emplace_back("kernels", "portable");  // numeric code is built for one level of CPU
  facts.emplace_back("cpus", std::to_string(std::thread::hardware_concurrency()));
  facts.emplace_back("pid", std::to_string(::getpid()));
  std::string command;
  for (const std::string& word : spec.command) command += (command.empty() ? "" : " ") + shell_quote(word);
  facts.emplace_back("command", printable(without_passwords(command)));
  facts.emplace_back("folder", printable(spec.folder));
  add_git(facts, spec.folder);
  std::vector<std::string> names;
  for (const auto& [variable, value] : environment) names.push_back(printable(variable));
  std::sort(names.begin(), names.end());
  facts.emplace_back("environment", fmt::format("{}", fmt::join(names, " ")));
  return facts;
}

}  // namespace hone
