// The live table as text: every line of it, from states and events made by hand.
#include "cli/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>

#include "cli/live_terminal.h"
#include "cli/live_text.h"
#include "cli/live_view.h"
#include "cli/outlook.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::Truly;

LiveTrial running(TrialId id, Resource at, const std::string& metrics) {
  return {.id = id, .state = "running", .on = true, .running = 63, .at = at, .until = 9, .metrics = metrics};
}
LiveState example() {
  LiveState s;
  s.study = "fashion-mlp";
  s.searcher = "tpe";
  s.scheduler = "asha";
  s.seed = 1;
  s.elapsed = 750;
  s.time = 1800;
  s.trials = 200;
  s.started = 45;
  s.settled = 42;
  s.left = 480;
  s.ends = "14:32";
  s.states = {{"running", 2}, {"waiting", 1}, {"completed", 35}, {"failed", 7}};
  s.causes = {{"oom", 4}, {"exit 1", 2}, {"timeout", 1}};
  s.running = 2;
  s.slots = 3;
  s.bound = "CPU";
  s.wait = "rung 1 is not full";
  s.best = LiveBest{"trial 12: val_acc 0.91 at epoch 9", "lr=0.1 hidden=256", {0.1, 0.5, 0.9}};
  s.history = {0.1, 0.1, 0.91};
  s.unit = "epoch";
  s.rows = {running(43, 4, "val_acc=0.8 loss=0.2"), running(44, 0, "")};
  s.rows.push_back({.id = 17, .state = "waiting (oom, alone later)"});
  return s;
}
bool fits(const std::vector<std::string>& lines, int width, int height) {
  return static_cast<int>(lines.size()) <= height &&
         std::all_of(lines.begin(), lines.end(), [&](const std::string& line) { return cells(line) <= width; });
}

TEST(LiveLines, ShowTheStudyItsBudgetItsBestAndItsTrials) {
  EXPECT_THAT(live_lines(example(), 79, 23),
              ElementsAre("study     fashion-mlp: searcher tpe, scheduler asha, seed 1",
                          "elapsed   12m30s; left: 155 of 200 trials, 17m30s of 30m00s",
                          "progress  ━━━━━━━━━──────────────  42 %, ends in about 8m00s at 14:32",
                          "trials    45: 2 running, 1 waiting, 35 completed, 7 failed",
                          "failed    7: 4 oom, 2 exit 1, 1 timeout",
                          "slots     running 2 of 3: CPU-bound; waits: rung 1 is not full",
                          "best      trial 12: val_acc 0.91 at epoch 9  ▁▅█", "          lr=0.1 hidden=256",
                          "history   ▁▁█  best so far over 3 trials", "",
                          "trial  state      time  epoch              last metrics",
                          "   43  running   1m03s  4/9    ━━━━──────  val_acc=0.8 loss=0.2",
                          "   44  running   1m03s  0/9    ──────────", "   17  waiting (oom, alone later)"));
}

TEST(LiveLines, HaveAFormForTerminalsThatKnowOnlyAscii) {
  LiveState s = example();
  s.unicode = false;
  s.best->config = "kind=naïve";
  for (const std::string& line : live_lines(s, 79, 23))
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; })) << line;
  EXPECT_THAT(live_lines(s, 79, 23), Contains("   43  running   1m03s  4/9    ####......  val_acc=0.8 loss=0.2"));
  EXPECT_THAT(live_lines(s, 79, 23), Contains("          kind=na?ve"));
}

TEST(LiveLines, FitEveryTerminalDownToOneCell) {
  LiveState s = example();
  s.best->config = std::string(500, 'x');
  s.study = "日本語日本語日本語日本語日本語";
  for (TrialId id = 100; id < 160; ++id) s.rows.push_back(running(id, 1, "val_acc=0.8"));
  s.more = 440;
  for (int width = 1; width <= 200; width += 3)
    for (int height = 1; height <= 60; ++height) {
      const auto lines = live_lines(s, width, height);
      EXPECT_TRUE(fits(lines, width, height)) << width << "x" << height;
      EXPECT_FALSE(lines.empty());
    }
}

TEST(LiveLines, GiveWayToTrialsOnASmallTerminalAndKeepTheCounts) {
  const auto lines = live_lines(example(), 39, 9);
  EXPECT_THAT(lines,
              ElementsAre(StartsWith("elapsed"), StartsWith("trials"), StartsWith("slots"), StartsWith("best"),
                          StartsWith("trial  state"), StartsWith("   43"), StartsWith("   44"), StartsWith("   17")));
  EXPECT_THAT(live_lines(example(), 39, 1), ElementsAre(StartsWith("trials    45: 2 running")));
}

TEST(LiveLines, SaysHowManyTrialsHaveNoRoom) {
  LiveState s = example();
  s.rows.clear();
  for (TrialId id = 0; id < live_rows(23); ++id) s.rows.push_back(running(id, 1, "val_acc=0.8"));
  s.more = 500 - static_cast<std::int64_t>(s.rows.size());
  const auto lines = live_lines(s, 79, 23);
  ASSERT_EQ(lines.size(), 23u);
  EXPECT_EQ(lines.back(), "       … and 489 more");
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](auto& l) { return l.find("running   1m03s") != l.npos; }), 11);
}

TEST(LiveLines, SayNothingOfWhatIsNotKnown) {
  LiveState s;
  s.study = "new";
  s.slots = 4;
  EXPECT_THAT(live_lines(s, 79, 23),
              ElementsAre(StartsWith("study"), "elapsed   0s", "trials    0", "slots     running 0 of 4"));
}

TEST(LiveText, CurvesAreDrawnToScaleWithGapsWhereAValueIsNotFinite) {
  EXPECT_EQ(curve(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 20, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(curve(std::vector<double>{0, std::nan(""), 1}, 20, false), "_ #");
  EXPECT_EQ(curve(std::vector<double>{1, 2, 3, 4, 5, 6}, 3, false), ".=#");
  EXPECT_EQ(curve(std::vector<double>{3, 3}, 9, true), "▅▅");
  EXPECT_EQ(curve(std::vector<double>{-1e308, 1e308}, 9, true), "▁█");
  EXPECT_EQ(curve({}, 9, true), "");
}

TEST(LiveText, ClipsByCellsNotBytes) {
  EXPECT_EQ(cells("日本e\u0301"), 5);
  EXPECT_EQ(clip("日本語", 6, true), "日本語");
  EXPECT_EQ(clip("日本語", 5, true), "日本…");
  EXPECT_EQ(clip("日本語", 4, true), "日…");
  EXPECT_EQ(clip("abcdef", 5, false), "ab...");
  EXPECT_EQ(column("ab", 4, true), "ab  ");
}

TEST(Outlook, FollowsTheRateOfSettledTrialsAndTheEarlierRule) {
  EXPECT_EQ(time_left({.trials = 100}, 12, 10, 50), 450);
  EXPECT_EQ(time_left({.trials = 100, .time = 200}, 12, 10, 50), 150);
  EXPECT_EQ(time_left({.time = 200}, 12, 10, 50), 150);
  EXPECT_EQ(time_left({.trials = 100, .time = 200}, 4, 0, 50), std::nullopt) << "nothing is known yet";
  EXPECT_EQ(time_left({.trials = 100}, 100, 100, 50), std::nullopt) << "promotions go on, nobody knows how long";
  EXPECT_EQ(time_left({.target = 1}, 12, 10, 50), std::nullopt);
}

TEST(Frame, WritesOnlyLinesThatChanged) {
  const std::string text = frame_text({"a", "b", "c"}, {"a", "B", "c"});
  EXPECT_THAT(text, AllOf(HasSubstr("\x1b[3A\nB\x1b[K\r\n\n\x1b[J"), Not(HasSubstr("a"))));
  EXPECT_EQ(frame_text({"a"}, {"a"}), "");
}

TEST(Frame, SwitchesOnAgainWhatItSwitchedOff) {
  const std::string text = frame_text({}, {"a"});
  EXPECT_THAT(text, StartsWith("\x1b[?2026h\x1b[?25l\x1b[?7l\ra"));
  EXPECT_THAT(text, testing::EndsWith("\x1b[?7h\x1b[?25h\x1b[?2026l"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b[2J"))) << "the screen is never cleared";
}

/// A terminal, with standard error on it while this lives.
class Pty {
 public:
  Pty() {
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1, terminal = -1;
    EXPECT_EQ(::openpty(&master, &terminal, nullptr, nullptr, &size), 0);
    master_.reset(master);
    terminal_.reset(terminal);
    termios settings{};
    ::tcgetattr(terminal, &settings);
    ::cfmakeraw(&settings);  // what is written is what arrives
    ::tcsetattr(terminal, TCSANOW, &settings);
    ::setenv("TERM", "xterm", 1);
    errors_.reset(::dup(STDERR_FILENO));
    ::dup2(terminal, STDERR_FILENO);
  }
  ~Pty() { ::dup2(errors_.get(), STDERR_FILENO); }
  int terminal() const { return terminal_.get(); }
  std::string written() const {
    std::string out(1 << 16, '\0');
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(master_.get(), out.data(), out.size()))));
    return out;
  }

 private:
  Fd master_, terminal_, errors_;
};

TEST(Terminal, PrintsAWarningAboveAndDrawsTheTableAgainBelow) {
  Pty pty;
  const auto terminal = LiveTerminal::open(pty.terminal());
  ASSERT_NE(terminal, nullptr);
  terminal->draw({"one", "two"});
  terminal->above("the disk is full", [](const std::string& line) {
    const std::string text = line + "\n";
    EXPECT_GT(::write(STDERR_FILENO, text.data(), text.size()), 0);
  });
  terminal->draw({"one", "three"});
  terminal->clear();
  EXPECT_EQ(pty.written(), frame_text({}, {"one", "two"}) + "\r\x1b[2A\x1b[J" + "the disk is full\n" +
                               frame_text({}, {"one", "two"}) + frame_text({"one", "two"}, {"one", "three"}) +
                               "\r\x1b[2A\x1b[J");
}

TEST(Terminal, KeepsAWarningForLaterWhileItIsHeld) {
  Pty pty;
  const auto terminal = LiveTerminal::open(pty.terminal());
  ASSERT_NE(terminal, nullptr);
  terminal->draw({"one"});
  EXPECT_EQ(pty.written(), frame_text({}, {"one"}));
  ASSERT_EQ(::tcflow(pty.terminal(), TCOOFF), 0);
  terminal->draw({"two"});
  terminal->above("the disk is full", [](const std::string&) { ADD_FAILURE() << "it would wait"; });
  terminal->draw({"three"});
  ASSERT_EQ(::tcflow(pty.terminal(), TCOON), 0);
  terminal->draw({"four"});
  EXPECT_EQ(pty.written(),
            frame_text({"one"}, {"two"}) + "\r\x1b[1A\x1b[J" + "hone: the disk is full\r\n" + frame_text({}, {"four"}));
}

TEST(Terminal, IsNoneWhereThereIsNoCursor) {
  Pty pty;
  ::setenv("TERM", "dumb", 1);
  EXPECT_EQ(LiveTerminal::open(pty.terminal()), nullptr);
  ::setenv("TERM", "xterm", 1);
  const Fd file(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(LiveTerminal::open(file.get()), nullptr);
}

// A study without algorithms at work: events are made by hand.
class View : public testing::Test {
 protected:
  View() : study_(make()) {}
  static Study make() {
    auto spec = read_study_file(
        "objective: maximize acc\nspace: {kind: [\"a\\u001b[31mb\", c], lr: 'float(0, 1)'}\n"
        "fidelity: {name: epoch, max: 9}\nscheduler: none\nsearcher: random\nstop: {trials: 1000}\nseed: 1\n",
        "study.yaml");
    EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
    spec->name = "demo";
    auto study = Study::make(std::move(*spec));
    EXPECT_TRUE(study.has_value()) << (study ? "" : study.error().what);
    return std::move(*study);
  }
  void apply(Seconds time, Fact fact) {
    const Event event{time, std::move(fact)};
    study_.apply(event);
    view_.seen(event, study_);
  }
  void start(TrialId id, Seconds time = 10) {
    Started e;
    e.trial = id;
    e.config = {std::string("a\x1b[31mb"), 0.5};
    e.until = 9;
    apply(time, e);
  }
  void report(TrialId id, int n, Metrics metrics, Seconds time = 20) {
    apply(time, Reported{.trial = id, .attempt = 1, .n = n, .metrics = std::move(metrics), .infeasible = {}});
  }
  void exit(TrialId id, Cause cause, int code = 0) {
    apply(30, Exited{.trial = id, .attempt = 1, .cause = cause, .code = code});
  }
  LiveState state(int rows = 10, std::int64_t slots = 0) {
    return view_.state(study_, {.now = 70, .slots = slots, .bound = "CPU", .rows = rows});
  }
  std::vector<TrialId> shown(int rows) {
    std::vector<TrialId> ids;
    for (const LiveTrial& trial : state(rows).rows) ids.push_back(trial.id);
    return ids;
  }

  Study study_;
  LiveView view_;
};

TEST_F(View, CountsStatesAndCausesAndKeepsTheLastOfEachMetric) {
  for (TrialId id = 0; id < 5; ++id) start(id);
  report(0, 1, {{"epoch", 3}, {"acc", 0.5}});
  report(0, 2, {{"loss", 1.25}});
  report(1, 1, {{"epoch", 9}, {"acc", 0.75}});
  exit(1, Cause::None);
  exit(2, Cause::Oom);
  exit(3, Cause::Exit, 2);
  const LiveState s = state();
  EXPECT_EQ(counts_text(s.states), "2 running, 1 completed, 2 failed");
  EXPECT_EQ(counts_text(s.causes), "1 exit 2, 1 oom");
  EXPECT_EQ(s.started, 5);
  EXPECT_EQ(s.settled, 3);
  ASSERT_EQ(s.rows.size(), 2u);
  EXPECT_EQ(s.rows[0].metrics, "acc=0.5 loss=1.25");
  EXPECT_EQ(s.rows[0].at, 3);
  EXPECT_EQ(s.rows[0].running, 60);
  EXPECT_EQ(s.best->value, "trial 1: acc 0.75 at epoch 9");
  EXPECT_THAT(s.history, ElementsAre(0.5, 0.75));
}

TEST_F(View, ShowsNothingOfWhatATrialOrACategoryWouldDoToATerminal) {
  start(0);
  report(0, 1, {{"epoch", 1}, {"acc", 0.5}, {"\x1b]0;title\x07x", 1}});
  for (const std::string& line : live_lines(state(), 79, 23))
    EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < ' '; })) << line;
}

TEST_F(View, KeepsATrialInItsRowUntilItEnds) {
  for (TrialId id = 0; id < 6; ++id) start(id);
  EXPECT_THAT(shown(3), ElementsAre(0, 1, 2));
  report(4, 1, {{"epoch", 8}, {"acc", 0.5}});
  EXPECT_THAT(shown(3), ElementsAre(0, 1, 2)) << "calm: nobody is pushed out";
  exit(1, Cause::Exit, 1);
  EXPECT_THAT(shown(3), ElementsAre(0, 4, 2)) << "the row that is free goes to the one nearest its end";
  EXPECT_EQ(state(3).more, 2);
  EXPECT_THAT(shown(2), ElementsAre(0, 4));
  EXPECT_THAT(shown(9), ElementsAre(0, 4, 2, 3, 5));
}

TEST_F(View, ShowsTrialsThatAreEndingAndThoseThatWait) {
  start(0);
  start(1);
  start(2);
  exit(0, Cause::Lost);
  apply(40, Stopped{.trial = 1, .why = "median"});
  const LiveState s = state();
  ASSERT_EQ(s.rows.size(), 3u);
  EXPECT_EQ(s.rows[0].state + "|" + s.rows[1].state, "ending|running");
  EXPECT_EQ(s.rows[2].state, "waiting (lost or interrupted, again soon)");
  EXPECT_EQ(counts_text(s.states), "1 running, 1 waiting, 1 stopped");
}

TEST_F(View, SaysWhyFreeSlotsStayFree) {
  auto spec = study_.spec();
  spec.stop.trials = 1;
  study_ = std::move(*Study::make(spec));
  start(0);
  EXPECT_EQ(state(10, 1).wait, "") << "no slot is free";
  report(0, 1, {{"epoch", 1}, {"acc", 0.5}});
  EXPECT_NE(state(10, 2).wait, "");
}

}  // namespace
}  // namespace hone
