// What running trials costs beyond starting their programs: N runs of a program that prints one metric, K at a time, by
// a bare posix_spawn and wait loop and through LocalExecutor. CPU seconds, of all processes together, tell more than
// wall clock on a machine that has other work. Mind that ext4 searches past inodes that were deleted in the last five
// minutes: a second run there, after the first has removed its files, measures that; /dev/shm does not.
//
//   spawn_bench PROGRAM [RUNS [AT_ONCE [FOLDER]]]
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "exec/command.h"
#include "exec/local.h"

namespace {

using hone::LocalExecutor;
using Clock = std::chrono::steady_clock;

struct Cost {
  double wall = 0, cpu = 0;
};

double cpu_seconds() {
  double sum = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& part : {usage.ru_utime, usage.ru_stime})
      sum += static_cast<double>(part.tv_sec) + 1e-6 * static_cast<double>(part.tv_usec);
  }
  return sum;
}

class Watch {
 public:
  double wall() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double cpu() const { return cpu_seconds() - cpu_; }

 private:
  Clock::time_point start_ = Clock::now();
  double cpu_ = cpu_seconds();
};

Cost bare(const std::string& program, int runs, int at_once) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const Watch watch;
  for (int started = 0, live = 0; started < runs || live > 0;) {
    if (started < runs && live < at_once) {
      pid_t pid = 0;
      char* const argv[] = {const_cast<char*>(program.c_str()), nullptr};
      if (posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ) != 0) std::exit(3);
      ++started, ++live;
    } else {
      int status = 0;
      wait(&status);
      --live;
    }
  }
  posix_spawn_file_actions_destroy(&actions);
  return {watch.wall(), watch.cpu()};
}

hone::RunSpec trial(const std::string& program, const std::string& study, int id) {
  hone::RunSpec run;
  run.key = {id, 1};
  run.argv = {program};
  run.folder = fmt::format("{}/{}", study, id);
  run.params = "{}\n";
  for (const char* name : {"HONE_STUDY", "HONE_TRIAL", "HONE_SEED", "HONE_UNTIL", "HONE_ATTEMPT"})
    run.env.emplace_back(name, "1");
  for (const char* name : {"files", "params.json", "report.1"})
    run.env.emplace_back(std::string("HONE_") + name, run.folder + "/" + name);
  return run;
}

Cost executed(LocalExecutor& executor, const std::string& program, const std::string& study, int runs, int at_once) {
  int reports = 0, ended = 0, launched = 0;
  const Watch watch;
  while (ended < runs) {
    for (; launched < runs && launched - ended < at_once; ++launched)
      if (!executor.launch(trial(program, study, launched))) std::exit(3);
    const auto notices = executor.wait(10);
    if (!notices) std::exit(3);
    for (const hone::Notice& notice : *notices) {
      reports += std::holds_alternative<hone::Reported>(notice.fact);
      ended += std::holds_alternative<hone::Exited>(notice.fact);
    }
    executor.acknowledged();
  }
  const double seconds = watch.wall();
  if (!executor.close()) std::exit(3);  // the keeper's share of CPU is known when it has ended
  if (reports != runs) fmt::print("{} reports instead of {}\n", reports, runs), std::exit(1);
  return {seconds, watch.cpu()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fmt::print(stderr, "spawn_bench PROGRAM [RUNS [AT_ONCE [FOLDER]]]\n"), 2;
  const std::string program = std::filesystem::absolute(argv[1]);
  const int runs = argc > 2 ? std::atoi(argv[2]) : 2000, at_once = argc > 3 ? std::atoi(argv[3]) : 2;
  std::string root = std::string(argc > 4 ? argv[4] : "/tmp") + "/spawn-bench-XXXXXX";
  if (mkdtemp(root.data()) == nullptr) return std::perror(root.c_str()), 3;
  hone::LocalOptions options;
  options.study_folder = root;
  options.settings.names = {"loss"};
  options.settings.cwd = root;
  options.settings.env = hone::inherited_environment(environ);
  options.machine.cpus = hone::Millionths{1'000'000} * at_once;
  auto executor = LocalExecutor::open(options);
  if (!executor) return fmt::print(stderr, "{}\n", executor.error().what), 3;
  const Cost plain = bare(program, runs, at_once);
  const Cost kept = executed(**executor, program, root, runs, at_once);
  const Cost again = bare(program, runs, at_once);
  std::filesystem::remove_all(root);
  const auto show = [&](const char* what, double bare, double executor) {
    fmt::print("{}: bare {:.0f} us a run, executor {:.0f} us a run: {:.2f} times\n", what, bare / runs * 1e6,
               executor / runs * 1e6, executor / bare);
  };
  show("wall", std::min(plain.wall, again.wall), kept.wall);
  show("cpu", std::min(plain.cpu, again.cpu), kept.cpu);
  return 0;
}
