#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "hone/registry.h"
#include "space/value.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Param parsed(const std::string& text) {
  const auto param = parse_param("x", text);
  EXPECT_TRUE(param) << text << ": " << (param ? "" : param.error().what);
  return param.value_or(Param{});
}

template <class D>
D domain(const std::string& text) {
  const Param param = parsed(text);
  const D* found = std::get_if<D>(&param.domain);
  EXPECT_NE(found, nullptr) << text;
  return found == nullptr ? D{} : *found;
}

std::string error(const std::string& text) {
  const auto param = parse_param("x", text);
  EXPECT_FALSE(param) << text;
  return param ? "" : param.error().what;
}

TEST(ParseValue, KeepsWordsThatYamlWouldTurnIntoSomethingElse) {
  for (const std::string word :
       {"no",   "yes",  "true", "null", "~",     "1:30",       "010", "-010", "00", "0x10", "1_000", "nan", "inf",
        "-inf", ".nan", "1e",   "e3",   "1.2.3", "2024-01-01", "",    "-",    "+",  ".",    "1e999", "3d",  "1 "}) {
    EXPECT_EQ(parse_value(word), Value(word)) << word;
  }
}

TEST(ParseValue, ReadsNumbers) {
  EXPECT_EQ(parse_value("0"), Value(std::int64_t{0}));
  EXPECT_EQ(parse_value("-12"), Value(std::int64_t{-12}));
  EXPECT_EQ(parse_value("+5"), Value(std::int64_t{5}));
  EXPECT_EQ(parse_value("9223372036854775807"), Value(std::int64_t{9223372036854775807}));
  EXPECT_EQ(parse_value("9223372036854775808"), Value(9223372036854775808.0));
  EXPECT_EQ(parse_value("1e-3"), Value(0.001));
  EXPECT_EQ(parse_value("1e3"), Value(1000.0));
  EXPECT_EQ(parse_value("0.5"), Value(0.5));
  EXPECT_EQ(parse_value(".5"), Value(0.5));
  EXPECT_EQ(parse_value("1."), Value(1.0));
  EXPECT_EQ(parse_value("-2.5E+1"), Value(-25.0));
}

TEST(NumberText, IsTheShortestThatReadsBackTheSame) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1), "1");
  EXPECT_EQ(number_text(1e-7), "1e-07");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number_text(std::nan("")), "nan");
  EXPECT_EQ(number_text(-std::nan("")), "nan");
  EXPECT_EQ(number_text(-INFINITY), "-inf");
  EXPECT_EQ(value_text(std::int64_t{-3}), "-3");
  EXPECT_EQ(value_text(Value()), "");
}

TEST(ParseParam, ReadsEveryShortForm) {
  const auto real = domain<Float>("float(1e-4, 1e-1, log)");
  EXPECT_EQ(real.lo, 1e-4);
  EXPECT_EQ(real.hi, 1e-1);
  EXPECT_TRUE(real.log);
  EXPECT_FALSE(real.step);
  EXPECT_EQ(domain<Float>(" float( 0.85 ,0.98,step=0.01) ").step, 0.01);
  EXPECT_TRUE(domain<Float>("float(1, 10, step=1, log)").log);
  EXPECT_TRUE(domain<Float>("float(1, 10, log=True)").log);
  const auto whole = domain<Int>("int(2, 1e3, log, step=2)");
  EXPECT_EQ(whole.lo, 2);
  EXPECT_EQ(whole.hi, 1000);
  EXPECT_TRUE(whole.log);
  EXPECT_EQ(whole.step, 2);
  EXPECT_THAT(domain<Choice>("pow2(8, 128)").texts, ElementsAre("8", "16", "32", "64", "128"));
  EXPECT_TRUE(domain<Choice>("pow2(8, 128)").ordered);
  EXPECT_EQ(domain<Choice>("pow2(1, 4611686018427387904)").options.size(), 63u);
  EXPECT_THAT(domain<Choice>("ordinal(small, medium)").texts, ElementsAre("small", "medium"));
  EXPECT_TRUE(domain<Choice>("ordinal(small, medium)").ordered);
  const auto normal = domain<Normal>("normal(0.3, 0.1, lo=0, hi=0.6)");
  EXPECT_EQ(normal.mu, 0.3);
  EXPECT_EQ(normal.hi, 0.6);
  EXPECT_TRUE(std::isinf(domain<Normal>("normal(0, 1)").lo));
  EXPECT_TRUE(domain<Normal>("lognormal(0, 1, hi=9)").log);
  const auto pieces = domain<Piecewise>("piecewise([0, 0.01], [0.1, 0.3])");
  EXPECT_EQ(pieces.ranges, (std::vector<std::pair<double, double>>{{0, 0.01}, {0.1, 0.3}}));
  EXPECT_EQ(domain<Derived>("= lr / 100").expression, "lr / 100");
}

TEST(ParseParam, ReadsOptionsAsTheyAreWritten) {
  const auto choice = domain<Choice>("[a, 'b, c', 1e-3, 010, 256, no, \"it's\", '1', [64, 64], don't]");
  EXPECT_THAT(choice.options,
              ElementsAre(Value("a"), Value("b, c"), Value(0.001), Value("010"), Value(std::int64_t{256}), Value("no"),
                          Value("it's"), Value("1"), Value("[64, 64]"), Value("don't")));
  EXPECT_THAT(choice.texts, ElementsAre("a", "b, c", "1e-3", "010", "256", "no", "it's", "1", "[64, 64]", "don't"));
  EXPECT_THAT(domain<Choice>("choice(a, b)").texts, ElementsAre("a", "b"));
  EXPECT_THAT(domain<Choice>("choice([a, b])").texts, ElementsAre("a", "b"));
}

TEST(ParseParam, TakesACondition) {
  const Param param = parsed("float(1e-3, 1e3, log) if model == svm");
  EXPECT_EQ(param.when, "model == svm");
  EXPECT_EQ(param.text, "float(1e-3, 1e3, log) if model == svm");
  EXPECT_EQ(parsed("[a, 'b if c'] if model in [svm, mlp]").when, "model in [svm, mlp]");
  EXPECT_EQ(parsed("= lr / 100 if (lr > 0)").when, "(lr > 0)");
  EXPECT_EQ(parsed("1 if model == svm").when, "model == svm");
  EXPECT_EQ(parsed("ordinal(a, b)if model == svm").when, "model == svm");
}

TEST(ParseParam, TakesAnythingElseForAConstant) {
  EXPECT_EQ(domain<Constant>("1").value, Value(std::int64_t{1}));
  EXPECT_EQ(domain<Constant>("010").value, Value("010"));
  EXPECT_EQ(domain<Constant>("1e-3").text, "1e-3");
  EXPECT_EQ(domain<Constant>("'1'").value, Value("1"));
  EXPECT_EQ(domain<Constant>("see me if you can").value, Value("see me if you can"));
  EXPECT_EQ(domain<Constant>("data/train.csv").value, Value("data/train.csv"));
  EXPECT_EQ(domain<Constant>("gift").value, Value("gift"));
  EXPECT_EQ(domain<Constant>("large (new)").value, Value("large (new)"));
}

TEST(ParseParam, SaysWhatIsWrongAndWhatToWrite) {
  EXPECT_EQ(error("flaot(0, 1)"), "space.x: unknown domain flaot; did you mean float?");
  EXPECT_THAT(error("fnord(0, 1)"), HasSubstr("unknown domain fnord; a word that looks like this"));
  EXPECT_THAT(error("float(0"), HasSubstr("`float(0` has no closing parenthesis"));
  EXPECT_THAT(error("float(0"), HasSubstr("quote it: \"float(..)\""));
  EXPECT_EQ(error("uniform(0, 1)"), "space.x: uniform is called differently here; write float(lo, hi)");
  EXPECT_EQ(error("loguniform(1, 2)"), "space.x: loguniform is called differently here; write float(lo, hi, log)");
  EXPECT_EQ(error("float(0)"), "space.x: it needs a lower and an upper bound; write float(lo, hi[, log][, step=s])");
  EXPECT_EQ(error("float(a, 1)"), "space.x: `a` is no number; write float(lo, hi[, log][, step=s])");
  EXPECT_EQ(error("float(0, 1, setp=1)"),
            "space.x: `setp` is no argument of it; did you mean step?; write float(lo, hi[, log][, step=s])");
  EXPECT_EQ(error("float(0, 1, lgo)"),
            "space.x: `lgo` is no flag of it; did you mean log?; write float(lo, hi[, log][, step=s])");
  EXPECT_THAT(error("int(0, 1, log, fast)"), HasSubstr("`fast` is no flag of it; write int(lo, hi"));
  EXPECT_THAT(error("float(0, 1, 2)"), HasSubstr("needs a lower and an upper bound"));
  EXPECT_THAT(error("float(0, inf)"), HasSubstr("`inf` is no number"));
  EXPECT_THAT(error("int(1, 2.5)"), HasSubstr("`2.5` is no whole number"));
  EXPECT_EQ(error("pow2(8, 100)"), "space.x: 100 is no power of two; write pow2(lo, hi), both powers of two");
  EXPECT_THAT(error("pow2(8, 4)"), HasSubstr("lo 8 is above hi 4"));
  EXPECT_THAT(error("[]"), HasSubstr("it has no options"));
  EXPECT_THAT(error("[a,,b]"), HasSubstr("an option is empty"));
  EXPECT_THAT(error("[a, b"), HasSubstr("`]` is missing"));
  EXPECT_THAT(error("[a, b] c"), HasSubstr("` c` behind the list is unexpected"));
  EXPECT_THAT(error("float(0, 1) log"), HasSubstr("behind the domain is unexpected"));
  EXPECT_THAT(error("normal(1)"), HasSubstr("it needs mu and sigma"));
  EXPECT_THAT(error("piecewise(0, 1)"), HasSubstr("`0` is no range"));
  EXPECT_THAT(error(""), HasSubstr("it is empty"));
  EXPECT_THAT(error("= "), HasSubstr("nothing there"));
  EXPECT_EQ(error("= lr / "), "space.x: lr /: it ends too early; complete it");
  EXPECT_EQ(error("float(0, 1) if model = svm"), "space.x: model = svm: `=` at 7: compare with ==");
  EXPECT_THAT(error("float(0, 1) if"), HasSubstr("nothing there"));
}

TEST(ParseParam, AnswersEveryTextWithAParameterOrALineForDomainAndCondition) {
  const std::vector<std::string> seeds = {"float(1e-4, 1e-1, log) if model == svm",
                                          "int(2, 32, log, step=2)",
                                          "[a, 'b', 1e-3, \"c\"] if x in [1, 2]",
                                          "pow2(8, 128)",
                                          "ordinal(s, m, l)",
                                          "normal(0.3, 0.1, lo=0, hi=0.6)",
                                          "lognormal(0, 1)",
                                          "piecewise([0, 0.01], [0.1, 0.3])",
                                          "= max(lr / 100, 2 ** -x) % 3",
                                          "choice([a, b])",
                                          "word",
                                          "010"};
  const std::string alphabet = "()[]{},.'\"=<>!+-*/% \\\t\n0123456789eabcdefghiklnorsx_:#\x01\xff";
  Rng rng = Rng::stream(1, "parse fuzz");
  int good = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = i % 4 == 0 ? "" : seeds[rng.below(seeds.size())];
    const std::uint64_t edits = i % 4 == 0 ? rng.below(40) : 1 + rng.below(4);
    for (std::uint64_t k = 0; k < edits; ++k) {
      const auto at = static_cast<std::size_t>(rng.below(text.size() + 1));
      const char c = i % 8 == 0 ? static_cast<char>(rng.below(256)) : alphabet[rng.below(alphabet.size())];
      const std::uint64_t kind = rng.below(3);
      if (kind == 0 || at == text.size()) text.insert(at, 1, c);
      else if (kind == 1) text[at] = c;
      else text.erase(at, 1 + rng.below(4));
    }
    const auto param = parse_param("x", text);
    if (!param) {
      EXPECT_EQ(param.error().code, Code::Invalid);
      EXPECT_EQ(param.error().what.find("space.x: "), 0u) << param.error().what;
      const std::size_t end = param.error().what.find('\n');  // one line for the domain, one for the condition
      if (end != std::string::npos) {
        EXPECT_EQ(param.error().what.find("space.x: ", end), end + 1) << param.error().what;
        EXPECT_EQ(param.error().what.find('\n', end + 1), std::string::npos) << param.error().what;
      }
      continue;
    }
    ++good;
    Param model;
    model.name = "model";
    model.domain = Choice{{std::string("svm"), std::string("mlp")}, {"svm", "mlp"}, false, {}};
    const auto space = Space::make({*param, model});
    if (!space) continue;
    const std::vector<double> point(space->free().size(), rng.uniform());
    const Config config = space->decode(point);
    EXPECT_EQ(space->decode(space->encode(config)), config) << text;
  }
  EXPECT_GT(good, 4'000);  // the loop reaches what is behind the parser
}

TEST(NearestName, FindsTypingMistakesAndNothingElse) {
  const std::vector<std::string> names = {"float", "int", "ordinal", "Model"};
  EXPECT_EQ(nearest_name("flaot", names), "float");
  EXPECT_EQ(nearest_name("flot", names), "float");
  EXPECT_EQ(nearest_name("model", names), "Model");
  EXPECT_EQ(nearest_name("in", names), "int");
  EXPECT_EQ(nearest_name("banana", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(10'000, 'f'), names), "");
  EXPECT_EQ(nearest_name("x", {"y"}), "");
}

}  // namespace
}  // namespace hone
