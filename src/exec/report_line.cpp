#include "exec/report_line.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::size_t kLongestLine = 64 << 10;
constexpr std::size_t kLongestForPatterns = 4 << 10;
constexpr std::size_t kMostMetrics = 1000;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestReason = 500;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Part of a name of a metric: val/acc, top-1, train.loss, f1@5, naïve.
bool is_name(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '/' || c == '-' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// A number at the start of `text`; `used` is its length.
std::optional<double> read_number(std::string_view text, std::size_t& used) {
  std::string_view digits = text;
  if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {  // 1e999, 1e-999: what strtod makes of it
    value = std::strtod(std::string(digits.data(), end).c_str(), nullptr);
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  used = static_cast<std::size_t>(end - text.data());
  return value;
}

/// May a number end before `rest`?
bool ends_number(std::string_view rest) {
  if (rest.empty()) return true;
  if (is_letter(rest[0]) || static_cast<unsigned char>(rest[0]) >= 0x80) return false;  // 12ms, 0x10, 1_000
  const bool digit_follows = rest.size() > 1 && is_digit(rest[1]);
  return !((rest[0] == ',' || rest[0] == ':' || rest[0] == '.' || rest[0] == '-') &&
           digit_follows);  // 1,5 10:30 1.2.3 2024-01
}

std::optional<double> whole_number(std::string_view text) {
  std::size_t used = 0;
  const auto value = read_number(text, used);
  return value && used == text.size() ? value : std::nullopt;
}

void put(Metrics& metrics, std::string_view name, double value) {
  if (name.empty() || name.size() > kLongestName) return;
  const std::string clean = printable(name);
  const auto at =
      std::find_if(metrics.begin(), metrics.end(), [&](const auto& metric) { return metric.first == clean; });
  if (at != metrics.end()) at->second = value;
  else if (metrics.size() < kMostMetrics) metrics.emplace_back(clean, value);
}

std::size_t blanks_after(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

/// The name that ends where `left` ends: a known one, however it is spelled, or a run of name characters that starts
/// with a letter; quotes around it are taken off.
std::string_view name_before(std::string_view left, const std::vector<std::string>& known) {
  while (!left.empty() && left.back() == ' ') left.remove_suffix(1);
  char quote = 0;
  if (!left.empty() && (left.back() == '"' || left.back() == '\'')) {
    quote = left.back();
    left.remove_suffix(1);
  }
  const auto boundary = [&](std::size_t start) {
    return quote ? start > 0 && left[start - 1] == quote : start == 0 || !is_name(left[start - 1]);
  };
  for (const std::string& name : known)
    if (left.ends_with(name) && boundary(left.size() - name.size())) return left.substr(left.size() - name.size());
  std::size_t start = left.size();
  while (start > 0 && is_name(left[start - 1])) --start;
  if (start == left.size() || !boundary(start)) return {};
  if (!is_letter(left[start]) && static_cast<unsigned char>(left[start]) < 0x80) return {};  // 12:30, --lr=1, //host:80
  return left.substr(start);
}

/// Every `name=value` and `name: value` of the line.
Metrics named_numbers(std::string_view line, const std::vector<std::string>& known) {
  Metrics metrics;
  for (std::size_t at = line.find_first_of("=:"); at != std::string_view::npos; at = line.find_first_of("=:", at + 1)) {
    const std::size_t start = blanks_after(line, at + 1);
    std::size_t used = 0;
    const auto value = read_number(line.substr(start), used);
    if (!value || !ends_number(line.substr(start + used))) continue;
    put(metrics, name_before(line.substr(0, at), known), *value);
  }
  return metrics;
}

std::optional<TrialReport> read_object(std::string_view line) {
  if (line.empty() || line.front() != '{' || line.back() != '}') return std::nullopt;
  const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;  // discarded: not JSON (NaN as Python writes it, a printed dict)
  TrialReport report;
  for (const auto& [name, value] : json.items()) {
    if (value.is_number()) {
      put(report.metrics, name, value.get<double>());
    } else if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      if (name == "infeasible")
        report.infeasible = text.empty() ? "infeasible" : printable(text).substr(0, kLongestReason);
      else if (const auto number = whole_number(text)) put(report.metrics, name, *number);
    }
  }
  return report;
}

/// As find_first_of("\r\n"), at the speed of memchr.
std::size_t line_end(std::string_view text) {
  const std::size_t end = text.find('\n');
  return std::min(end, text.substr(0, end).find('\r'));
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void LineReader::feed(std::string_view bytes, const Each& each) {
  while (!bytes.empty()) {
    const std::size_t end = line_end(bytes);
    const bool complete = end != std::string_view::npos;
    const std::string_view part = complete ? bytes.substr(0, end) : bytes;
    bytes.remove_prefix(complete ? end + 1 : bytes.size());
    if (complete && partial_.empty() && !skipping_) {
      if (!part.empty()) each(part.substr(0, kLongestLine));
      continue;
    }
    if (!skipping_) {
      partial_.append(part.substr(0, kLongestLine - partial_.size()));
      if (partial_.size() == kLongestLine) {
        skipping_ = true;
        each(partial_);
        partial_.clear();
      }
    }
    if (complete) {
      finish(each);
      skipping_ = false;
    }
  }
}

void LineReader::finish(const Each& each) {
  if (!partial_.empty()) each(partial_);
  partial_.clear();
}

struct ReportParser::State {
  std::vector<std::string> names;  // longest first, so that of two that end alike the longer is meant
  std::vector<std::pair<std::string, std::unique_ptr<RE2>>> patterns;

  bool known(const Metrics& metrics) const {
    return std::any_of(metrics.begin(), metrics.end(), [&](const auto& metric) {
      return std::find(names.begin(), names.end(), metric.first) != names.end();
    });
  }
  bool mentions(std::string_view line) const {
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return line.find(name) != line.npos; });
  }
  Metrics by_pattern(std::string_view line) const {
    Metrics metrics;
    for (const auto& [metric, expression] : patterns) {
      re2::StringPiece group;
      if (!RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *expression, &group)) continue;
      if (const auto value = whole_number(strip({group.data(), group.size()}))) put(metrics, metric, *value);
    }
    return metrics;
  }
};

ReportParser::ReportParser() : state_(std::make_unique<State>()) {}
ReportParser::ReportParser(ReportParser&&) noexcept = default;
ReportParser& ReportParser::operator=(ReportParser&&) noexcept = default;
ReportParser::~ReportParser() = default;

Result<ReportParser> ReportParser::make(std::vector<std::string> names,
                                        const std::vector<std::pair<std::string, std::string>>& patterns) {
  ReportParser parser;
  std::erase(names, std::string());
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  parser.state_->names = std::move(names);
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(8 << 20);
  options.set_encoding(RE2::Options::EncodingLatin1);  // output is bytes
  for (const auto& [metric, text] : patterns) {
    auto expression = std::make_unique<RE2>(text, options);
    if (!expression->ok())
      return invalid(fmt::format("metrics.{}: `{}` is no regular expression: {}; write it as RE2 understands it",
                                 metric, printable(text), expression->error()));
    if (expression->NumberOfCapturingGroups() != 1)
      return invalid(fmt::format("metrics.{}: `{}` has {} groups; put one pair of parentheses around the number",
                                 metric, printable(text), expression->NumberOfCapturingGroups()));
    parser.state_->patterns.emplace_back(metric, std::move(expression));
  }
  return parser;
}

std::optional<Metrics> ReportParser::printed(std::string_view line) const {
  if (line.starts_with(kOwnLine)) return std::nullopt;
  const bool mentioned = state_->mentions(line);
  const bool by_pattern = !state_->patterns.empty() && line.size() <= kLongestForPatterns;
  if (!mentioned && !by_pattern) return std::nullopt;
  const std::string clean = line.find('\x1b') == line.npos ? std::string() : printable(line);
  if (!clean.empty()) line = clean;
  const Metrics found = by_pattern ? state_->by_pattern(line) : Metrics();
  if (!mentioned && found.empty()) return std::nullopt;
  Metrics metrics;
  if (auto object = read_object(strip(line))) metrics = std::move(object->metrics);
  else metrics = named_numbers(line, state_->names);
  for (const auto& [name, value] : found) put(metrics, name, value);
  return state_->known(metrics) ? std::optional(std::move(metrics)) : std::nullopt;
}

std::vector<std::string> ReportParser::names_in(std::string_view line) const {
  std::vector<std::string> names;
  if (line.size() > kLongestForPatterns || line.find_first_of("=:") == line.npos) return names;
  const std::string clean = printable(line);
  auto object = read_object(strip(clean));
  for (auto& [name, value] : object ? object->metrics : named_numbers(clean, state_->names))
    names.push_back(std::move(name));
  return names;
}

std::optional<TrialReport> ReportParser::appended(std::string_view line) const {
  line = strip(line);
  auto report = read_object(line);
  if (!report) report = TrialReport{named_numbers(line, state_->names), {}};
  return report->metrics.empty() && report->infeasible.empty() ? std::nullopt : report;
}

}  // namespace hone
