#include "study/event_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "hone/rng.h"

namespace hone {
namespace {

using testing::HasSubstr;

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

/// A value with its type and all its bits, nan and -0 included.
std::string bits(double value) {
  return std::isnan(value) ? "nan" : "d" + std::to_string(std::bit_cast<std::uint64_t>(value));
}
std::string bits(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return bits(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return "i" + std::to_string(*integer);
  if (const auto* word = std::get_if<std::string>(&value)) return "s" + *word;
  return "inactive";
}
std::vector<std::string> bits(const Config& config) {
  std::vector<std::string> out;
  for (const auto& value : config) out.push_back(bits(value));
  return out;
}
std::vector<std::string> bits(const Metrics& metrics) {
  std::vector<std::string> out;
  for (const auto& [name, value] : metrics) out.push_back(name + "=" + bits(value));
  return out;
}

Result<Event> read(const Event& event) {
  return EventReader().read(kind(event), trial_of(event).value_or(0), event.time, event_body(event));
}

template <class F>
F round_trip(const F& fact) {
  const auto event = read(Event{12.5, fact});
  EXPECT_TRUE(event) << event.error().what;
  EXPECT_EQ(event->time, 12.5);
  EXPECT_TRUE(std::holds_alternative<F>(event->fact));
  return std::get<F>(event->fact);
}

const std::string kOdd = std::string("a \"b\" \\ / \n\t\r\x01\x7f € 𝄞 {}[],: \0 end", 35);

const Config kConfig = {3.0,
                        std::int64_t{3},
                        -0.0,
                        0.1,
                        5e-324,
                        1.7976931348623157e308,
                        std::string("nan"),
                        kMax,
                        kMin,
                        std::string(),
                        kOdd,
                        std::monostate(),
                        std::string("3"),
                        std::string("null"),
                        1e22,
                        0.1 + 0.2,
                        123456789.0,
                        -1e-7,
                        kNan,
                        -kInf,
                        9007199254740993.0,
                        std::int64_t{9007199254740993}};
const Metrics kMetrics = {{"loss", 0.1 + 0.2}, {"epoch", 3}, {"nan", kNan}, {"up", kInf}, {"down", -kInf},
                          {"zero", -0.0},      {"", 5e-324}, {kOdd, 1e300}, {"loss", 7}};

std::vector<Event> odd_events() {
  return {
      {1.0, Started{kMax, kConfig, kMax, -1, Checkpoint{7, 27}, kOdd, kOdd, kOdd, "initial", ~std::uint64_t{0}, 64}},
      {1.0, Started{}},
      {1.0, Resumed{3, 9, kOdd, 1}},
      {1.0, Paused{3, kOdd, 1}},
      {1.0, Stopped{3, kOdd, 1}},
      {1.0, Expired{3, Cause::Silent, kOdd, 1}},
      {1.0, Relaunched{3, kOdd, true, 1}},
      {1.0, Granted{3, 4, kOdd, 2}},
      {1.0, Finished{kOdd, true, 1}},
      {1.0, Reported{3, 2, 5, kMetrics, kOdd}},
      {1.0, Exited{3, 2, Cause::NotFinite, -9, kOdd, true, 0.1 + 0.2, kMax}},
      {1.0, Added{3, kConfig, kMetrics, "warm"}}};
}

TEST(EventJson, StartedComesBackWithEveryBit) {
  const Started in{kMax,      kConfig,           kMax, -1, Checkpoint{7, 27}, kOdd, "why", "searcher's",
                   "initial", ~std::uint64_t{0}, 64};
  const Started out = round_trip(in);
  EXPECT_EQ(out.trial, in.trial);
  EXPECT_EQ(bits(out.config), bits(in.config));
  EXPECT_EQ(out.until, in.until);
  EXPECT_EQ(out.bracket, -1);
  ASSERT_TRUE(out.from);
  EXPECT_EQ(out.from->trial, 7);
  EXPECT_EQ(out.from->at, 27);
  EXPECT_EQ(out.note, kOdd);
  EXPECT_EQ(out.why, "why");
  EXPECT_EQ(out.searcher_why, "searcher's");
  EXPECT_EQ(out.source, "initial");
  EXPECT_EQ(out.seed, ~std::uint64_t{0});
  EXPECT_EQ(out.free_slots, 64);
  EXPECT_FALSE(round_trip(Started{}).from);
}

TEST(EventJson, TheOtherDecisionsComeBack) {
  const auto resumed = round_trip(Resumed{3, kMin, kOdd, 5});
  EXPECT_EQ(std::tie(resumed.trial, resumed.until, resumed.why, resumed.free_slots), std::make_tuple(3, kMin, kOdd, 5));
  const auto paused = round_trip(Paused{4, kOdd, 5});
  EXPECT_EQ(std::tie(paused.trial, paused.why, paused.free_slots), std::make_tuple(4, kOdd, 5));
  const auto stopped = round_trip(Stopped{5, kOdd, -5});
  EXPECT_EQ(std::tie(stopped.trial, stopped.why, stopped.free_slots), std::make_tuple(5, kOdd, -5));
  const auto granted = round_trip(Granted{6, 3, kOdd, 5});
  EXPECT_EQ(granted.slots, 3);
  EXPECT_EQ(granted.free_slots, 5);
  EXPECT_EQ(granted.why, kOdd);
  const auto again = round_trip(Relaunched{6, kOdd, true, 5});
  EXPECT_EQ(std::tie(again.trial, again.why, again.free_slots), std::make_tuple(6, kOdd, 5));
  const auto finished = round_trip(Finished{kOdd, true, 5});
  EXPECT_EQ(std::tie(finished.why, finished.failed, finished.free_slots), std::make_tuple(kOdd, true, 5));
}

TEST(EventJson, EveryCauseComesBack) {
  for (int i = 0; i <= static_cast<int>(Cause::Lost); ++i) {
    const auto cause = static_cast<Cause>(i);
    EXPECT_EQ(round_trip(Expired{1, cause, "", 0}).cause, cause);
    EXPECT_EQ(round_trip(Exited{1, 1, cause, 0, "", false, 0, 0}).cause, cause);
  }
}

TEST(EventJson, InputsComeBackWithEveryBit) {
  const auto reported = round_trip(Reported{1, 2, 3, kMetrics, kOdd});
  EXPECT_EQ(std::tie(reported.trial, reported.attempt, reported.n, reported.infeasible),
            std::make_tuple(1, 2, 3, kOdd));
  EXPECT_EQ(bits(reported.metrics), bits(kMetrics)) << "names that were reported twice included";
  const auto exited = round_trip(Exited{1, 2, Cause::Signal, 9, kOdd, true, kInf, kMax});
  EXPECT_EQ(
      std::tie(exited.attempt, exited.code, exited.detail, exited.outside, exited.cpu_seconds, exited.peak_memory),
      std::make_tuple(2, 9, kOdd, true, kInf, kMax));
  const auto added = round_trip(Added{1, kConfig, kMetrics, "warm"});
  EXPECT_EQ(bits(added.config), bits(kConfig));
  EXPECT_EQ(bits(added.metrics), bits(kMetrics));
  EXPECT_EQ(added.source, "warm");
}

TEST(EventJson, RandomDoublesComeBackWithEveryBit) {
  Rng rng = Rng::stream(1, "event-json", 0);
  EventReader reader;
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::bit_cast<double>(rng.next());
    if (!std::isfinite(value)) continue;
    const Event in{0, Added{0, {value}, {{"x", value}}, ""}};
    const auto out = reader.read(kind(in), 0, 0, event_body(in));
    ASSERT_TRUE(out);
    EXPECT_EQ(bits(std::get<Added>(out->fact).config[0]), bits(value));
    EXPECT_EQ(bits(std::get<Added>(out->fact).metrics[0].second), bits(value));
  }
}

TEST(EventJson, DefaultsAreNotWritten) {
  for (const auto& event :
       {Event{0, Started{}}, Event{0, Finished{}}, Event{0, Reported{}}, Event{0, Exited{}}, Event{0, Added{}}})
    EXPECT_EQ(event_body(event), "{}");
  EXPECT_EQ(event_body(Event{
                0, Started{5, {3.0, std::int64_t{3}, std::string("svm"), {}}, 27, 0, {}, "", "rung 0", "", "", 7, 2}}),
            R"({"config":[3.0,3,"svm",null],"until":27,"why":"rung 0","seed":7,"slots":2})");
  EXPECT_EQ(event_body(Event{0, Reported{5, 1, 2, {{"loss", 0.1}, {"acc", kNan}}, ""}}),
            R"({"attempt":1,"n":2,"metrics":{"loss":0.1,"acc":"nan"}})");
}

TEST(EventJson, InvalidUtf8IsReplacedOnWriting) {
  const std::string bad = "a\xff\xc3(\xed\xa0\x80 end\xe2\x82";
  for (const auto& body :
       {event_body(Event{0, Exited{0, 1, Cause::Exit, 1, bad, false, 0, 0}}),
        event_body(Event{0, Reported{0, 1, 1, {{bad, 1}}, bad}}), event_body(Event{0, Added{0, {bad}, {}, bad}})})
    EXPECT_TRUE(nlohmann::json::accept(body)) << body;
  const auto out = round_trip(Exited{0, 1, Cause::Exit, 1, bad, false, 0, 0});
  EXPECT_THAT(out.detail, testing::StartsWith("a\xef\xbf\xbd"));
  EXPECT_THAT(out.detail, HasSubstr(" end"));
}

TEST(EventJson, UnknownKeysAreIgnored) {
  const auto event = EventReader().read("Paused", 1, 0, R"({"later":[{"a":[1,2,{"why":"no"}]}],"why":"yes","x":null})");
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<Paused>(event->fact).why, "yes");
}

TEST(EventJson, WhatCannotBeUnderstoodIsCorruptAndSaysWhat) {
  EventReader reader;
  const auto message = [&](std::string_view kind, std::string_view body, TrialId trial = 1) {
    const auto event = reader.read(kind, trial, 0, body);
    if (event) return std::string("accepted");
    EXPECT_EQ(event.error().code, Code::Corrupt);
    return event.error().what;
  };
  EXPECT_THAT(message("Forked", "{}"), HasSubstr("unknown kind of event `Forked`; was it written by a newer version"));
  EXPECT_THAT(message("\x1b[31m\n", "{}"), testing::Not(HasSubstr("\x1b")));
  EXPECT_THAT(message("", "{}"), HasSubstr("unknown kind"));
  EXPECT_THAT(message("Paused", ""), HasSubstr("Paused: the body is no JSON object"));
  EXPECT_THAT(message("Paused", "[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(message("Paused", "{} {}"), HasSubstr("no JSON object"));
  EXPECT_THAT(message("Paused", "{}", -1), HasSubstr("trial is -1"));
  EXPECT_THAT(message("Paused", R"({"why":3})"), HasSubstr("`why`"));
  EXPECT_THAT(message("Started", R"({"until":1.5})"), HasSubstr("`until`"));
  EXPECT_THAT(message("Started", R"({"until":9223372036854775808})"), HasSubstr("`until`"));
  EXPECT_THAT(message("Started", R"({"bracket":3000000000})"), HasSubstr("`bracket`"));
  EXPECT_THAT(message("Started", R"({"seed":-1})"), HasSubstr("`seed`"));
  EXPECT_THAT(message("Started", R"({"from":{"trial":1}})"), HasSubstr("`from`"));
  EXPECT_THAT(message("Started", R"({"config":[true]})"), HasSubstr("`config`"));
  EXPECT_THAT(message("Started", R"({"config":[[]]})"), HasSubstr("`config`"));
  EXPECT_THAT(message("Started", R"({"config":{"a":1}})"), HasSubstr("`config`"));
  EXPECT_THAT(message("Reported", R"({"metrics":{"loss":"0.1"}})"), HasSubstr("`metrics`"));
  EXPECT_THAT(message("Exited", R"({"cause":"eaten"})"), HasSubstr("`cause`"));
  EXPECT_THAT(message("Finished", R"({"failed":1})"), HasSubstr("`failed`"));
  EXPECT_EQ(message("Started", std::string(5000, '[')).find("accepted"), std::string::npos);
  EXPECT_EQ(message("Started", R"({"until":3})"), "accepted") << "and goes on after errors";
}

TEST(EventJson, ATruncatedBodyIsAnError) {
  EventReader reader;
  for (const auto& event : odd_events()) {
    const std::string body = event_body(event);
    for (std::size_t size = 0; size < body.size(); ++size)
      EXPECT_FALSE(reader.read(kind(event), 1, 0, body.substr(0, size))) << kind(event) << " cut at " << size;
  }
}

TEST(EventJson, MutatedBodiesNeverCrash) {
  Rng rng = Rng::stream(1, "event-json", 1);
  EventReader reader;
  const auto events = odd_events();
  const std::string_view alphabet = "\"\\{}[]:,.-+eE0123456789ntf \x00\xff\x80\xc3u";
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto& event = events[static_cast<std::size_t>(i) % events.size()];
    std::string body = event_body(event);
    for (std::uint64_t changes = 1 + rng.below(4); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(rng.below(body.size()));
      const char with = rng.below(2) ? alphabet[static_cast<std::size_t>(rng.below(alphabet.size()))]
                                     : static_cast<char>(rng.below(256));
      if (rng.below(3) == 0) body.insert(at, 1, with);
      else if (rng.below(2) && body.size() > 1) body.erase(at, 1 + static_cast<std::size_t>(rng.below(5)));
      else body[at] = with;
      if (body.empty()) body = "{";
    }
    const auto out = reader.read(kind(events[static_cast<std::size_t>(rng.below(events.size()))]), 1, 0, body);
    if (out) {
      ++accepted;
      EXPECT_TRUE(nlohmann::json::accept(event_body(*out)));
    } else {
      ++refused;
      EXPECT_EQ(out.error().code, Code::Corrupt);
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(Event, KindsTrialsAndDecisions) {
  const char* kinds[] = {"Started",    "Started", "Resumed",  "Paused",   "Stopped", "Expired",
                         "Relaunched", "Granted", "Finished", "Reported", "Exited",  "Added"};
  const auto events = odd_events();
  ASSERT_EQ(events.size(), std::size(kinds));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_STREQ(kind(events[i]), kinds[i]);
    EXPECT_EQ(is_decision(events[i]), i < 9) << kinds[i];
    EXPECT_EQ(trial_of(events[i]).has_value(), kinds[i] != std::string("Finished"));
  }
  EXPECT_EQ(trial_of(events[2]), 3);
}

TEST(EventJson, ADefinitionThatIsNotSoundIsCorrupt) {
  const auto body = [](const std::string& rest) {
    return R"x({"spec":{"name":"s","objective":"minimize loss","space":{"x":"float(0, 2)"})x" + rest + "}}";
  };
  EXPECT_TRUE(EventReader().read("Extended", 0, 0, body(R"(,"stop":{"trials":2})")));
  for (const std::string& bad : {std::string("{}"), std::string(R"({"spec":{}})"), body(""),
                                 body(R"(,"stop":{"trials":2},"searcher":"none")")}) {
    const auto read = EventReader().read("Extended", 0, 0, bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Code::Corrupt);
  }
}

}  // namespace
}  // namespace hone
