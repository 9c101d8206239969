#include "exec/keeper_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace hone {
namespace {

constexpr double kIdle = 1;          // seconds without a run or a connection before it ends
constexpr double kTimeBackstop = 5;  // beyond limits.time, which the study watches while Hone lives
constexpr std::uint64_t kSources = 8;

}  // namespace

Keeper::Keeper(const Inputs& inputs)
    : listener_(inputs.listener),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      reports_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      spawner_(self_.boot, inputs.files),
      spool_(inputs.folder, inputs.spool, self_) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  sigaddset(&wanted, SIGTERM);
  signals_.reset(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  watch(listener_, Source::Listener);
  watch(signals_.get(), Source::Signals);
  watch(reports_.get(), Source::Reports);
}

void Keeper::watch(int fd, Source source, std::uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id * kSources + static_cast<std::uint64_t>(source);
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

/// Closing alone would not do: a child on its way to exec may hold a copy of the descriptor, so that its events go on.
void Keeper::unwatch(Fd& pipe) {
  if (pipe) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, pipe.get(), nullptr);
  pipe.reset();
}

int Keeper::loop() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout());
    if (n < 0 && errno != EINTR) return 3;
    now_ = monotonic_now();
    for (int i = 0; i < n; ++i) dispatch(events[static_cast<std::size_t>(i)].data.u64);
    timers();
    if (flush_at_ && *flush_at_ <= now_) flush();
    const bool done = runs_.empty() && spool_.empty();
    if (done && (ending_ || (!client_ && now_ - alone_since_ >= kIdle))) return 0;
  }
}

int Keeper::timeout() const {
  std::optional<double> earliest = flush_at_;
  const auto at_most = [&](double when) { earliest = earliest ? std::min(*earliest, when) : when; };
  if (!client_ && runs_.empty()) at_most(alone_since_ + kIdle);
  if (!memory_.empty()) at_most(sample_at_);
  const bool limits = config_.limits.time || config_.limits.silence;
  for (const auto& [id, run] : runs_) {
    if (run->watch < 0) at_most(now_ + kKeeperRetry);
    if (run->kill_at) at_most(*run->kill_at);
    else if (limits && config_.limits.time) at_most(run->started + *config_.limits.time + kTimeBackstop);
    if (!run->kill_at && limits && config_.limits.silence) at_most(run->heard + *config_.limits.silence);
  }
  if (!earliest) return -1;
  const double milliseconds = (*earliest - monotonic_now()) * 1000;
  return milliseconds <= 0 ? 0 : static_cast<int>(std::min(milliseconds, 3.6e6)) + 1;
}

void Keeper::dispatch(std::uint64_t data) {
  const auto source = static_cast<Source>(data % kSources);
  switch (source) {
    case Source::Listener:
      return accept_client();
    case Source::Client:
      return read_client();
    case Source::Signals:
      return read_signals();
    case Source::Reports:
      return read_reports();
    case Source::Out:
    case Source::Err:
      break;
  }
  const auto run = runs_.find(data / kSources);
  if (run == runs_.end()) return;  // ended while its event was on the way
  RunStream& stream = source == Source::Out ? run->second->out : run->second->err;
  run->second->heard = now_;
  const auto got = run->second->read_stream(stream, buffer_, parser_, reporter(*run->second));
  if (auto remark = run->second->remark(config_); !remark.empty())
    tell(RemarkLine{run->second->key, std::move(remark)}, false);
  if (got == KeeperRun::Got::End) unwatch(stream.pipe);
}

void Keeper::accept_client() {
  Fd client(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!client || getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      (peer.uid != geteuid() && peer.uid != 0))
    return;
  if (client_) read_client();  // the one before is dead or it would not have lost its lock: its last words come first
  client_ = std::move(client);
  reader_ = MessageReader();
  greeted_ = false;
  watch(client_.get(), Source::Client);
}

void Keeper::read_client() {
  while (client_) {
    const ssize_t n = recv(client_.get(), buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) {
      reader_.feed({buffer_.data(), static_cast<std::size_t>(n)});
      while (auto message = reader_.next()) act(std::move(*message));
    }
    if (n <= 0 || reader_.broken()) {
      client_.reset();
      alone_since_ = now_;
      if (config_.attached) end_all();
    } else if (static_cast<std::size_t>(n) < buffer_.size()) {
      return;
    }
  }
}

void Keeper::act(Message&& message) {
  if (auto* hello = std::get_if<Hello>(&message)) return greet(std::move(*hello));
  if (!greeted_) return;
  if (auto* launch_message = std::get_if<Launch>(&message)) return launch(std::move(*launch_message));
  if (const auto* cancel = std::get_if<Cancel>(&message)) {
    Run* run = find(cancel->key);
    if (run && run->cancelled) kill_tree(*run);  // asked twice
    else if (run) terminate(*run, Cause::None), run->cancelled = true;
    return;
  }
  end_all();
}

void Keeper::end_all() {
  ending_ = true;
  for (auto& [id, run] : runs_) kill_tree(*run);
}

void Keeper::greet(Hello&& hello) {
  char answer = kReady;
  auto parser = ReportParser::make(hello.names, hello.patterns);
  if (hello.version != kProtocol || !parser) {
    answer = kOtherVersion;
  } else {
    config_ = std::move(hello);
    parser_ = std::move(*parser);
    base_env_.clear();
    for (const auto& [name, value] : config_.env) base_env_.push_back(name + "=" + value);
    greeted_ = true;
    for (auto& [id, run] : runs_)
      if (config_.memory > 0 && !run->group) watch_memory(*run);  // those it has found may not have been watched
  }
  flush();  // Hone reads the spool once it has the answer
  send(client_.get(), &answer, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Keeper::read_signals() {
  std::array<signalfd_siginfo, 16> infos;
  const ssize_t n = read(signals_.get(), infos.data(), sizeof infos);
  const std::size_t count = n > 0 ? static_cast<std::size_t>(n) / sizeof(signalfd_siginfo) : 0;
  bool child = false;
  for (std::size_t i = 0; i < count; ++i) {
    child = child || infos[i].ssi_signo == SIGCHLD;
    if (infos[i].ssi_signo != SIGTERM) continue;
    ending_ = told_to_end_ = true;
    for (auto& [id, run] : runs_) terminate(*run, Cause::None);
  }
  if (child) reap();
}

void Keeper::read_reports() {
  alignas(inotify_event) std::array<char, 4096> events;
  const ssize_t n = read(reports_.get(), events.data(), events.size());
  for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= n;) {
    inotify_event event;
    std::memcpy(&event, events.data() + at, sizeof event);
    at += static_cast<ssize_t>(sizeof event) + static_cast<ssize_t>(event.len);
    if (event.mask & IN_IGNORED) continue;
    for (auto& [watch, run] : by_watch_) {
      if (watch != event.wd && !(event.mask & IN_Q_OVERFLOW)) continue;
      run->heard = now_;
      run->read_report(buffer_, parser_, reporter(*run));
    }
  }
}

void Keeper::timers() {
  const Limits& limits = config_.limits;
  if (!memory_.empty() && sample_at_ <= now_) sample_memory();
  for (auto& [id, run] : runs_) {
    // The system gives no more watches: looked at now and then.
    if (run->watch < 0) run->read_report(buffer_, parser_, reporter(*run));
    if (run->kill_at) {
      if (*run->kill_at <= now_) kill_tree(*run);
    } else if (limits.time && now_ >= run->started + *limits.time + kTimeBackstop) {
      terminate(*run, Cause::Timeout);
    } else if (limits.silence && now_ >= run->heard + *limits.silence) {
      terminate(*run, Cause::Silent);
    }
  }
}

void Keeper::flush() {
  flush_at_.reset();
  if (!spool_.flush()) {
    flush_at_ = now_ + kKeeperRetry;
    return;
  }
  if (spool_.full()) {
    std::vector<SpawnedLine> alive;
    for (const auto& [id, run] : runs_) alive.push_back({run->key, run->process, run->devices, run->slots});
    spool_.rotate(alive);
    if (!spool_.empty()) flush_at_ = now_ + kKeeperRetry;
  }
  if (!news_ || !client_) return;
  // If its buffer is full of such bytes Hone has news enough.
  send(client_.get(), &kNews, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  news_ = false;
}

}  // namespace hone
