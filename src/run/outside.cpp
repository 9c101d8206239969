#include "run/outside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "exec/process.h"
#include "study/study_file.h"
#include "study/value_json.h"
#include "study/words.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestLine = 16 << 20;

/// As the user gave them: what is maximised is not negated.
Json metrics_json(const StudySpec& spec, const Report& report) {
  Json out = Json::object();
  for (std::size_t i = 0; i < report.loss.size() && i < spec.objectives.size(); ++i)
    out[spec.objectives[i].metric] = number_json(spec.objectives[i].maximize ? -report.loss[i] : report.loss[i]);
  for (std::size_t i = 0; i < report.excess.size() && i < spec.outcomes.size(); ++i) {
    const OutcomeConstraint& outcome = spec.outcomes[i];
    out[outcome.metric] =
        number_json(outcome.at_most ? outcome.bound + report.excess[i] : outcome.bound - report.excess[i]);
  }
  return out;
}

bool has_ended(const Trial& trial) {
  return trial.phase == Phase::Completed || trial.phase == Phase::Stopped || trial.phase == Phase::Failed;
}

/// The lines that say what became of a trial since `reports` of its reports were told. With its configuration: it may have
/// been proposed before the program was started anew, or by the scheduler.
std::vector<Json> news_of(const StudySpec& spec, const Trial& trial, std::size_t reports, bool ended) {
  std::vector<Json> lines;
  const bool own = trial.source.empty();
  const Json config = config_json(spec.space, trial.config);
  for (; own && spec.fidelity && reports < trial.reports.size(); ++reports) {
    const Report& report = trial.reports[reports];
    lines.push_back(
        {{"tell",
          {{"trial", trial.id}, {"config", config}, {"metrics", metrics_json(spec, report)}, {"at", report.at}}}});
  }
  if (ended || !has_ended(trial)) return lines;
  const Json metrics = trial.reports.empty() ? Json::object() : metrics_json(spec, trial.reports.back());
  if (!own) lines.push_back({{"add", {{"trial", trial.id}, {"config", config}, {"metrics", metrics}}}});
  else if (trial.phase == Phase::Failed)
    lines.push_back(
        {{"tell", {{"trial", trial.id}, {"config", config}, {"failed", cause_text(trial.cause, trial.code)}}}});
  else lines.push_back({{"tell", {{"trial", trial.id}, {"config", config}, {"metrics", metrics}, {"done", true}}}});
  return lines;
}

Result<NamedValues> values_of(const Json& config) {
  NamedValues values;
  for (const auto& [name, value] : config.items()) {
    if (value.is_number_integer()) values.emplace_back(name, value.get<std::int64_t>());
    else if (value.is_number()) values.emplace_back(name, value.get<double>());
    else if (value.is_string()) values.emplace_back(name, value.get<std::string>());
    else return invalid(fmt::format("config.{} is not a number or word", printable(name)));
  }
  return values;
}

}  // namespace

OutsideSearcher::OutsideSearcher(Program program)
    : program_(std::move(program)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

OutsideSearcher::~OutsideSearcher() {
  if (pid_ <= 0) return;
  in_.reset();  // the end of its input asks it to end
  for (int i = 0; i < 50; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    ::usleep(10'000);
  }
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Error OutsideSearcher::broken(const std::string& what) const {
  return {Code::Unavailable, fmt::format("searcher: `{}`: {}; what it wrote is in {}", printable(program_.command),
                                         what, printable(program_.log))};
}

Result<void> OutsideSearcher::start(const Study& study) {
  auto words = split_command(program_.command);
  if (!words || words->empty()) return tl::unexpected(broken("is no command line"));
  int to[2], from[2];
  if (::pipe2(to, O_CLOEXEC) != 0) return tl::unexpected(broken(std::strerror(errno)));
  in_.reset(to[1]);
  Fd its_in(to[0]);
  if (::pipe2(from, O_CLOEXEC) != 0) return tl::unexpected(broken(std::strerror(errno)));
  out_.reset(from[0]);
  Fd its_out(from[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, program_.folder.c_str());
  posix_spawn_file_actions_adddup2(&actions, its_in.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, its_out.get(), 1);
  posix_spawn_file_actions_addopen(&actions, 2, program_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none, every;
  sigemptyset(&none);
  sigfillset(&every);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &every);
  posix_spawnattr_setpgroup(&how, 0);  // Ctrl-C is for Hone, which ends it
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> settings;
  for (const auto& [name, value] : program_.env) settings.push_back(name + "=" + value);
  std::vector<char*> argv, env;
  for (std::string& word : *words) argv.push_back(word.data());
  for (std::string& setting : settings) env.push_back(setting.data());
  argv.push_back(nullptr);
  env.push_back(nullptr);
  const int error = ::posix_spawnp(&pid_, argv[0], &actions, &how, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&how);
  its_in.reset();
  its_out.reset();  // else its end would not end what is read
  if (error != 0) {
    pid_ = 0;
    return fail(Code::Unavailable,  // it wrote nothing
                fmt::format("searcher: `{}` cannot be started in {}: {}; mend it, then run the same command again",
                            printable(program_.command), printable(program_.folder), std::strerror(error)));
  }
  Json definition = Json::parse(study_json(study.spec()));
  for (const char* key : {"command", "env", "limits", "resources", "metrics"}) definition.erase(key);
  for (const auto& [fd, news] : {std::pair(in_.get(), EPOLLOUT), std::pair(out_.get(), EPOLLIN)}) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    // Edges: what it says unasked must not keep the loop from sleeping.
    epoll_event event{.events = static_cast<std::uint32_t>(news) | EPOLLET, .data = {.fd = fd}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return tl::unexpected(broken(std::strerror(errno)));
  }
  push(Json{{"study", definition}}.dump());
  return {};
}

void OutsideSearcher::push(std::string line) {
  lines_.push_back(std::move(line) + "\n");
  if (lines_.size() == 1) begin();
}

void OutsideSearcher::begin() {
  sent_ = 0;
  since_ = monotonic_now();
}

void OutsideSearcher::send() {
  while (!hung_up_ && !lines_.empty() && sent_ < lines_.front().size()) {
    const ssize_t put = ::write(in_.get(), lines_.front().data() + sent_, lines_.front().size() - sent_);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) hung_up_ = true;
    else sent_ += static_cast<std::size_t>(put);
  }
}

void OutsideSearcher::receive() {
  char bytes[65536];
  while (buffer_.size() <= kLongestLine) {
    const ssize_t got = ::read(out_.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      hung_up_ = true;
      return;
    }
    buffer_.append(bytes, static_cast<std::size_t>(got));
  }
}

/// The answer to the first of the lines, if it is there; then the next is begun.
bool OutsideSearcher::take_answer() {
  if (lines_.empty()) return false;
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos) {
    if (hung_up_) broken_ = broken("has ended");
    else if (buffer_.size() > kLongestLine) broken_ = broken("answers with a line that does not end");
    return false;
  }
  answer_ = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  const Json json = Json::parse(answer_, nullptr, false);
  if (!json.is_object())
    broken_ = broken(fmt::format("answers {}, which is no JSON object", printable(answer_.substr(0, 80))));
  else if (json.contains("error"))
    broken_ = broken(fmt::format("says {}", printable(json["error"].dump().substr(0, 300))));
  if (broken_) return false;
  lines_.pop_front();
  begin();
  return true;
}

void OutsideSearcher::pump() {
  if (pid_ <= 0 || broken_) return;
  epoll_event news[2];
  ::epoll_wait(epoll_.get(), news, 2, 0);  // each edge is told once
  do {
    send();
    receive();
  } while (take_answer());
  if (!broken_) return;
  in_.reset();
  out_.reset();
}

void OutsideSearcher::catch_up(const Study& study) {
  const auto& trials = study.trials();
  heard_.resize(trials.size());
  for (std::size_t i = open_; i < trials.size(); ++i) {
    Heard& heard = heard_[i];
    for (const Json& line : news_of(study.spec(), trials[i], heard.reports, heard.ended)) push(line.dump());
    heard = {trials[i].reports.size(), has_ended(trials[i])};
  }
  while (open_ < heard_.size() && heard_[open_].ended) ++open_;
}

Result<std::optional<Proposed>> OutsideSearcher::propose(const Study& study, const Ask& ask) {
  if (pid_ == 0)
    if (auto ok = start(study); !ok) return tl::unexpected(ok.error());
  if (!asked_) {
    catch_up(study);
    push(Json{{"ask", 1}, {"trial", ask.trial}, {"until", ask.until}}.dump());
    asked_ = ask.trial;
  }
  pump();
  if (broken_) return tl::unexpected(*broken_);
  if (!lines_.empty()) {
    if (monotonic_now() - since_ <= program_.patience) return std::nullopt;
    return tl::unexpected(broken(fmt::format("did not answer within {}", duration_text(program_.patience))));
  }
  const TrialId trial = *std::exchange(asked_, std::nullopt);
  if (trial != ask.trial) return propose(study, ask);
  return read_answer(study, trial);
}

Result<Proposed> OutsideSearcher::read_answer(const Study& study, TrialId trial) const {
  const Json json = Json::parse(answer_, nullptr, false);
  const auto lacking = [&] {
    return tl::unexpected(broken("answers an ask without {\"trials\": [{\"config\": {..}}]}"));
  };
  if (!json.contains("trials") || !json["trials"].is_array()) return lacking();
  if (json["trials"].empty()) return Proposed{trial, {}, "it has nothing left"};
  const Json& first = json["trials"][0];
  if (!first.is_object() || !first.contains("config") || !first["config"].is_object()) return lacking();
  const auto values = values_of(first["config"]);
  if (!values) return tl::unexpected(broken(values.error().what));
  auto config = study.spec().space.check(*values);
  if (!config) return tl::unexpected(broken("proposes a configuration outside the space: " + config.error().what));
  std::string why = first.contains("why") && first["why"].is_string() ? first["why"].get<std::string>() : "";
  return Proposed{trial, std::move(*config), printable(why.substr(0, 1000))};
}

}  // namespace hone
