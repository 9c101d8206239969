#include "exec/keeper_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "hone/registry.h"

namespace hone {
namespace {

constexpr std::int64_t kAllReports = 65536, kEveryReport = 1024;
constexpr std::size_t kTail = 32 << 10;  // a traceback, and what other processes of the run say after it
constexpr std::size_t kMostNames = 64, kPartOfName = 3;
constexpr std::int64_t kLinesForNames = 10'000;
constexpr int kDrainReads = 1024;  // a pipe holds less, unless somebody outside of the tree goes on writing

void keep_tail(std::string& tail, std::string_view bytes) {
  if (bytes.size() > kTail) bytes.remove_prefix(bytes.size() - kTail);
  tail += bytes;
  if (tail.size() > 2 * kTail) tail.erase(0, tail.size() - kTail);
}

/// The name among `names` that may be another spelling of `wanted`.
std::string likely_name(const std::string& wanted, const std::vector<std::string>& names) {
  std::string nearest = nearest_name(wanted, names);
  for (std::size_t i = 0; i < names.size() && nearest.empty(); ++i)  // val_acc and val_accuracy, loss and train/loss
    if (wanted.size() >= kPartOfName && names[i].size() >= kPartOfName &&
        (names[i].find(wanted) != std::string::npos || wanted.find(names[i]) != std::string::npos))
      nearest = names[i];
  return nearest;
}

}  // namespace

std::optional<std::string> KeeperRun::prepare(const Launch& launch, std::int64_t log_limit, Fd (&ends)[2]) {
  const auto wrong = [&](const std::string& name) {
    return fmt::format("cannot make {}: {}", printable(folder + name),
                       errno == EINVAL ? "something else is in its place" : std::strerror(errno));
  };
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return wrong("");
  at.reset(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!at) return wrong("");
  if (launch.fresh)  // the old one stays beside the new one
    renameat(at.get(), "files", at.get(), fmt::format("files.before-{}", key.attempt).c_str());
  if (mkdirat(at.get(), "files", 0700) != 0 && errno != EEXIST) return wrong("/files");
  const std::string& params = launch.params;
  const Fd params_file = open_run_file(at.get(), "params.json", O_WRONLY | O_TRUNC);
  if (!params_file || write(params_file.get(), params.data(), params.size()) != static_cast<ssize_t>(params.size()))
    return wrong("/params.json");
  if (!out.log.open(at.get(), "stdout", log_limit)) return wrong("/stdout");
  if (!err.log.open(at.get(), "stderr", log_limit)) return wrong("/stderr");
  const std::string report_name = fmt::format("report.{}", key.attempt);
  report = open_run_file(at.get(), report_name, O_RDONLY);
  if (!report) return wrong("/" + report_name);
  int index = 0;
  for (RunStream* stream : {&out, &err}) {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) != 0) return fmt::format("no pipe: {}", std::strerror(errno));
    stream->pipe.reset(pipe[0]);
    ends[index++].reset(pipe[1]);
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);  // our end only: programs expect to write without EAGAIN
  }
  return std::nullopt;
}

LineReader::Each KeeperRun::line_taker(const ReportParser& parser, const Each& each) {
  return [&](std::string_view text) {
    ++lines_;
    if (auto metrics = parser.printed(text)) {
      each({std::move(*metrics), {}});
    } else if (objectives_seen_.empty() && lines_ <= kLinesForNames && names_.size() < kMostNames) {
      for (const std::string& name : parser.names_in(text)) take_name(name);
    }
  };
}

KeeperRun::Got KeeperRun::read_stream(RunStream& stream, std::span<char> buffer, const ReportParser& parser,
                                      const Each& each) {
  if (!stream.pipe) return Got::End;
  const ssize_t n = read(stream.pipe.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Got::Nothing;
  const LineReader::Each line = line_taker(parser, each);
  if (n <= 0) {
    stream.lines.finish(line);
    return Got::End;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
  stream.log.write(bytes);
  keep_tail(stream.tail, bytes);
  stream.lines.feed(bytes, line);
  return Got::Bytes;
}

void KeeperRun::read_report(std::span<char> buffer, const ReportParser& parser, const Each& each) {
  const LineReader::Each line = [&](std::string_view text) {
    if (auto found = parser.appended(text)) each(std::move(*found));
  };
  for (int reads = 0; reads < kDrainReads; ++reads) {
    const ssize_t n = pread(report.get(), buffer.data(), buffer.size(), report_offset_);
    if (n > 0) {
      report_offset_ += n;
      report_lines_.feed({buffer.data(), static_cast<std::size_t>(n)}, line);
      if (static_cast<std::size_t>(n) == buffer.size()) continue;
      return;
    }
    struct stat info {};  // written over instead of appended to: read from its start
    if (n < 0 || report_offset_ == 0 || fstat(report.get(), &info) != 0 || info.st_size >= report_offset_) return;
    report_offset_ = 0;
    report_lines_ = LineReader();
  }
}

void KeeperRun::drain(std::span<char> buffer, const ReportParser& parser, const Each& each) {
  for (RunStream* stream : {&out, &err}) {
    // Empty but not at its end: held open by somebody outside of the tree.
    for (int reads = 0; reads < kDrainReads && read_stream(*stream, buffer, parser, each) == Got::Bytes; ++reads) {
    }
    stream->lines.finish(line_taker(parser, each));
  }
  read_report(buffer, parser, each);
  report_lines_.finish([&](std::string_view text) {
    if (auto found = parser.appended(text)) each(std::move(*found));
  });
}

Reported KeeperRun::reported(TrialReport&& report) {
  Reported reported;
  reported.trial = key.trial;
  reported.attempt = key.attempt;
  reported.n = ++written_;
  reported.metrics = std::move(report.metrics);
  reported.infeasible = std::move(report.infeasible);
  return reported;
}

std::optional<Reported> KeeperRun::number(TrialReport&& report) {
  ++seen_;
  if (seen_ > kAllReports && seen_ % kEveryReport != 0 && report.infeasible.empty()) {
    held_ = std::move(report);
    return std::nullopt;
  }
  held_.reset();
  return reported(std::move(report));
}

std::optional<Reported> KeeperRun::held_back() {
  if (!held_) return std::nullopt;
  auto last = reported(std::move(*held_));
  held_.reset();
  return last;
}

void KeeperRun::used(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  largest = std::max(largest, static_cast<std::int64_t>(usage.ru_maxrss) * 1024);
}

void KeeperRun::saw(const TrialReport& report, const Hello& settings) {
  infeasible_ = infeasible_ || !report.infeasible.empty();
  const auto objectives = std::min(static_cast<std::size_t>(settings.objectives), settings.names.size());
  if (objectives_seen_.size() >= objectives) return;
  for (const auto& [name, value] : report.metrics) {
    for (std::size_t i = 0; i < objectives; ++i)
      if (name == settings.names[i]) objectives_seen_.insert(i);
    take_name(name);
  }
}

void KeeperRun::take_name(const std::string& name) {
  if (names_.size() < kMostNames && std::find(names_.begin(), names_.end(), name) == names_.end())
    names_.push_back(name);
}

std::string KeeperRun::remark(const Hello& settings) {
  struct stat info {};
  if (remarked_ || lines_ < kLinesForRemark || seen_ > 0 || signalled) return {};
  if (fstat(report.get(), &info) != 0 || info.st_size > 0) return {};  // a line of it may be on its way
  remarked_ = true;
  return hint(settings, kLinesForRemark);
}

std::string KeeperRun::hint(const Hello& settings, std::int64_t lines) const {
  std::size_t missing = 0;
  while (objectives_seen_.contains(missing)) ++missing;
  const auto objectives = std::min(static_cast<std::size_t>(settings.objectives), settings.names.size());
  if (infeasible_ || missing >= objectives) return {};
  const std::string& wanted = settings.names[missing];
  const std::string meant = likely_name(wanted, names_);
  return fmt::format(
      "no {} seen in {} line{}; {}", seen_ == 0 ? "metric" : wanted, lines, lines == 1 ? "" : "s",
      meant.empty() ? fmt::format("it must print {}=VALUE", wanted) : fmt::format("did you mean {}?", meant));
}

}  // namespace hone
