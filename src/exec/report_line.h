// Reports in what a trial prints (docs/study-file.md).
//
// A printed line is a report if it names an objective, a constraint's metric, the cost or the fidelity, as
// `name=value`, `name: value`, in a JSON object that is the whole line, or by a pattern of the study. Its other named
// numbers ride along. A name is never matched inside a longer one (`best_val_acc` is not `val_acc`); a number that goes
// on in a way that makes its value doubtful (`12ms`, `1,5`, `10:30`) is none. `91%` is 91 and `epoch: 3/10` is 3.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hone/result.h"
#include "hone/trial.h"

namespace hone {

/// Begins the lines that a `hone run` inside a trial prints of itself, also on standard error: they are no reports of
/// that trial.
constexpr const char* kOwnLine = "hone: ";

/// Cuts a stream into lines; `\n` and `\r` end one (progress bars). A line longer than 64 KiB is cut and the rest of it
/// skipped, so memory stays bounded whatever is written.
class LineReader {
 public:
  using Each = std::function<void(std::string_view line)>;
  void feed(std::string_view bytes, const Each& each);
  void finish(const Each& each);  // the last line, if it lacks its end

 private:
  std::string partial_;
  bool skipping_ = false;
};

struct TrialReport {
  Metrics metrics;
  std::string infeasible;  // why; a line of $HONE_REPORT only
};

class ReportParser {
 public:
  /// `names`: what makes a line a report. `patterns`: metric → RE2 expression with one group. Invalid if one of them is
  /// no such expression.
  static Result<ReportParser> make(std::vector<std::string> names,
                                   const std::vector<std::pair<std::string, std::string>>& patterns);
  ReportParser();  // finds nothing
  ReportParser(ReportParser&&) noexcept;
  ReportParser& operator=(ReportParser&&) noexcept;
  ~ReportParser();

  /// A line of standard output or error.
  std::optional<Metrics> printed(std::string_view line) const;
  /// The names that it gives numbers to, whether or not they are known.
  std::vector<std::string> names_in(std::string_view line) const;
  /// A line of $HONE_REPORT: any JSON object with numbers in it counts, and {"infeasible": "why"}.
  std::optional<TrialReport> appended(std::string_view line) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hone
