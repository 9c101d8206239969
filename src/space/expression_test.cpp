#include "space/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "space/value.h"

namespace hone {
namespace {

using testing::HasSubstr;
using Use = Expression::Use;

/// a, b: ints; x, y: floats; model, other: words; size: ordinal; width: numbers; svm.C: a float.
struct Fixture {
  std::vector<Param> params;
  NameIndex names;
  Config config;

  Fixture() {
    add("a", Int{-100, 100}, std::int64_t{7});
    add("b", Int{-100, 100}, std::int64_t{3});
    add("x", Float{-10, 10, false, {}}, 0.5);
    add("y", Float{-10, 10, false, {}}, 2.0);
    add("model", choice({"svm", "forest", "mlp"}), std::string("svm"));
    add("other", choice({"svm", "tree"}), std::string("svm"));
    Choice size = choice({"small", "medium", "large"});
    size.ordered = true;
    add("size", size, std::string("medium"));
    add("width", choice({"256", "512"}), std::int64_t{256});
    add("svm.C", Float{0, 1, false, {}}, 0.25);
    add("off", Float{0, 1, false, {}}, Value());
    add("big", Int{0, 1}, std::numeric_limits<std::int64_t>::max());
  }
  void add(const std::string& name, Domain domain, Value value) {
    names.emplace(name, params.size());
    Param param;
    param.name = name;
    param.domain = std::move(domain);
    params.push_back(std::move(param));
    config.push_back(std::move(value));
  }
  static Choice choice(const std::vector<std::string>& texts) {
    Choice choice;
    choice.texts = texts;
    for (const std::string& text : texts) choice.options.push_back(parse_value(text));
    return choice;
  }
  Result<Expression> compile(const std::string& text, Use use) const {
    return Expression::compile(text, params, names, use);
  }
  bool holds(const std::string& text) const {
    const auto expression = compile(text, Use::Truth);
    EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().what);
    return expression && expression->holds(config);
  }
  Value value(const std::string& text) const {
    const auto expression = compile(text, Use::Value);
    EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().what);
    return expression ? expression->value(config) : Value();
  }
  std::string error(const std::string& text, Use use = Use::Truth) const {
    const auto expression = compile(text, use);
    EXPECT_FALSE(expression) << text;
    return expression ? "" : expression.error().what;
  }
};

Value whole(std::int64_t x) { return x; }

TEST(Expression, KeepsIntsAndBindsAsInMathematics) {
  const Fixture f;
  EXPECT_EQ(f.value("a + b * 2"), whole(13));
  EXPECT_EQ(f.value("(a + b) * 2"), whole(20));
  EXPECT_EQ(f.value("a - b - 1"), whole(3));
  EXPECT_EQ(f.value("2 ** 3 ** 2"), whole(512));
  EXPECT_EQ(f.value("-2 ** 2"), whole(-4));
  EXPECT_EQ(f.value("2 ** -1"), Value(0.5));
  EXPECT_EQ(f.value("a / 2"), Value(3.5));
  EXPECT_EQ(f.value("b / 3"), Value(1.0));
  EXPECT_EQ(f.value("floor(a / 2)"), whole(3));
  EXPECT_EQ(f.value("floor(-3.5)"), whole(-4));
  EXPECT_EQ(f.value("min(a, b, 5)"), whole(3));
  EXPECT_EQ(f.value("max(x, b, y)"), whole(3));
  EXPECT_EQ(f.value("abs(b - a)"), whole(4));
  EXPECT_EQ(f.value("abs(-x)"), Value(0.5));
  EXPECT_EQ(f.value("sqrt(y * 8)"), Value(4.0));
  EXPECT_EQ(f.value("exp(log(1)) + 1e1"), Value(11.0));
  EXPECT_EQ(f.value("svm.C * 4"), Value(1.0));
  EXPECT_EQ(f.value("a - -b"), whole(10));
  EXPECT_EQ(f.value("model"), Value(std::string("svm")));
}

TEST(Expression, TakesTheRemainderWithTheSignOfTheRightSide) {
  const Fixture f;
  EXPECT_EQ(f.value("a % b"), whole(1));
  EXPECT_EQ(f.value("-a % b"), whole(2));
  EXPECT_EQ(f.value("a % -b"), whole(-2));
  EXPECT_EQ(f.value("-6 % b"), whole(0));
  EXPECT_EQ(f.value("-0.5 % 2"), Value(1.5));
  EXPECT_EQ(f.value("(-9223372036854775807 - 1) % -1"), whole(0));
}

TEST(Expression, GoesToDoublesWhereIntsOverflow) {
  const Fixture f;
  EXPECT_EQ(f.value("big"), whole(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(f.value("big + 1"), Value(9223372036854775808.0));
  EXPECT_EQ(f.value("big * 2"), Value(18446744073709551616.0));
  EXPECT_EQ(f.value("-big - 9"), Value(-9223372036854775808.0));
  EXPECT_EQ(f.value("2 ** 62"), whole(std::int64_t{1} << 62));
  EXPECT_EQ(f.value("2 ** 64"), Value(18446744073709551616.0));
  EXPECT_EQ(f.value("(-2) ** 63"), whole(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(f.value("10 ** 400"), Value());
}

TEST(Expression, IsUndefinedAndNeitherTrueNorFalseWithoutAValue) {
  const Fixture f;
  for (const std::string text : {"1 / 0", "a % 0", "x % 0", "log(0)", "log(-1)", "sqrt(-1)", "exp(1e6)", "(-8) ** 0.5",
                                 "0 ** -1", "1e300 * 1e300", "1e308 + 1e308 - 1e308"}) {
    EXPECT_EQ(f.value(text), Value()) << text;
    EXPECT_FALSE(f.holds(text + " > 0")) << text;
    EXPECT_FALSE(f.holds("not " + text + " > 0")) << text;
    EXPECT_FALSE(f.holds(text + " == " + text)) << text;
  }
  EXPECT_TRUE(f.holds("a == 7 or 1 / 0 > 1"));
  EXPECT_TRUE(f.holds("1 / 0 > 1 or a == 7"));
  EXPECT_FALSE(f.holds("a == 7 and 1 / 0 > 1"));
  EXPECT_TRUE(f.holds("not (a == 8 and 1 / 0 > 1)"));
}

TEST(Expression, ComparesNumbersByValueAndWordsByLetters) {
  const Fixture f;
  EXPECT_TRUE(f.holds("1 == 1.0"));
  EXPECT_TRUE(f.holds("a == 7.0"));
  EXPECT_TRUE(f.holds("b < a"));
  EXPECT_TRUE(f.holds("1 < b <= 3 < a"));
  EXPECT_FALSE(f.holds("1 < b < 3"));
  EXPECT_TRUE(f.holds("big < 9223372036854775808.0"));
  EXPECT_FALSE(f.holds("big == 9223372036854775808.0"));
  EXPECT_TRUE(f.holds("model == svm"));
  EXPECT_TRUE(f.holds("model == 'svm'"));
  EXPECT_TRUE(f.holds("\"svm\" == model"));
  EXPECT_TRUE(f.holds("model != forest"));
  EXPECT_TRUE(f.holds("model == other"));
  EXPECT_FALSE(f.holds("model == x"));
  EXPECT_TRUE(f.holds("model in [forest, svm]"));
  EXPECT_FALSE(f.holds("model not in [forest, svm]"));
  EXPECT_TRUE(f.holds("a in [1, 2, b + 4]"));
  EXPECT_TRUE(f.holds("a + 1 not in [1, 2]"));
  EXPECT_TRUE(f.holds("width == 256"));
  EXPECT_TRUE(f.holds("width != 300"));
  EXPECT_TRUE(f.holds("not model == forest and (a > 5 or b > 5)"));
}

TEST(Expression, OrdersTheWordsOfAnOrdinalByTheirPlace) {
  const Fixture f;
  EXPECT_TRUE(f.holds("size <= medium"));
  EXPECT_TRUE(f.holds("size < large"));  // "medium" > "large" by letters
  EXPECT_FALSE(f.holds("small > size"));
  EXPECT_TRUE(f.holds("small < size < large"));
  EXPECT_THAT(f.error("model < svm"), HasSubstr("model has no order"));
  EXPECT_THAT(f.error("size < model"), HasSubstr("no common order"));
}

TEST(Expression, SaysHowFarFromTrueItIs) {
  const Fixture f;
  const auto distance = [&](const std::string& text) { return f.compile(text, Use::Truth)->distance(f.config); };
  EXPECT_EQ(distance("a + b == 10"), 0);
  EXPECT_EQ(distance("a + b == 14"), 4);
  EXPECT_EQ(distance("a < b"), 4);
  EXPECT_GT(distance("a < 7"), 0);
  EXPECT_EQ(distance("a == 9 and b == 4"), 3);
  EXPECT_EQ(distance("a == 9 or b == 4"), 1);
  EXPECT_EQ(distance("a in [1, 4, 20]"), 3);
  EXPECT_EQ(distance("1 / 0 > 0"), 1);
}

TEST(Expression, MentionsInactiveParameters) {
  const Fixture f;
  EXPECT_FALSE(f.compile("off > 0 or a == 7", Use::Truth)->active(f.config));
  EXPECT_TRUE(f.compile("off > 0 or a == 7", Use::Truth)->mentions_inactive(f.config));
  EXPECT_EQ(f.value("off + 1"), Value());
  EXPECT_EQ(f.compile("b + a + b > 0", Use::Truth)->mentions(), (std::vector<std::size_t>{0, 1}));
}

TEST(Expression, RefusesUnknownNamesAndOptionsWithTheNearest) {
  const Fixture f;
  EXPECT_EQ(f.error("model == smv"), "smv is no option of model; did you mean svm?");
  EXPECT_EQ(f.error("model in [svm, froest]"), "froest is no option of model; did you mean forest?");
  EXPECT_EQ(f.error("model == 'zzzzzz'"), "zzzzzz is no option of model; it has svm, forest, mlp");
  EXPECT_EQ(f.error("model == 3"), "3 is no option of model; it has svm, forest, mlp");
  EXPECT_EQ(f.error("widht % 2 == 1"), "unknown parameter widht; did you mean width?");
  EXPECT_EQ(f.error("a == zzz"), "unknown parameter zzz; declare it, or quote it if it is a word");
  EXPECT_EQ(f.error("svm == forest"), "unknown parameter svm; declare it, or quote it if it is a word");
  EXPECT_EQ(f.error("modle", Use::Value), "unknown parameter modle; did you mean model?");
  EXPECT_THAT(f.error("model + 1 > 0"), HasSubstr("model is a word, not a number"));
  EXPECT_THAT(f.error("'a' * 2 == 1"), HasSubstr("a is a word, not a number"));
}

TEST(Expression, RefusesTruthAndNumbersMixedUp) {
  const Fixture f;
  EXPECT_EQ(f.error("model"), "model alone is no condition; compare it: model == mlp");
  EXPECT_THAT(f.error("a % 2"), HasSubstr("a value is no condition"));
  EXPECT_THAT(f.error("(a > 1) + 1 > 0"), HasSubstr("true or false is no number"));
  EXPECT_THAT(f.error("(a > 1) == (b > 1)"), HasSubstr("true or false cannot be compared"));
  EXPECT_THAT(f.error("a > 1 and b"), HasSubstr("b alone is no condition"));
  EXPECT_THAT(f.error("a > 1", Use::Value), HasSubstr("true or false is no value"));
}

TEST(Expression, ReportsWhereTheSyntaxBreaksAndWhatToWrite) {
  const auto error = [](const std::string& text) {
    const auto checked = Expression::check(text, Use::Truth);
    EXPECT_FALSE(checked) << text;
    return checked ? "" : checked.error().what;
  };
  EXPECT_EQ(error("a = 1"), "`=` at 3: compare with ==");
  EXPECT_EQ(error("a > 1 && b > 1"), "`&&` at 7: write `and`");
  EXPECT_EQ(error("a > 1 || b > 1"), "`||` at 7: write `or`");
  EXPECT_EQ(error("!a > 1"), "`!` at 1: write `not`");
  EXPECT_EQ(error("a // 2 == 1"), "`//` at 3: write floor(a / b)");
  EXPECT_EQ(error("a ^ 2 == 1"), "`^` at 3: a power is **");
  EXPECT_EQ(error(""), "nothing there; write an expression");
  EXPECT_EQ(error("a +"), "it ends too early; complete it");
  EXPECT_EQ(error("(a > 1"), "`)` is missing at 7; close it");
  EXPECT_EQ(error("a in svm"), "`in` needs a list at 6: in [a, b]");
  EXPECT_EQ(error("a in [b, c"), "`]` is missing at 11; close the list");
  EXPECT_EQ(error("a == 'b"), "the quote at 6 is never closed; close it");
  EXPECT_EQ(error("a > 1 b"), "`b` at 7 is unexpected; an operator is missing before it, or a word needs quotes");
  EXPECT_EQ(error("sqt(a) > 1"), "`sqt` at 1 is no function; did you mean sqrt?");
  EXPECT_EQ(error("abs(a, b) > 1"), "abs takes one number; drop the others");
  EXPECT_EQ(error("a == #"), "`#` at 6 means nothing here; put a word with such signs into quotes");
  EXPECT_EQ(error("a == *"), "`*` at 6 is unexpected; a number, a name or ( belongs there");
}

TEST(Expression, HasADefinedAnswerWhateverTheNumbers) {
  const Fixture f;
  EXPECT_EQ(f.value("(-2) ** 63 % -1"), whole(0));
  EXPECT_EQ(f.value("-((-2) ** 63)"), Value(9223372036854775808.0));
  EXPECT_EQ(f.value("abs((-2) ** 63)"), Value(9223372036854775808.0));
  EXPECT_EQ(f.value("2 ** 9 ** 9"), Value());
  EXPECT_EQ(f.value("big ** big"), Value());
  EXPECT_EQ(f.value("0 ** big"), whole(0));
  EXPECT_EQ(f.value("(-1) ** big"), whole(-1));
  EXPECT_EQ(f.value("big % 0.0"), Value());
  EXPECT_EQ(f.value("floor(1e300)"), Value(1e300));
  EXPECT_EQ(f.value("1e308 * 10 - 1e308 * 10"), Value());
}

TEST(Expression, LimitsLengthAndDepth) {
  const std::string nested = std::string(10'000, '(') + "a" + std::string(10'000, ')') + " > 1";
  EXPECT_THAT(Expression::check(nested, Use::Truth).error().what, HasSubstr("longer than 10000 characters; split it"));
  EXPECT_THAT(Expression::check(nested.substr(5'100, 9'900), Use::Truth).error().what, HasSubstr("nested too deeply"));
  EXPECT_THAT(Expression::check(std::string(1 << 20, '1'), Use::Value).error().what, HasSubstr("longer than"));
  EXPECT_THAT(Expression::check(std::string(20'000, ' ') + "a > 1", Use::Truth).error().what, HasSubstr("longer than"));
  for (const std::string piece : {"(", "-", "not ", "2 ** ", "min(", "abs(1 + ", "a in [(", "1 < (1 + "}) {
    std::string deep;
    while (deep.size() < 9'000) deep += piece;
    EXPECT_FALSE(Expression::check(deep, Use::Truth)) << piece;
    EXPECT_FALSE(Expression::check(deep + "1", Use::Value)) << piece;
  }
  const Fixture f;
  std::string wide = "a";
  for (int i = 0; i < 2'000; ++i) wide += " + a";
  EXPECT_EQ(f.value(wide), whole(7 * 2001));
  std::string chain = "0";
  for (int i = 1; i < 1'000; ++i) chain += " < " + std::to_string(i);
  EXPECT_TRUE(f.holds(chain));
}

TEST(Expression, ReadsWordsThatLookLikeNumbersAsWords) {
  Fixture f;
  f.add("label", Fixture::choice({"010", "1:30", "no", "1e3x"}), std::string("010"));
  EXPECT_TRUE(f.holds("label == 010"));
  EXPECT_TRUE(f.holds("label != 1:30"));
  EXPECT_TRUE(f.holds("label in [no, 010]"));
  EXPECT_THAT(f.error("label == 10"), HasSubstr("10 is no option of label"));
}

}  // namespace
}  // namespace hone
