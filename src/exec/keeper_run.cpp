#include "exec/keeper_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::int64_t kAllReports = 65536, kEveryReport = 1024;
constexpr std::size_t kTail = 4096, kLastWords = 2048;
constexpr int kLastLines = 20;
constexpr int kDrainReads = 1024;  // a pipe holds less, unless somebody outside of the tree goes on writing
constexpr std::string_view kCut = "\n[log cut here by limits.log]\n";

void keep_tail(std::string& tail, std::string_view bytes) {
  if (bytes.size() > kTail) bytes.remove_prefix(bytes.size() - kTail);
  tail += bytes;
  if (tail.size() > 2 * kTail) tail.erase(0, tail.size() - kTail);
}

std::string words(std::string tail) {
  std::replace(tail.begin(), tail.end(), '\r', '\n');
  const auto last = tail.find_last_not_of("\n \t");
  if (last == std::string::npos) return {};
  tail.resize(last + 1);
  std::size_t start = tail.size() > kLastWords ? tail.size() - kLastWords : 0;
  if (start > 0 && tail.find('\n', start) != std::string::npos) start = tail.find('\n', start) + 1;  // at a whole line
  std::size_t from = tail.size();
  for (int line = 0; line < kLastLines && from != std::string::npos && from > start; ++line)
    from = tail.rfind('\n', from - 1);
  if (from != std::string::npos && from >= start && tail[from] == '\n') start = from + 1;
  return printable(std::string_view(tail).substr(start), true);
}

/// A file of a run, made anew or opened again. Whatever a trial put into its place (a link, a FIFO) is refused.
Fd open_file(const std::string& path, int flags, bool fresh) {
  Fd file(open(path.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file || fresh) return file;
  struct stat info {};
  if (fstat(file.get(), &info) != 0 || S_ISREG(info.st_mode)) return file;
  errno = EINVAL;
  return {};
}

}  // namespace

bool RunLog::open(const std::string& path, bool fresh, std::int64_t limit) {
  file_ = open_file(path, O_WRONLY | O_APPEND, fresh);
  if (!file_) return false;
  const auto size = fresh ? 0 : static_cast<std::int64_t>(lseek(file_.get(), 0, SEEK_END));
  left_ = std::max<std::int64_t>(0, limit - size);
  return true;
}

void RunLog::write(std::string_view bytes) {
  if (left_ == 0 || bytes.empty()) return;
  const std::string_view part =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(bytes.size()))));
  left_ -= static_cast<std::int64_t>(part.size());
  // A full disk loses output, but neither the run nor its reports.
  if (::write(file_.get(), part.data(), part.size()) < 0) return;
  if (left_ == 0 && ::write(file_.get(), kCut.data(), kCut.size()) < 0) return;
}

std::optional<std::string> KeeperRun::prepare(const std::string& params, std::int64_t log_limit, Fd (&ends)[2]) {
  const auto wrong = [&](const std::string& path) {
    return fmt::format("cannot make {}: {}", printable(path),
                       errno == EINVAL ? "something else is in its place" : std::strerror(errno));
  };
  const bool fresh = mkdir(folder.c_str(), 0700) == 0;
  if (!fresh && errno != EEXIST) return wrong(folder);
  const std::string files = folder + "/files", json = folder + "/params.json";
  const std::string report_path = fmt::format("{}/report.{}", folder, key.attempt);
  if (mkdir(files.c_str(), 0700) != 0 && errno != EEXIST) return wrong(files);
  const Fd params_file = open_file(json, O_WRONLY | O_TRUNC, fresh);
  if (!params_file || write(params_file.get(), params.data(), params.size()) != static_cast<ssize_t>(params.size()))
    return wrong(json);
  if (!out.log.open(folder + "/stdout", fresh, log_limit)) return wrong(folder + "/stdout");
  if (!err.log.open(folder + "/stderr", fresh, log_limit)) return wrong(folder + "/stderr");
  report = open_file(report_path, O_RDONLY, fresh);
  if (!report) return wrong(report_path);
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

KeeperRun::Got KeeperRun::read_stream(RunStream& stream, std::span<char> buffer, const ReportParser& parser,
                                      const Each& each) {
  if (!stream.pipe) return Got::End;
  const ssize_t n = read(stream.pipe.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Got::Nothing;
  const LineReader::Each line = [&](std::string_view text) {
    if (auto metrics = parser.printed(text)) each({std::move(*metrics), {}});
  };
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
    stream->lines.finish([&](std::string_view text) {
      if (auto metrics = parser.printed(text)) each({std::move(*metrics), {}});
    });
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

std::string KeeperRun::last_words() const {
  std::string text = words(err.tail);
  return text.empty() ? words(out.tail) : text;
}

}  // namespace hone
