#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/parser.h"
#include "cli/report_words.h"
#include "cli/text_out.h"

namespace hone {

/// NAME=VALUE words to the line that a trial appends; nan and infinities are strings in it.
Result<std::string> report_line(const Words& pairs, const std::string& infeasible) {
  if (pairs.empty() && infeasible.empty())
    return invalid("nothing to report; write e.g. hone report val_acc=0.91 epoch=3");
  Json line = Json::object();
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid(fmt::format("{}: is not NAME=VALUE; write e.g. val_acc=0.91", pair));
    const std::string name = pair.substr(0, equals), text = pair.substr(equals + 1);
    const Value value = parse_value(text);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      line[name] = *whole;
    } else if (const auto* real = std::get_if<double>(&value)) {
      line[name] = number_json(*real);
    } else if (text == "nan" || text == "inf" || text == "-inf") {
      line[name] = text;
    } else {
      return invalid(fmt::format("{}: {} is not a number; write e.g. {}=0.91", name, text, name));
    }
  }
  if (!infeasible.empty()) line["infeasible"] = infeasible;
  return dump(line) + "\n";
}

int report_command(const Command& self, const Words& words) {
  Parser parser(self);
  Words pairs;
  std::string infeasible;
  parser.words("NAME=VALUE", pairs, "metrics, and the fidelity");
  parser.word("--infeasible", infeasible, "ends the trial as infeasible", "WHY");
  if (const auto status = parser.parse(words)) return *status;
  auto line = report_line(pairs, infeasible);
  if (!line) return complain(line.error());
  const char* path = std::getenv("HONE_REPORT");
  if (path == nullptr || *path == '\0')
    return complain({Code::Invalid, "HONE_REPORT: not set; hone report is called by the program of a trial"});
  // One write to a file opened for appending: lines of several processes do not mix.
  const int file = ::open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  char last = '\n';  // a line that somebody else left without its end is not to swallow ours
  const off_t size = file < 0 ? 0 : ::lseek(file, 0, SEEK_END);
  if (size > 0 && ::pread(file, &last, 1, size - 1) == 1 && last != '\n') line->insert(0, 1, '\n');
  const ssize_t written = file < 0 ? -1 : ::write(file, line->data(), line->size());
  const int why = errno;
  if (file >= 0) ::close(file);
  if (written == static_cast<ssize_t>(line->size())) return kDone;
  return complain({Code::Unavailable,
                   fmt::format("{}: cannot be written: {}", path, written < 0 ? std::strerror(why) : "disk full")});
}

}  // namespace hone
