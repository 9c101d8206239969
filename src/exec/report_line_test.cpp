#include "exec/report_line.h"

#include <gmock/gmock.h>

#include <cmath>

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ReportParser parser(std::vector<std::string> names = {"val_acc", "loss", "epoch"},
                    std::vector<std::pair<std::string, std::string>> patterns = {}) {
  return ReportParser::make(std::move(names), patterns).value();
}
Metrics printed(std::string_view line) { return parser().printed(line).value_or(Metrics{}); }

TEST(PrintedLine, NameEqualsValueAndNameColonValueAreReports) {
  EXPECT_THAT(printed("loss=0.5"), ElementsAre(Pair("loss", 0.5)));
  EXPECT_THAT(printed("loss: 0.5"), ElementsAre(Pair("loss", 0.5)));
  EXPECT_THAT(printed("loss = 0.5"), ElementsAre(Pair("loss", 0.5)));
  EXPECT_THAT(printed("loss:0.5"), ElementsAre(Pair("loss", 0.5)));
  EXPECT_THAT(printed("  [info] loss=+1.5e-3;"), ElementsAre(Pair("loss", 1.5e-3)));
}

TEST(PrintedLine, OtherNumbersRideAlongInTheirOrder) {
  EXPECT_THAT(printed("epoch=3 lr: 1e-3, val_acc=0.91 (train/loss=0.2) name=bob"),
              ElementsAre(Pair("epoch", 3), Pair("lr", 1e-3), Pair("val_acc", 0.91), Pair("train/loss", 0.2)));
}

TEST(PrintedLine, WithoutANameOfTheStudyIsNoReport) {
  EXPECT_THAT(printed("accuracy=0.5"), IsEmpty());
  EXPECT_THAT(printed("the loss is small: 0.5"), IsEmpty());
  EXPECT_THAT(printed("loss"), IsEmpty());
  EXPECT_THAT(printed(""), IsEmpty());
  EXPECT_FALSE(ReportParser().printed("loss=0.5"));
}

TEST(PrintedLine, ANameIsNotFoundInsideALongerOne) {
  EXPECT_THAT(printed("best_val_acc=0.9"), IsEmpty());
  EXPECT_THAT(printed("val_acc_top5=0.9"), IsEmpty());
  EXPECT_THAT(printed("train/loss: 0.9"), IsEmpty());
  EXPECT_THAT(printed("--loss=0.9"), IsEmpty());
  EXPECT_THAT(printed("best val_acc=0.9"), ElementsAre(Pair("val_acc", 0.9)));
}

TEST(PrintedLine, NanAndInfinityAreNumbers) {
  EXPECT_TRUE(std::isnan(printed("loss=nan").at(0).second));
  EXPECT_TRUE(std::isnan(printed("loss: NaN").at(0).second));
  EXPECT_EQ(printed("loss=-inf").at(0).second, -INFINITY);
  EXPECT_EQ(printed("loss=Infinity").at(0).second, INFINITY);
  EXPECT_EQ(printed("loss=1e999").at(0).second, INFINITY);
  EXPECT_THAT(printed("loss=info"), IsEmpty());
}

TEST(PrintedLine, ADoubtfulNumberIsNone) {
  for (const char* line : {"loss=12ms", "loss=1,5", "loss=0x10", "loss: 10:30", "loss=1_000", "loss=2024-01-02",
                           "loss=1.2.3", "loss==0.5", "loss<=0.5", "loss=", "loss=-", "loss=+-1", "loss='0.5'"})
    EXPECT_THAT(printed(line), IsEmpty()) << line;
}

TEST(PrintedLine, PercentAndOfManyAreUnderstood) {
  EXPECT_THAT(printed("val_acc: 91%"), ElementsAre(Pair("val_acc", 91)));
  EXPECT_THAT(printed("epoch: 3/10"), ElementsAre(Pair("epoch", 3)));
  EXPECT_THAT(printed("loss=0.5."), ElementsAre(Pair("loss", 0.5)));
}

TEST(PrintedLine, ColoursAreStripped) {
  EXPECT_THAT(printed("\x1b[1;32mval_acc\x1b[0m = \x1b[33m0.91\x1b[0m"), ElementsAre(Pair("val_acc", 0.91)));
}

TEST(PrintedLine, KnownFormatsOfTrainersAreUnderstood) {
  EXPECT_THAT(printed("1/1 [======] - 0s 5ms/step - loss: 0.5 - accuracy: 0.75"),
              ElementsAre(Pair("loss", 0.5), Pair("accuracy", 0.75)));
  EXPECT_THAT(printed("{'loss': 0.25, 'grad_norm': nan, 'epoch': 1.0}").at(0), Pair("loss", 0.25));
  EXPECT_THAT(printed("2024-01-01T12:30:01 loss=0.5"), ElementsAre(Pair("loss", 0.5)));
  EXPECT_THAT(printed(" 50%|#####     | 3/6 [00:01<00:01, loss=0.31]"), ElementsAre(Pair("loss", 0.31)));
}

TEST(PrintedLine, AJsonObjectIsAReport) {
  EXPECT_THAT(printed(R"( {"step": 4, "loss": "nan", "tags": [1], "deep": {"loss": 3}} )").at(0), Pair("step", 4));
  EXPECT_TRUE(std::isnan(printed(R"({"loss": "nan"})").at(0).second));
  EXPECT_THAT(printed(R"({"a b": 1, "loss": 2, "flag": true})"), ElementsAre(Pair("a b", 1), Pair("loss", 2)));
  EXPECT_THAT(printed(R"({"other": 2})"), IsEmpty());
  EXPECT_THAT(printed(R"({"loss": NaN, "epoch": 2})").at(1), Pair("epoch", 2));  // as Python writes it
}

TEST(PrintedLine, TheLastOfEqualNamesCounts) { EXPECT_THAT(printed("loss=1 loss=2"), ElementsAre(Pair("loss", 2))); }

TEST(PrintedLine, NamesOfAnySpellingAreFound) {
  EXPECT_THAT(parser({"top-1 (%)"}).printed("top-1 (%): 71.5").value(), ElementsAre(Pair("top-1 (%)", 71.5)));
  EXPECT_THAT(parser({"a.loss", "loss"}).printed("a.loss=1").value(), ElementsAre(Pair("a.loss", 1)));
}

TEST(Patterns, FindWhatIsNotNameEqualsValue) {
  const auto p = parser({"val_acc"}, {{"val_acc", "accuracy is ([0-9.]+)%"}, {"time", "took (\\S+) s"}});
  EXPECT_THAT(p.printed("accuracy is 91.5% after lr=0.1, took 12 s").value(),
              ElementsAre(Pair("lr", 0.1), Pair("val_acc", 91.5), Pair("time", 12)));
  EXPECT_FALSE(p.printed("took 12 s"));         // names nothing of the study
  EXPECT_FALSE(p.printed("accuracy is ...%"));  // no number
  EXPECT_FALSE(p.printed(std::string(5000, 'x') + "accuracy is 91%"));
}

TEST(Patterns, AnExpensiveOneStaysLinear) {
  const auto p = parser({"val_acc"}, {{"val_acc", "^(?:(a+)+)+$"}});
  (void)p;
  const auto q = parser({"val_acc"}, {{"val_acc", "(?:(?:a+)+)+!([0-9]+)"}});
  EXPECT_FALSE(q.printed(std::string(4000, 'a')));
}

TEST(Patterns, ABadOneIsRefusedInWords) {
  EXPECT_THAT(ReportParser::make({}, {{"acc", "("}}).error().what,
              HasSubstr("metrics.acc: `(` is no regular expression"));
  EXPECT_THAT(ReportParser::make({}, {{"acc", "x"}}).error().what, HasSubstr("has 0 groups"));
  EXPECT_THAT(ReportParser::make({}, {{"acc", "(x)(y)"}}).error().what, HasSubstr("has 2 groups"));
}

TEST(AppendedLine, AnyNumbersCount) {
  EXPECT_THAT(parser().appended(R"({"speed": 3})")->metrics, ElementsAre(Pair("speed", 3)));
  EXPECT_THAT(parser().appended("speed=3")->metrics, ElementsAre(Pair("speed", 3)));
  EXPECT_FALSE(parser().appended("hello"));
  EXPECT_FALSE(parser().appended("{}"));
  EXPECT_FALSE(parser().appended("[1, 2]"));
}

TEST(AppendedLine, InfeasibleCarriesItsReason) {
  EXPECT_EQ(parser().appended(R"({"infeasible": "too\nbig"})")->infeasible, "too big");
  EXPECT_EQ(parser().appended(R"({"infeasible": ""})")->infeasible, "infeasible");
}

std::vector<std::string> lines(const std::vector<std::string>& chunks) {
  LineReader reader;
  std::vector<std::string> out;
  const auto each = [&](std::string_view line) { out.emplace_back(line); };
  for (const auto& chunk : chunks) reader.feed(chunk, each);
  reader.finish(each);
  return out;
}

TEST(LineReader, LinesEndWithNewlineOrCarriageReturnAndCrossChunks) {
  EXPECT_THAT(lines({"a\nb", "c\r", "\nd\r", "e"}), ElementsAre("a", "bc", "d", "e"));
  EXPECT_THAT(lines({"\n\n"}), IsEmpty());
}

TEST(LineReader, ALongLineIsCutAndItsRestSkipped) {
  const auto got = lines({std::string(40 << 10, 'x'), std::string(1 << 20, 'x'), "loss=1\nnext\n"});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].size(), std::size_t{64 << 10});
  EXPECT_EQ(got[1], "next");
}

TEST(LineReader, AnyCutIntoChunksGivesTheSameLines) {
  const std::string text = "loss=1\r\nepoch=2\rx\n\nlast";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_THAT(lines({text.substr(0, cut), text.substr(cut)}), ElementsAre("loss=1", "epoch=2", "x", "last")) << cut;
}

}  // namespace
}  // namespace hone
