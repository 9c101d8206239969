// What a trial prints or appends: cut into lines the same whatever the pieces, and each line is a report or none.
#include "exec/report_line.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace hone {
namespace {

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  LineReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece) reader.feed(bytes.substr(at, piece), keep);
  reader.finish(keep);
  return lines;
}

/// nan is the same as nan.
bool same(const Metrics& a, const Metrics& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && std::bit_cast<std::uint64_t>(x.second) == std::bit_cast<std::uint64_t>(y.second);
  });
}

void judge(const Metrics& metrics) {
  HONE_CHECK(!metrics.empty(), "a report of nothing");
  std::vector<std::string> names;
  for (const auto& [name, value] : metrics) names.push_back(name);
  std::sort(names.begin(), names.end());
  HONE_CHECK(std::adjacent_find(names.begin(), names.end()) == names.end(), "a metric twice in a report");
}

}  // namespace
}  // namespace hone

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace hone;
  static const std::vector<std::string> names = {"loss", "val_acc", "epoch", "acc@5"};
  static const ReportParser plain = *ReportParser::make(names, {});
  static const ReportParser patterns =
      *ReportParser::make(names, {{"val_acc", "accuracy is ([0-9.]+)%"}, {"loss", "^L(.*)$"}});
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto lines = lines_of(bytes, std::max<std::size_t>(size, 1));
  HONE_CHECK(lines == lines_of(bytes, 1) && lines == lines_of(bytes, 7), "lines depend on how the output arrived");
  for (const std::string& line : lines) {
    HONE_CHECK(line.find_first_of("\r\n") == std::string::npos, "a line that holds an end");
    const auto printed = plain.printed(line), more = patterns.printed(line), once_more = plain.printed(line);
    const auto appended = plain.appended(line);
    for (const auto* report : {&printed, &more}) {
      if (!*report) continue;
      judge(**report);
      HONE_CHECK(
          std::any_of((*report)->begin(), (*report)->end(),
                      [&](const auto& m) { return std::find(names.begin(), names.end(), m.first) != names.end(); }),
          "a report that names nothing that is asked for");
    }
    HONE_CHECK(printed.has_value() == once_more.has_value() && (!printed || same(*printed, *once_more)),
               "another report of the same line");
    HONE_CHECK(!printed || more, "a pattern made a report vanish");
    if (appended && !appended->metrics.empty()) judge(appended->metrics);
    HONE_CHECK(!appended || !appended->metrics.empty() || !appended->infeasible.empty(), "a report of nothing");
  }
  return 0;
}
