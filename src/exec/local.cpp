#include "exec/local.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "exec/keeper.h"
#include "exec/recover.h"
#include "exec/report_line.h"

namespace hone {
namespace {

constexpr double kPatience = 30;          // seconds for a keeper to answer
constexpr std::size_t kRead = 256 << 10;  // bytes of spool handed out in one go
constexpr const char* kSocket = "keeper.sock";

std::string reason() { return std::strerror(errno); }

/// A path of its own length, short enough for a socket's address wherever the study lies.
sockaddr_un address(const std::string& path) {
  sockaddr_un result{};
  result.sun_family = AF_UNIX;
  std::snprintf(result.sun_path, sizeof result.sun_path, "%s", path.c_str());
  return result;
}

Fd open_folder(int at, const char* path) { return Fd(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

int milliseconds(double seconds) { return seconds <= 0 ? 0 : static_cast<int>(std::min(seconds * 1000, 2e9)) + 1; }

}  // namespace

Hello local_settings(const StudySpec& spec, std::vector<std::pair<std::string, std::string>> inherited) {
  Hello hello;
  for (const Objective& objective : spec.objectives) hello.names.push_back(objective.metric);
  for (const OutcomeConstraint& outcome : spec.outcomes) hello.names.push_back(outcome.metric);
  if (spec.cost != "seconds") hello.names.push_back(spec.cost);
  if (spec.fidelity)
    for (std::string& name : spellings(*spec.fidelity)) hello.names.push_back(std::move(name));
  hello.objectives = static_cast<int>(spec.objectives.size());
  hello.patterns = spec.patterns;
  hello.limits = spec.limits;
  hello.memory = spec.resources.memory;
  hello.cwd = spec.folder;
  hello.env = std::move(inherited);
  return hello;
}

LocalExecutor::LocalExecutor(LocalOptions options, Slots slots)
    : options_(std::move(options)), slots_(std::move(slots)) {}

LocalExecutor::~LocalExecutor() {
  socket_.reset();
  if (child_ > 0) waitpid(child_, nullptr, WNOHANG);
}

Result<std::unique_ptr<LocalExecutor>> LocalExecutor::open(LocalOptions options) {
  auto slots = Slots::make(options.resources, options.parallel, options.machine);
  if (!slots) return tl::unexpected(slots.error());
  if (auto parser = ReportParser::make(options.settings.names, options.settings.patterns); !parser)
    return tl::unexpected(parser.error());
  std::unique_ptr<LocalExecutor> executor(new LocalExecutor(std::move(options), std::move(*slots)));
  if (auto ok = executor->start(); !ok) return tl::unexpected(ok.error());
  return executor;
}

Result<void> LocalExecutor::start() {
  const std::string& folder = options_.study_folder;
  study_ = open_folder(AT_FDCWD, folder.c_str());
  if (!study_) return fail(Code::Unavailable, fmt::format("{}: cannot be opened: {}", folder, reason()));
  if (mkdirat(study_.get(), "keeper", 0700) != 0 && errno != EEXIST)
    return fail(Code::Unavailable, fmt::format("{}/keeper: cannot be made: {}", folder, reason()));
  folder_ = open_folder(study_.get(), "keeper");
  if (!folder_) return fail(Code::Unavailable, fmt::format("{}/keeper: cannot be opened: {}", folder, reason()));

  auto connection = connect();
  if (!connection) return tl::unexpected(connection.error());
  if (auto ok = read_old_spools(); !ok) return ok;
  if (*connection == Connection::Ready) return {};
  // Its socket is gone or it was about to end. One that lives must not be left beside a new one.
  if (const auto process = find_process(keeper_)) {
    const Fd fd = open_process(*process);
    if (*connection == Connection::Ended && await_end(fd, kPatience)) return start();  // what it wrote last counts
    signal_process(fd, SIGKILL);
    if (fd && !await_end(fd, kPatience))
      return fail(Code::Unavailable,
                  fmt::format("the keeper of {} (process {}) does not end; kill it", folder, keeper_.pid));
  }
  return new_keeper();
}

/// All files from the first on. Afterwards `spool_` stands at the end of the newest.
Result<void> LocalExecutor::read_old_spools() {
  runs_.clear();
  pending_.clear();
  remarks_.clear();
  keeper_ = {};
  spool_.reset();
  const auto files = spool_files(folder_.get());
  if (!files.empty()) oldest_ = files.front();
  for (const int number : files) {
    spool_.emplace(folder_.get(), number);
    while (true) {
      auto more = read_spool(kRead);
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
    }
  }
  return {};
}

/// Ends what runs still according to a keeper that is dead, and forks another.
Result<void> LocalExecutor::new_keeper() {
  lose_runs(options_.study_folder);
  keeper_ = {};
  const auto files = spool_files(folder_.get());
  const int number = files.empty() ? 1 : files.back() + 1;
  unlinkat(folder_.get(), kSocket, 0);
  const Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un at = address(socket_path());
  if (!listener || bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(listener.get(), 8) != 0)
    return fail(Code::Unavailable,
                fmt::format("{}/keeper: no socket can be made there: {}", options_.study_folder, reason()));
  std::fflush(nullptr);
  child_ = fork();
  if (child_ == 0) _exit(keeper_main({study_.get(), folder_.get(), listener.get(), number}));
  if (child_ < 0)
    return fail(Code::Unavailable, fmt::format("no process for the keeper could be started: {}", reason()));
  spool_.emplace(folder_.get(), number);
  auto connection = connect();
  if (!connection) return tl::unexpected(connection.error());
  if (*connection != Connection::Ready)
    return fail(Code::Unavailable, "the keeper ended at its start; see the system's log");
  auto header = read_spool(kRead);
  return header ? Result<void>() : tl::unexpected(header.error());
}

std::string LocalExecutor::socket_path() const { return fmt::format("/proc/self/fd/{}/{}", folder_.get(), kSocket); }

Result<LocalExecutor::Connection> LocalExecutor::connect() {
  socket_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un at = address(socket_path());
  if (!socket_ || ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    const int error = errno;
    socket_.reset();
    if (error == ECONNREFUSED || error == ENOENT) return Connection::Refused;
    return fail(Code::Unavailable,
                fmt::format("{}/keeper/{}: {}", options_.study_folder, kSocket, std::strerror(error)));
  }
  const timeval patience{static_cast<time_t>(kPatience), 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (!send(options_.settings)) return Connection::Ended;
  return await_ready();
}

Result<LocalExecutor::Connection> LocalExecutor::await_ready() {
  const double deadline = monotonic_now() + kPatience;
  while (true) {
    pollfd entry{socket_.get(), POLLIN, 0};
    const double left = deadline - monotonic_now();
    const int n = left > 0 ? poll(&entry, 1, milliseconds(left)) : 0;
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return fail(Code::Unavailable,
                  fmt::format("the keeper of {} does not answer; kill the process hone-keeper", options_.study_folder));
    char answer = 0;
    const ssize_t got = recv(socket_.get(), &answer, 1, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      socket_.reset();
      return Connection::Ended;
    }
    if (answer == kReady) return Connection::Ready;
    if (answer == kOtherVersion)
      return fail(Code::Unavailable,
                  fmt::format("{} is kept by another version of hone; wait for its runs or use that version",
                              options_.study_folder));
  }
}

/// Takes some lines; false at the present end of the spool.
Result<bool> LocalExecutor::read_spool(std::size_t bytes) {
  auto lines = spool_->read(bytes);
  if (!lines) return tl::unexpected(lines.error());
  bool next = false;
  for (SpoolLine& line : *lines) {
    next = next || std::holds_alternative<NextLine>(line);
    take(std::move(line));
  }
  if (next) spool_.emplace(folder_.get(), spool_->number() + 1);
  return !lines->empty();
}

void LocalExecutor::take(SpoolLine&& line) {
  if (const auto* keeper = std::get_if<KeeperLine>(&line)) {
    const bool same = keeper->keeper.pid == keeper_.pid && keeper->keeper.born_from == keeper_.born_from &&
                      keeper->keeper.boot == keeper_.boot;
    if (!same && keeper_.pid != 0) lose_runs("");  // those of the one before are known in full now
    keeper_ = keeper->keeper;
  } else if (const auto* spawned = std::get_if<SpawnedLine>(&line)) {
    Known& known = runs_[spawned->key];
    known.process = spawned->process;
    if (!known.ended) slots_.hold(spawned->key, spawned->devices, spawned->slots);
  } else if (auto* notice = std::get_if<Notice>(&line)) {
    if (const auto* exited = std::get_if<Exited>(&notice->fact)) {
      const RunKey key{exited->trial, exited->attempt};
      runs_[key].ended = true;
      slots_.free(key);
      remarks_.erase(key);  // its end says more
    }
    pending_.push_back(std::move(*notice));
  } else if (auto* remark = std::get_if<RemarkLine>(&line)) {
    remarks_[remark->key] = std::move(remark->text);
    remarked_ = true;
  }
}

/// Whatever has not ended in the eyes of its keeper, which is dead, is ended now. `sweep`: as in end_leftovers().
void LocalExecutor::lose_runs(const std::string& sweep) {
  std::vector<ProcessMark> roots;
  for (const auto& [key, known] : runs_)
    if (!known.ended) roots.push_back(known.process);
  if (keeper_.pid == 0 && roots.empty()) return;
  const bool clean = end_leftovers(roots, sweep);
  for (auto& [key, known] : runs_) {
    if (known.ended) continue;
    Exited exited;
    exited.trial = key.trial;
    exited.attempt = key.attempt;
    exited.cause = Cause::Lost;
    exited.detail =
        clean ? "its keeper was killed, so it was ended" : "its keeper was killed, and a process of it would not end";
    pending_.push_back({wall_now(), exited});
    known.ended = true;
    slots_.free(key);
  }
}

/// The keeper is gone while this process lives.
Result<void> LocalExecutor::mend() {
  socket_.reset();
  if (const auto process = find_process(keeper_)) {  // about to end, or stuck
    const Fd fd = open_process(*process);
    if (fd && !await_end(fd, kPatience)) signal_process(fd, SIGKILL);
  }
  if (child_ > 0) waitpid(child_, nullptr, 0);
  child_ = 0;
  while (true) {
    auto more = read_spool(kRead);
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
  }
  return new_keeper();
}

bool LocalExecutor::send(const Message& message) {
  const std::string frame = encode(message);
  std::size_t sent = 0;
  while (socket_ && sent < frame.size()) {
    const ssize_t n = ::send(socket_.get(), frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) socket_.reset();  // half a message is of no use to anybody
    else sent += static_cast<std::size_t>(n);
  }
  return static_cast<bool>(socket_);
}

/// Takes the bytes that say "news"; false if the keeper has hung up.
bool LocalExecutor::listen_to_keeper() {
  char bytes[4096];
  while (socket_) {
    const ssize_t n = recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    news_ = true;
    if (static_cast<std::size_t>(n) < sizeof bytes) return true;
  }
  return false;
}

Result<void> LocalExecutor::launch(const RunSpec& run) {
  if (runs_.contains(run.key)) return {};
  const std::string& study = options_.study_folder;
  if (!run.folder.starts_with(study + "/"))
    return fail(Code::Internal, fmt::format("{}: a run's folder must lie in {}", run.folder, study));
  if (!socket_)
    if (auto ok = mend(); !ok) return ok;
  const auto devices = slots_.take(run.key, run.slots);
  if (!devices)
    return fail(Code::Unavailable, fmt::format("trial {}: all {} slots are taken", run.key.trial, slots_.total()));
  Launch launch{run.key,  run.argv,  run.env,  run.params, run.folder.substr(study.size() + 1),
                *devices, run.fresh, run.slots};
  if (!devices->empty()) launch.env.emplace_back("CUDA_VISIBLE_DEVICES", fmt::format("{}", fmt::join(*devices, ",")));
  runs_[run.key];
  send(launch);  // if the keeper has died, the next wait() says that the run was lost
  return {};
}

Result<void> LocalExecutor::cancel(const RunKey& key) {
  const auto run = runs_.find(key);
  if (run != runs_.end() && !run->second.ended) send(Cancel{key});
  return {};
}

Result<std::vector<RunStatus>> LocalExecutor::list() {
  if (!listen_to_keeper())
    if (auto ok = mend(); !ok) return tl::unexpected(ok.error());
  std::vector<RunStatus> result;
  for (const auto& [key, known] : runs_) result.push_back({key, known.ended});
  return result;
}

std::vector<Notice> LocalExecutor::hand_out() {
  std::vector<Notice> notices(std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
  pending_.clear();
  for (const Notice& notice : notices)
    if (const auto* exited = std::get_if<Exited>(&notice.fact))
      runs_[{exited->trial, exited->attempt}].handed_out = true;
  if (!notices.empty()) acknowledged_ = false;
  return notices;
}

Result<std::vector<Notice>> LocalExecutor::wait(Seconds timeout) {
  for (bool waited = false;; waited = true) {
    if (pending_.empty() && news_) {
      auto more = read_spool(kRead);
      if (!more) return tl::unexpected(more.error());
      news_ = *more;
    }
    if (!pending_.empty() || std::exchange(remarked_, false)) return hand_out();
    if (news_) continue;  // lines that are nobody's business
    if (waited) return std::vector<Notice>();
    std::vector<pollfd> entries{{socket_.get(), POLLIN, 0}};
    for (const int waker : options_.wakers) entries.push_back({waker, POLLIN, 0});
    if (socket_ && poll(entries.data(), entries.size(), milliseconds(timeout)) <= 0)
      return std::vector<Notice>();  // time, or a signal
    if (!socket_ || (entries[0].revents != 0 && !listen_to_keeper()))
      if (auto ok = mend(); !ok) return tl::unexpected(ok.error());
  }
}

std::vector<std::string> LocalExecutor::remarks() {
  std::vector<std::string> lines;
  for (const auto& [key, text] : std::exchange(remarks_, {}))
    lines.push_back(fmt::format("trial {}: {}", key.trial, text));
  return lines;
}

void LocalExecutor::acknowledged() {
  if (acknowledged_ || !pending_.empty()) return;  // nothing new; not all that was read is handed out
  acknowledged_ = true;
  std::erase_if(runs_, [](const auto& entry) { return entry.second.handed_out; });
  // What lies before the file being read is of no more use to anybody.
  for (; spool_ && oldest_ < spool_->number(); ++oldest_) unlinkat(folder_.get(), spool_name(oldest_).c_str(), 0);
}

Result<void> LocalExecutor::close() {
  if (socket_ && send(Bye{})) {
    pollfd entry{socket_.get(), POLLIN, 0};
    const double deadline = monotonic_now() + kPatience;
    bool there = true;
    while ((there = listen_to_keeper()) && monotonic_now() < deadline)
      poll(&entry, 1, milliseconds(deadline - monotonic_now()));
    if (child_ > 0) waitpid(child_, nullptr, there ? WNOHANG : 0);
    child_ = 0;
  }
  socket_.reset();
  news_ = true;
  while (true) {
    auto more = read_spool(kRead);
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
  }
  if (!pending_.empty() || !acknowledged_) return {};  // the next open() hands it out
  for (const int number : spool_files(folder_.get())) unlinkat(folder_.get(), spool_name(number).c_str(), 0);
  unlinkat(folder_.get(), kSocket, 0);
  unlinkat(study_.get(), "keeper", AT_REMOVEDIR);
  return {};
}

}  // namespace hone
