#include "cli/live.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/live_text.h"
#include "cli/text_out.h"

namespace hone {
namespace {

constexpr int kLabel = 10;   // cells of a label with its space
constexpr int kFewRows = 3;  // of trials, before anything but the counts

struct Line {
  std::string text;
  int rank = 0;  // the highest give way first
};

/// Whole seconds: tenths would only flicker.
std::string clock_text(Seconds seconds) {
  return seconds >= 0 && seconds < 60 ? fmt::format("{}s", static_cast<int>(seconds)) : duration_text(seconds);
}

/// How far the study is, by the stop rule that is nearest its end.
std::optional<double> progress(const LiveState& s) {
  std::optional<double> part;
  const auto consider = [&](double value) { part = std::max(part.value_or(0), value); };
  if (s.time && *s.time > 0) consider(s.elapsed / *s.time);
  if (s.trials && *s.trials > 0) consider(static_cast<double>(s.settled) / static_cast<double>(*s.trials));
  return part;
}

std::string budget(const LiveState& s) {
  std::string out = clock_text(s.elapsed);
  std::string left;
  if (s.trials)
    left = fmt::format("{} of {}", std::max<std::int64_t>(0, *s.trials - s.started), counted(*s.trials, "trial"));
  if (s.time)
    left += fmt::format("{}{} of {}", left.empty() ? "" : ", ", clock_text(std::max(0.0, *s.time - s.elapsed)),
                        clock_text(*s.time));
  return left.empty() ? out : out + "; left: " + left;
}

std::string slots(const LiveState& s) {
  std::string out = fmt::format("running {} of {}", s.running, s.slots);
  if (!s.bound.empty()) out += s.bound == "parallel" ? ": as many as parallel allows" : ": " + s.bound + "-bound";
  if (!s.wait.empty()) out += "; waits: " + s.wait;
  return out;
}

std::string labelled(const char* label, const std::string& text) {
  return fmt::format("{:<{}}{}", label, kLabel, text);
}

/// All but the trials' rows, in the order in which they are shown.
std::vector<Line> head(const LiveState& s, int width) {
  const int room = std::max(0, width - kLabel);
  std::vector<Line> out;
  const auto add = [&](int rank, const char* label, const std::string& text) {
    out.push_back({labelled(label, text), rank});
  };
  add(4, "study", fmt::format("{}: searcher {}, scheduler {}, seed {}", s.study, s.searcher, s.scheduler, s.seed));
  add(1, "elapsed", budget(s));
  if (const auto part = progress(s)) {
    std::string end = fmt::format(" {:>3.0f} %", std::min(1.0, *part) * 100);
    if (s.left) end += fmt::format(", ends in about {}", clock_text(*s.left));
    if (s.left && !s.ends.empty()) end += " at " + s.ends;
    add(5, "progress", bar(*part, std::clamp(room / 3, 4, 40), s.unicode) + end);
  }
  add(0, "trials", s.states.empty() ? "0" : fmt::format("{}: {}", total(s.states), counts_text(s.states)));
  if (!s.causes.empty()) add(6, "failed", fmt::format("{}: {}", total(s.causes), counts_text(s.causes)));
  add(3, "slots", s.interrupted ? "interrupted: runs are asked to end; Ctrl-C again kills them" : slots(s));
  if (s.best) {
    std::string line = s.best->value;
    if (const int rest = room - cells(line) - 2; s.best->reports.size() > 1 && rest >= 4)
      line += "  " + curve(s.best->reports, std::min(rest, 40), s.unicode);
    add(2, "best", line);
    if (!s.best->config.empty()) add(7, "", s.best->config);
    if (s.history.size() > 1) {
      const std::string end = fmt::format("  best so far over {} trials", s.history.size());
      add(8, "history", curve(s.history, std::clamp(room - cells(end), 8, 40), s.unicode) + end);
    }
  }
  return out;
}

struct Widths {
  int id = 5, time = 6, at = 0, part = 0;
};

Widths widths(const LiveState& s, int width) {
  Widths w;
  for (const LiveTrial& trial : s.rows) {
    w.id = std::max(w.id, cells(std::to_string(trial.id)));
    if (!trial.on) continue;
    w.time = std::max(w.time, cells(clock_text(trial.running)));
    if (!s.unit.empty()) w.at = std::max(w.at, cells(fmt::format("{}/{}", trial.at, trial.until)));
  }
  if (!s.unit.empty()) w.at = std::clamp(std::max(w.at, cells(s.unit)), 3, 15);
  if (w.at > 0 && width >= 60) w.part = width >= 100 ? 20 : 10;
  return w;
}

std::string row(const LiveState& s, const LiveTrial& trial, const Widths& w) {
  std::string out = fmt::format("{:>{}}  ", trial.id, w.id);
  if (!trial.on) return out + trial.state;
  out += fmt::format("{:<7}  {:>{}}  ", trial.state, clock_text(trial.running), w.time);
  if (w.at > 0) out += column(fmt::format("{}/{}", trial.at, trial.until), w.at, s.unicode) + "  ";
  if (w.part > 0)
    out +=
        bar(trial.until > 0 ? static_cast<double>(trial.at) / static_cast<double>(trial.until) : 0, w.part, s.unicode) +
        "  ";
  return out + trial.metrics;
}

void add_rows(const LiveState& s, int width, std::size_t room, std::vector<std::string>& out) {
  if (s.rows.empty() || room == 0) return;
  const Widths w = widths(s, width);
  std::string title = fmt::format("{:>{}}  {:<7}  {:>{}}  ", "trial", w.id, "state", "time", w.time);
  if (w.at > 0)
    title += column(s.unit, w.at, s.unicode) + "  " +
             std::string(w.part > 0 ? static_cast<std::size_t>(w.part) + 2 : 0, ' ');
  out.push_back(title + "last metrics");
  std::size_t fit = std::min(s.rows.size(), room - 1);
  std::int64_t more = s.more + static_cast<std::int64_t>(s.rows.size() - fit);
  if (more > 0 && fit > 0 && fit + 1 > room - 1) --fit, ++more;
  for (std::size_t i = 0; i < fit; ++i) out.push_back(row(s, s.rows[i], w));
  if (more > 0 && fit > 0)
    out.push_back(fmt::format("{:>{}}  {} and {} more", "", w.id, s.unicode ? "…" : "...", more));
}

}  // namespace

int live_rows(int height) { return std::max(0, height - 5); }

std::vector<std::string> live_lines(const LiveState& state, int width, int height) {
  std::vector<Line> lines = head(state, width);
  const auto most = static_cast<std::size_t>(std::max(0, height));
  const auto rows = state.rows.empty() ? 0 : std::min<std::size_t>(state.rows.size(), kFewRows) + 2;  // title, more
  while (!lines.empty() && lines.size() + rows > most) {
    const auto last = std::max_element(lines.begin(), lines.end(), [](auto& a, auto& b) { return a.rank < b.rank; });
    if (last->rank <= 2 && lines.size() <= most) break;  // before that the rows give way
    lines.erase(last);
  }
  std::vector<std::string> out;
  for (Line& line : lines) out.push_back(std::move(line.text));
  const bool gap = most > out.size() + rows;
  if (gap && rows > 0) out.emplace_back();
  add_rows(state, width, most - out.size(), out);
  for (std::string& line : out) {
    if (!state.unicode) line = ascii(line);
    line = clip(line, width, state.unicode);
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return out;
}

}  // namespace hone
