#include "run/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include "study/event_json.h"

namespace hone {
namespace {

constexpr const char* kSocket = "control.sock";
constexpr int kPatience = 30;          // seconds for an answer
constexpr std::size_t kPacket = 4096;  // bytes at most
constexpr std::size_t kClients = 64;   // that have not said anything yet

/// Short enough for a socket's address wherever the study lies.
sockaddr_un address(const Fd& folder) {
  sockaddr_un result{};
  result.sun_family = AF_UNIX;
  std::snprintf(result.sun_path, sizeof result.sun_path, "/proc/self/fd/%d/%s", folder.get(), kSocket);
  return result;
}

Fd open_folder(const std::string& path) { return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

std::string packet(const Steered& steered) { return fmt::format("{} {}", steered.trial, event_body({0, steered})); }

std::optional<Steered> read_packet(std::string_view text) {
  TrialId trial = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), trial);
  if (error != std::errc() || end == text.data() + text.size()) return std::nullopt;
  const auto event = EventReader().read("Steered", trial, 0, text.substr(static_cast<std::size_t>(end - text.data())));
  return event ? std::optional(std::get<Steered>(event->fact)) : std::nullopt;
}

bool is_ours(int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

void send_answer(const Fd& client, const Result<void>& result) {
  const std::string text = result ? "+" : "-" + result.error().what;
  ::send(client.get(), text.data(), std::min(text.size(), kPacket), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Result<std::unique_ptr<Control>> Control::listen(const std::string& study_folder) {
  std::unique_ptr<Control> control(new Control);
  control->folder_ = open_folder(study_folder);
  control->listener_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  control->epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  unlinkat(control->folder_.get(), kSocket, 0);
  const sockaddr_un at = address(control->folder_);
  epoll_event event{.events = EPOLLIN, .data = {.fd = control->listener_.get()}};
  if (::bind(control->listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(control->listener_.get(), 8) != 0 ||
      epoll_ctl(control->epoll_.get(), EPOLL_CTL_ADD, control->listener_.get(), &event) != 0)
    return fail(Code::Unavailable,
                fmt::format("{}/{}: no socket can be made there: {}", study_folder, kSocket, std::strerror(errno)));
  return control;
}

Control::~Control() {
  if (listener_) unlinkat(folder_.get(), kSocket, 0);
}

void Control::accept_all() {
  while (true) {
    Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    epoll_event event{.events = EPOLLIN, .data = {.fd = client.get()}};
    if (!is_ours(client.get()) || clients_.size() >= kClients ||
        epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.get(), &event) != 0)
      continue;
    const int number = client.get();
    clients_[number] = std::make_shared<Fd>(std::move(client));
  }
}

std::vector<Request> Control::take() {
  std::vector<Request> requests;
  accept_all();
  std::array<char, kPacket> buffer;
  for (auto it = clients_.begin(); it != clients_.end();) {
    const ssize_t n = ::recv(it->first, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      ++it;
      continue;
    }
    const auto client = it->second;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, it->first, nullptr);
    it = clients_.erase(it);
    if (n <= 0) continue;
    if (const auto steered = read_packet({buffer.data(), static_cast<std::size_t>(n)}))
      requests.push_back({*steered, [client](const Result<void>& result) { send_answer(*client, result); }});
    else send_answer(*client, invalid("the request was not understood; is it from another version of hone?"));
  }
  return requests;
}

Result<void> ask_runner(const std::string& study_folder, const Steered& steered) {
  const Fd folder = open_folder(study_folder);
  const Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un at = address(folder);
  if (!folder || !socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return fail(Code::NotFound, "nobody runs it");
  const std::string text = packet(steered);
  std::array<char, kPacket> buffer;
  pollfd entry{socket.get(), POLLIN, 0};
  const bool sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0;
  const ssize_t n =
      sent && ::poll(&entry, 1, kPatience * 1000) > 0 ? ::recv(socket.get(), buffer.data(), buffer.size(), 0) : -1;
  if (n <= 0)
    return fail(
        Code::Unavailable,
        fmt::format("the process that runs it ended meanwhile or did not answer within {} s; see `hone status` for "
                    "whether it has done it, or try again",
                    kPatience));
  if (buffer[0] == '+') return {};
  return invalid(std::string(buffer.data() + 1, static_cast<std::size_t>(n) - 1));
}

}  // namespace hone
