#include "exec/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

namespace hone {
namespace {

using Json = nlohmann::json;

Json number_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}
double read_number(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto& text = json.get_ref<const std::string&>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  return text == "-inf" ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
}

void put_mark(Json& json, const ProcessMark& mark) {
  json["pid"] = mark.pid;
  json["born"] = {mark.born_from, mark.born_to};
  json["boot"] = mark.boot;
}
ProcessMark read_mark(const Json& json) {
  const Json& born = json.at("born");
  return {json.at("pid").get<pid_t>(), born.at(0).get<std::int64_t>(), born.at(1).get<std::int64_t>(),
          json.at("boot").get<std::string>()};
}

Json to_json(const KeeperLine& line) {
  Json json = {{"line", "keeper"}};
  put_mark(json, line.keeper);
  return json;
}
Json to_json(const SpawnedLine& line) {
  Json json = {
      {"line", "spawned"}, {"trial", line.key.trial}, {"attempt", line.key.attempt}, {"devices", line.devices}};
  if (line.slots != 1) json["slots"] = line.slots;
  put_mark(json, line.process);
  return json;
}
Json to_json(const RemarkLine& line) {
  return {{"line", "remark"}, {"trial", line.key.trial}, {"attempt", line.key.attempt}, {"text", line.text}};
}
Json to_json(const NextLine&) { return {{"line", "next"}}; }
Json to_json(const Notice& notice) {
  if (const auto* exited = std::get_if<Exited>(&notice.fact)) {
    Json json = {{"line", "exited"},
                 {"time", notice.time},
                 {"trial", exited->trial},
                 {"attempt", exited->attempt},
                 {"cause", static_cast<int>(exited->cause)},
                 {"code", exited->code},
                 {"cpu", exited->cpu_seconds},
                 {"memory", exited->peak_memory}};
    if (!exited->detail.empty()) json["detail"] = exited->detail;
    if (exited->outside) json["outside"] = true;
    return json;
  }
  const auto& reported = std::get<Reported>(notice.fact);
  Json metrics = Json::array();
  for (const auto& [name, value] : reported.metrics) metrics.push_back({name, number_json(value)});
  Json json = {{"line", "reported"},          {"time", notice.time}, {"trial", reported.trial},
               {"attempt", reported.attempt}, {"n", reported.n},     {"metrics", std::move(metrics)}};
  if (!reported.infeasible.empty()) json["infeasible"] = reported.infeasible;
  return json;
}

Exited read_exited(const Json& json) {
  Exited exited;
  exited.trial = json.at("trial").get<TrialId>();
  exited.attempt = json.at("attempt").get<int>();
  const int cause = json.at("cause").get<int>();
  exited.cause = cause >= 0 && cause <= static_cast<int>(Cause::Lost) ? static_cast<Cause>(cause) : Cause::Lost;
  exited.code = json.at("code").get<int>();
  exited.cpu_seconds = json.at("cpu").get<double>();
  exited.peak_memory = json.at("memory").get<std::int64_t>();
  exited.detail = json.value("detail", std::string());
  exited.outside = json.value("outside", false);
  return exited;
}
Reported read_reported(const Json& json) {
  Reported reported;
  reported.trial = json.at("trial").get<TrialId>();
  reported.attempt = json.at("attempt").get<int>();
  reported.n = json.at("n").get<int>();
  for (const Json& metric : json.at("metrics"))
    reported.metrics.emplace_back(metric.at(0).get<std::string>(), read_number(metric.at(1)));
  reported.infeasible = json.value("infeasible", std::string());
  return reported;
}

std::optional<SpoolLine> read_line(const Json& json) {
  const auto& kind = json.at("line").get_ref<const std::string&>();
  if (kind == "keeper") return KeeperLine{read_mark(json)};
  if (kind == "spawned")
    return SpawnedLine{{json.at("trial").get<TrialId>(), json.at("attempt").get<int>()},
                       read_mark(json),
                       json.at("devices").get<std::vector<std::string>>(),
                       json.value("slots", 1)};
  if (kind == "exited") return Notice{json.at("time").get<double>(), read_exited(json)};
  if (kind == "reported") return Notice{json.at("time").get<double>(), read_reported(json)};
  if (kind == "remark")
    return RemarkLine{{json.at("trial").get<TrialId>(), json.at("attempt").get<int>()},
                      json.at("text").get<std::string>()};
  if (kind == "next") return NextLine{};
  return std::nullopt;
}

bool write_all(int fd, std::string& text, std::int64_t& written) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    written += n;
    text.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

Fd create_spool(int folder, int number) {
  return Fd(openat(folder, spool_name(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                   0600));
}

}  // namespace

std::string spool_name(int number) { return fmt::format("{}.jsonl", number); }

std::string spool_line(const SpoolLine& line) {
  const Json json = std::visit([](const auto& value) { return to_json(value); }, line);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<SpoolLine> read_spool_line(std::string_view text) {
  try {  // the library's accessors throw
    return read_line(Json::parse(text));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::vector<int> spool_files(int folder) {
  std::vector<int> numbers;
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(copy), closedir);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
    int number = 0;
    const std::string_view name = entry->d_name;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && number > 0 && std::string_view(end) == ".jsonl") numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

SpoolWriter::SpoolWriter(int folder, int number, ProcessMark keeper)
    : folder_(folder), number_(number), keeper_(std::move(keeper)) {
  add(KeeperLine{keeper_});
}

bool SpoolWriter::flush() {
  if (!old_text_.empty()) {
    std::int64_t written = 0;
    if (!write_all(old_.get(), old_text_, written)) return false;
    old_.reset();
  }
  if (buffer_.empty()) return true;
  if (!file_) file_ = create_spool(folder_, number_);
  return file_ && write_all(file_.get(), buffer_, written_);
}

void SpoolWriter::rotate(const std::vector<SpawnedLine>& alive) {
  if (!flush()) return;
  Fd next = create_spool(folder_, number_ + 1);
  if (!next) return;  // the old one grows on
  old_ = std::exchange(file_, std::move(next));
  old_text_ = spool_line(NextLine{});
  ++number_;
  written_ = 0;
  add(KeeperLine{keeper_});
  for (const SpawnedLine& run : alive) add(run);
  flush();
}

SpoolReader::SpoolReader(int folder, int number) : folder_(folder), number_(number) {}

constexpr std::size_t kBuffer = 256 << 10;

Result<std::vector<SpoolLine>> SpoolReader::read(std::size_t bytes) {
  std::vector<SpoolLine> lines;
  if (!file_) file_.reset(openat(folder_, spool_name(number_).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file_) {
    if (errno == ENOENT) return lines;
    return fail(Code::Unavailable,
                fmt::format("keeper/{}: cannot be read: {}", spool_name(number_), std::strerror(errno)));
  }
  while (bytes > 0 && lines.empty()) {
    const std::size_t before = partial_.size(), want = std::min<std::size_t>(bytes, kBuffer);
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(kBuffer);  // a resize would clear it at each call
    const ssize_t n = pread(file_.get(), buffer_.get(), want, offset_);
    if (n < 0 && errno != EINTR)
      return fail(Code::Unavailable,
                  fmt::format("keeper/{}: cannot be read: {}", spool_name(number_), std::strerror(errno)));
    if (n <= 0) return lines;
    partial_.append(buffer_.get(), static_cast<std::size_t>(n));
    offset_ += n;
    std::size_t start = 0;
    for (std::size_t end = partial_.find('\n', before); end != std::string::npos; end = partial_.find('\n', start)) {
      if (auto line = read_spool_line(std::string_view(partial_).substr(start, end - start)))
        lines.push_back(std::move(*line));
      start = end + 1;
    }
    partial_.erase(0, start);
  }
  return lines;
}

}  // namespace hone
