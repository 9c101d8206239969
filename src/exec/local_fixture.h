// A study's folder and an executor for tests with real processes.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "exec/local.h"
#include "exec/process.h"

namespace hone {

// A hang is a failure, slowness is none.
constexpr double kDeadline = 120;

inline bool eventually(const std::function<bool()>& condition) {
  for (const double deadline = monotonic_now() + kDeadline; monotonic_now() < deadline;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void ok(const Result<void>& result) { EXPECT_TRUE(result) << result.error().what; }

/// kill() with 0 or -1 would reach far.
inline void send_signal(pid_t pid, int signal) {
  ASSERT_GT(pid, 1);
  kill(pid, signal);
}

inline bool alive(pid_t pid) {
  const auto process = read_process(pid);
  return process && !process->gone();
}

class LocalFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "hone-local-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    options_.study_folder = root_ / "study";
    std::filesystem::create_directory(options_.study_folder);
    options_.settings.names = {"loss", "epoch"};
    options_.settings.cwd = root_;
    options_.settings.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"GREETING", "hello"}};
    options_.settings.limits.grace = 60;
    options_.machine.cpus = 8'000'000;
  }
  void TearDown() override {
    if (executor_) ok(executor_->close());
    executor_.reset();
    std::filesystem::remove_all(root_);
  }

  void open() {
    executor_.reset();
    auto opened = LocalExecutor::open(options_);
    ASSERT_TRUE(opened) << opened.error().what;
    executor_ = std::move(*opened);
  }
  RunSpec run(std::vector<std::string> argv, TrialId trial = 0, int attempt = 1) const {
    RunSpec spec;
    spec.key = {trial, attempt};
    spec.argv = std::move(argv);
    spec.folder = folder(trial);
    spec.env = {{"HONE_DIR", spec.folder + "/files"},
                {"HONE_REPORT", spec.folder + "/report." + std::to_string(attempt)}};
    spec.params = "{}\n";
    return spec;
  }
  std::string folder(TrialId trial = 0) const { return options_.study_folder + "/" + std::to_string(trial); }
  RunSpec shell(const std::string& script, TrialId trial = 0, int attempt = 1) const {
    return run({"sh", "-c", script}, trial, attempt);
  }
  RunSpec probe(const std::string& what, const std::string& argument = "", TrialId trial = 0) const {
    return run({HONE_PROBE, what, argument}, trial);
  }
  /// Takes notices until `count` runs have ended; all of them, in order.
  std::vector<Notice> until_ended(int count = 1) {
    std::vector<Notice> all;
    for (const double deadline = monotonic_now() + kDeadline; count > 0 && monotonic_now() < deadline;) {
      auto notices = executor_->wait(1);
      EXPECT_TRUE(notices) << notices.error().what;
      if (!notices) break;
      for (Notice& notice : *notices) {
        count -= std::holds_alternative<Exited>(notice.fact);
        all.push_back(std::move(notice));
      }
    }
    EXPECT_EQ(count, 0) << "some run did not end";
    return all;
  }
  std::vector<Notice> do_run(const RunSpec& spec) {
    if (!executor_) open();
    ok(executor_->launch(spec));
    return until_ended();
  }
  static std::vector<Exited> ends(const std::vector<Notice>& notices) {
    std::vector<Exited> result;
    for (const Notice& notice : notices)
      if (const auto* exited = std::get_if<Exited>(&notice.fact)) result.push_back(*exited);
    return result;
  }
  static Exited end(const std::vector<Notice>& notices) { return ends(notices).at(0); }
  static std::vector<Reported> reports(const std::vector<Notice>& notices) {
    std::vector<Reported> result;
    for (const Notice& notice : notices)
      if (const auto* reported = std::get_if<Reported>(&notice.fact)) result.push_back(*reported);
    return result;
  }
  static std::vector<double> losses(const std::vector<Notice>& notices) {
    std::vector<double> result;
    for (const Reported& report : reports(notices))
      for (const auto& [name, value] : report.metrics)
        if (name == "loss") result.push_back(value);
    return result;
  }
  pid_t written_pid(const std::filesystem::path& path) {
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(path); })) << path;
    return std::stoi("0" + read_file(path));
  }
  /// A process of its own that opens an executor, launches and stays; returns when `started` holds.
  pid_t other_hone(const std::vector<RunSpec>& runs, const std::function<bool()>& started) {
    const pid_t child = fork();
    if (child == 0) {
      auto executor = LocalExecutor::open(options_);
      if (!executor) _exit(1);
      for (const RunSpec& spec : runs)
        if (!(*executor)->launch(spec)) _exit(1);
      while (true) pause();
    }
    EXPECT_TRUE(eventually(started));
    return child;
  }
  static void kill_and_reap(pid_t pid) {
    send_signal(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  /// The keeper of the study as its newest record names it.
  pid_t keeper_pid() const {
    pid_t pid = 0;
    const Fd at(::open((options_.study_folder + "/keeper").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const int number : spool_files(at.get())) {
      std::stringstream lines(read_file(options_.study_folder + "/keeper/" + spool_name(number)));
      std::string line;
      std::getline(lines, line);
      if (const auto parsed = read_spool_line(line)) pid = std::get<KeeperLine>(*parsed).keeper.pid;
    }
    return pid;
  }

  std::filesystem::path root_;
  LocalOptions options_;
  std::unique_ptr<LocalExecutor> executor_;
};

}  // namespace hone
