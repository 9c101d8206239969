#include "hone/space.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "space/for_test.h"
#include "space/value.h"

namespace hone {
namespace {

using for_test::error_of;
using for_test::random_unit;
using for_test::space_of;
using testing::HasSubstr;

double number(const Value& value) { return as_double(value); }

// Conditions and derived values.

const for_test::Texts kNested = {{"C", "float(0.1, 10, log) if kernel != none"},
                                 {"kernel", "[none, rbf, poly] if model == svm"},
                                 {"degree", "int(2, 5) if kernel == poly"},
                                 {"model", "[svm, forest]"},
                                 {"depth", "int(1, 9) if model in [forest]"},
                                 {"limit", "= 2 ** depth"},
                                 {"half", "= degree / 2 if C > 0.1"},
                                 {"fixed", "7 if model == svm"}};

TEST(Conditions, TurnChildrenOffWithTheirParents) {
  const Space space = space_of(kNested);
  const std::vector<double> forest = {0.5, 0.5, 0.5, 0.9, 0.5};
  Config config = space.decode(forest);
  EXPECT_EQ(config, (Config{Value(), Value(), Value(), Value("forest"), Value(std::int64_t{5}), Value(std::int64_t{32}),
                            Value(), Value()}));
  EXPECT_TRUE(std::isnan(space.encode(config)[0]));
  config = space.decode(std::vector{0.5, 0.9, 0.0, 0.1, 0.5});
  EXPECT_EQ(config, (Config{Value(1.0), Value("poly"), Value(std::int64_t{2}), Value("svm"), Value(), Value(),
                            Value(1.0), Value(std::int64_t{7})}));
  config = space.decode(std::vector{0.5, 0.1, 0.0, 0.1, 0.5});
  EXPECT_EQ(config[0], Value());  // kernel is `none`
}

TEST(Conditions, SurviveTheRoundTrip) {
  const Space space = space_of(kNested);
  Rng rng = Rng::stream(5, "nested");
  for (int i = 0; i < 20'000; ++i) {
    const Config config = space.draw(random_unit(space, rng));
    ASSERT_EQ(space.decode(space.encode(config)), config);
    NamedValues values;
    for (std::size_t k = 0; k < config.size(); ++k) values.emplace_back(space.params()[k].name, config[k]);
    const auto checked = space.check(values);
    ASSERT_TRUE(checked) << checked.error().what;
    ASSERT_EQ(*checked, config);
  }
}

TEST(Derived, IsNotAllowedWhereItHasNoValue) {
  const Space space = space_of({{"n", "int(0, 4)"}, {"inverse", "= 1 / n"}});
  EXPECT_FALSE(space.allows(space.decode(std::vector{0.0})));
  EXPECT_EQ(space.violations(space.decode(std::vector{0.0})), 1);
  EXPECT_TRUE(space.allows(space.decode(std::vector{0.5})));
  EXPECT_THAT(space.check({{"n", std::int64_t{0}}}).error().what, HasSubstr("inverse: 1 / n has no value here"));
}

TEST(Constraints, HoldWhereTheyMentionAnInactiveParameter) {
  const Space space = space_of(kNested, {"depth > 6", "degree * 2 == 5", "model != svm or C < 1"});
  EXPECT_EQ(space.violations(space.decode(std::vector{0.5, 0.5, 0.5, 0.9, 0.5})), 1);
  EXPECT_EQ(space.violations(space.decode(std::vector{0.9, 0.9, 0.5, 0.1, 0.5})), 2);
  EXPECT_EQ(space.violations(space.decode(std::vector{0.1, 0.5, 0.5, 0.1, 0.5})), 0);
  EXPECT_TRUE(space.allows(space.decode(std::vector{0.1, 0.5, 0.5, 0.9, 0.9})));
}

// The finite part.

TEST(Cells, EnumerateEveryConfigOfAFiniteSpaceOnce) {
  const Space space =
      space_of({{"model", "[a, b]"}, {"n", "int(1, 3) if model == b"}, {"s", "float(0, 1, step=0.5)"}, {"k", "1"}});
  EXPECT_TRUE(space.finite());
  EXPECT_EQ(space.cells(), 18u);
  EXPECT_EQ(space.levels(1), 3u);
  std::vector<Config> seen;
  for (std::uint64_t i = 0; i < space.cells(); ++i) {
    const auto config = space.cell(i);
    if (!config) continue;
    EXPECT_EQ(space.decode(space.encode(*config)), *config);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), *config), 0);
    seen.push_back(*config);
  }
  EXPECT_EQ(seen.size(), 12u);
  EXPECT_EQ(seen.front(), (Config{Value("a"), Value(), Value(0.0), Value(std::int64_t{1})}));
  EXPECT_EQ(seen[1][2], Value(0.5));  // the last one runs fastest
}

TEST(Cells, SaturateAndLeaveContinuousCoordinatesToTheCaller) {
  const Space huge = space_of({{"a", "int(0, 4000000000000)"}, {"b", "int(0, 4000000000000)"}});
  EXPECT_EQ(huge.cells(), std::uint64_t{1} << 63);
  EXPECT_TRUE(huge.cell((std::uint64_t{1} << 63) - 1));
  const Space mixed = space_of({{"c", "[a, b]"}, {"x", "float(0, 8)"}});
  EXPECT_FALSE(mixed.finite());
  EXPECT_EQ(mixed.cells(), 2u);
  EXPECT_EQ(mixed.levels(1), 0u);
  EXPECT_EQ(mixed.cell(1, std::vector{0.9, 0.25}), (Config{Value("b"), Value(2.0)}));
  EXPECT_EQ(Space().cells(), 1u);
  EXPECT_EQ(Space().cell(0), Config{});
}

// Named values.

TEST(Check, FillsInConstantsAndDerivedValuesAndAcceptsIntsForDoubles) {
  const Space space =
      space_of({{"lr", "float(0, 1)"}, {"n", "int(1, 8)"}, {"c", "[1, 2.5, x]"}, {"k", "010"}, {"d", "= lr * n"}});
  const auto config = space.check({{"lr", std::int64_t{1}}, {"n", 4.0}, {"c", 1.0}});
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(*config, (Config{Value(1.0), Value(std::int64_t{4}), Value(std::int64_t{1}), Value("010"), Value(4.0)}));
  EXPECT_TRUE(space.check({{"lr", 0.1}, {"n", 3.0}, {"c", "2.5"}, {"k", "010"}, {"d", 0.3}}));  // 0.1 * 3 != 0.3
}

TEST(Check, NamesWhatIsWrong) {
  const Space space = space_of({{"model", "[svm, forest]"},
                                {"C", "float(1, 10) if model == svm"},
                                {"m", "float(0, 1, step=0.25)"},
                                {"n", "int(1, 9, step=2)"},
                                {"k", "3"},
                                {"d", "= n * 2"},
                                {"z", "lognormal(0, 1)"},
                                {"p", "piecewise([0, 1], [2, 3])"}},
                               {"n != 5"});
  const NamedValues good = {{"model", "svm"}, {"C", 2.0}, {"m", 0.5}, {"n", std::int64_t{3}}, {"z", 1.0}, {"p", 2.5}};
  ASSERT_TRUE(space.check(good)) << space.check(good).error().what;
  const auto error = [&](const std::string& name, Value value) {
    NamedValues values = good;
    bool found = false;
    for (auto& [key, current] : values) {
      if (key == name) current = value, found = true;
    }
    if (!found) values.emplace_back(name, value);
    const auto config = space.check(values);
    EXPECT_FALSE(config) << name;
    return config ? "" : config.error().what;
  };
  EXPECT_EQ(error("modle", "svm"), "modle: unknown parameter; did you mean model?");
  EXPECT_EQ(error("model", "smv"), "model: smv is none of [svm, forest]; did you mean svm?");
  EXPECT_EQ(error("C", 11.0), "C: 11 is outside float(1, 10)");
  EXPECT_EQ(error("C", std::nan("")), "C: nan is outside float(1, 10)");
  EXPECT_EQ(error("C", "big"), "C: big is no number; float(1, 10) needs one");
  EXPECT_EQ(error("C", Value()), "C: missing; give a value of float(1, 10)");
  EXPECT_EQ(error("m", 0.3), "m: 0.3 is off the step of float(0, 1, step=0.25); the nearest is 0.25");
  EXPECT_EQ(error("n", std::int64_t{4}), "n: 4 is off the step of int(1, 9, step=2); the nearest is 5");
  EXPECT_EQ(error("n", 2.5), "n: 2.5 is not whole; int(1, 9, step=2) needs a whole number");
  EXPECT_EQ(error("n", std::int64_t{5}), "constraints[0]: n != 5 does not hold; choose other values");
  EXPECT_EQ(error("k", std::int64_t{4}), "k: 4 is not its constant 3");
  EXPECT_EQ(error("d", std::int64_t{7}), "d: 7 is not n * 2 = 6; leave it out");
  EXPECT_EQ(error("z", 0.0), "z: 0 is outside lognormal(0, 1)");
  EXPECT_EQ(error("p", 1.5), "p: 1.5 is outside piecewise([0, 1], [2, 3])");
  EXPECT_EQ(error("model", "forest"), "C: inactive here, as model == svm does not hold; leave it out");
  NamedValues twice = good;
  twice.emplace_back("m", 0.5);
  EXPECT_EQ(space.check(twice).error().what, "m: given twice; drop one");
  EXPECT_EQ(space.check({{"model", "svm"}, {"m", 9.0}, {"n", 99.0}}).error().what,
            "m: 9 is outside float(0, 1, step=0.25)\nn: 99 is outside int(1, 9, step=2)");
}

TEST(Complete, DrawsWhatIsMissingSoThatTheGivenValuesApply) {
  const Space space = space_of(kNested, {"C > 1"});
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto config = space.complete({{"degree", std::int64_t{4}}}, Rng::stream(1, "complete", i));
    ASSERT_TRUE(config) << config.error().what;
    EXPECT_EQ((*config)[3], Value("svm"));
    EXPECT_EQ((*config)[2], Value(std::int64_t{4}));
    EXPECT_GT(number((*config)[0]), 1);
  }
  EXPECT_EQ(space.complete({}, Rng::stream(1, "a")).value(), space.complete({}, Rng::stream(1, "a")).value());
  EXPECT_THAT(space.complete({{"model", "forest"}, {"C", 5.0}}, Rng::stream(1, "a")).error().what,
              HasSubstr("C: inactive here, as kernel != none does not hold"));
}

TEST(Adopt, TakesConfigsOfAnotherVersionThatFit) {
  const Space old = space_of({{"lr", "float(0, 1)"}, {"n", "int(1, 8)"}, {"opt", "[sgd, adam]"}, {"d", "= n * 2"}});
  const Config config = {Value(0.5), Value(std::int64_t{4}), Value("adam"), Value(std::int64_t{8})};
  const Space wider = space_of(
      {{"opt", "[adam, lamb, sgd]"}, {"n", "float(0, 10)"}, {"lr", "float(0, 2)"}, {"d", "= n * 3"}, {"k", "1"}});
  EXPECT_EQ(wider.adopt(config, old),
            (Config{Value("adam"), Value(4.0), Value(0.5), Value(12.0), Value(std::int64_t{1})}));
  EXPECT_EQ(old.adopt(config, old), config);
  EXPECT_FALSE(space_of({{"lr", "float(0, 0.4)"}, {"n", "int(1, 8)"}, {"opt", "[sgd, adam]"}}).adopt(config, old));
  EXPECT_FALSE(space_of({{"lr", "float(0, 1)"}, {"n", "int(1, 8)"}, {"opt", "[sgd]"}}).adopt(config, old));
  EXPECT_FALSE(space_of({{"lr", "float(0, 1)"}, {"n", "int(1, 8)"}, {"opt", "[sgd, adam]"}, {"new", "int(1, 2)"}})
                   .adopt(config, old));
  EXPECT_FALSE(space_of({{"lr", "float(0, 1)"}, {"n", "int(1, 8)"}}).adopt(config, old));
  EXPECT_FALSE(
      space_of({{"lr", "float(0, 1) if n > 5"}, {"n", "int(1, 8)"}, {"opt", "[sgd, adam]"}}).adopt(config, old));
  EXPECT_TRUE(space_of({{"lr", "float(0, 1)"}, {"n", "4"}, {"opt", "[sgd, adam]"}}).adopt(config, old));
  EXPECT_FALSE(space_of({{"lr", "float(0, 1)"}, {"n", "5"}, {"opt", "[sgd, adam]"}}).adopt(config, old));
}

/// A space of one parameter of that domain, and a config of it.
Space one(const std::string& text) { return space_of({{"x", text}}); }
std::optional<Config> adopted(const std::string& from, const std::string& to, const Value& value) {
  const Space old = one(from);
  const auto config = old.check({{"x", value}});
  EXPECT_TRUE(config) << (config ? "" : config.error().what);
  return one(to).adopt(*config, old);
}

TEST(Adopt, KeepsValuesAcrossRangesThatWereWidenedAndOthersOutside) {
  EXPECT_EQ(adopted("float(0, 1)", "float(-1, 5)", Value(0.25)), (Config{Value(0.25)}));
  EXPECT_EQ(adopted("float(1e-3, 1, log)", "float(1e-5, 1, log)", Value(0.01)), (Config{Value(0.01)}));
  EXPECT_EQ(adopted("int(1, 8)", "int(0, 64, log=false)", Value(std::int64_t{8})), (Config{Value(std::int64_t{8})}));
  EXPECT_EQ(adopted("normal(0, 1)", "normal(3, 9)", Value(-2.0)), (Config{Value(-2.0)}));
  EXPECT_EQ(adopted("piecewise([0, 1])", "piecewise([0, 1], [2, 3])", Value(0.5)), (Config{Value(0.5)}));
  EXPECT_FALSE(adopted("int(1, 8)", "int(1, 4)", Value(std::int64_t{8})));
  EXPECT_FALSE(adopted("piecewise([0, 1], [2, 3])", "piecewise([0, 1])", Value(2.5)));
}

TEST(Adopt, KeepsValuesThatLieOnAChangedStepAndNoOthers) {
  EXPECT_EQ(adopted("float(0, 1, step=0.1)", "float(0, 2, step=0.05)", Value(0.3)), (Config{Value(0.3)}));
  EXPECT_EQ(adopted("float(0, 1, step=0.1)", "float(0, 1)", Value(0.3)), (Config{Value(0.3)}));
  EXPECT_EQ(adopted("int(0, 12, step=2)", "int(0, 12, step=4)", Value(std::int64_t{8})),
            (Config{Value(std::int64_t{8})}));
  EXPECT_FALSE(adopted("int(0, 12, step=2)", "int(0, 12, step=4)", Value(std::int64_t{6})));
  EXPECT_FALSE(adopted("float(0, 1)", "float(0, 1, step=0.1)", Value(0.33)));
  EXPECT_EQ(adopted("int(1, 8)", "float(0, 10)", Value(std::int64_t{3})), (Config{Value(3.0)}));
  EXPECT_EQ(adopted("float(1, 8)", "int(1, 8)", Value(3.0)), (Config{Value(std::int64_t{3})}));
  EXPECT_FALSE(adopted("float(1, 8)", "int(1, 8)", Value(3.5)));
}

TEST(Adopt, FindsChoicesByTheirValueInWhateverOrder) {
  EXPECT_EQ(adopted("[sgd, adam]", "[lamb, adam, sgd]", Value("sgd")), (Config{Value("sgd")}));
  EXPECT_EQ(adopted("ordinal(s, m)", "ordinal(xs, s, m, l)", Value("m")), (Config{Value("m")}));
  EXPECT_EQ(adopted("[16, 32]", "pow2(8, 64)", Value(std::int64_t{32})), (Config{Value(std::int64_t{32})}));
  EXPECT_EQ(adopted("[16, 32]", "int(1, 64)", Value(std::int64_t{32})), (Config{Value(std::int64_t{32})}));
  EXPECT_FALSE(adopted("[sgd, adam]", "[adam, lamb]", Value("sgd")));
}

TEST(Adopt, TakesAConstantThatBecameARangeAndBack) {
  EXPECT_EQ(adopted("0.1", "float(0, 1)", Value(0.1)), (Config{Value(0.1)}));
  EXPECT_EQ(adopted("2", "[1, 2, 4]", Value(std::int64_t{2})), (Config{Value(std::int64_t{2})}));
  EXPECT_FALSE(adopted("3", "float(0, 1)", Value(std::int64_t{3})));
  EXPECT_EQ(adopted("float(0, 1)", "0.1", Value(0.1)), (Config{Value(0.1)}));
  EXPECT_FALSE(adopted("float(0, 1)", "0.1", Value(0.2)));
}

TEST(Adopt, GivesANewParameterItsDefaultWhereItIsActive) {
  const Space old = space_of({{"opt", "[sgd, adam]"}, {"m", "float(0, 1) if opt == sgd"}});
  const Config sgd = {Value("sgd"), Value(0.5)}, adam = {Value("adam"), Value()};
  const auto with = [](std::optional<Value> fallback, const std::string& when) {
    std::vector<Param> params = {*parse_param("opt", "[sgd, adam]"), *parse_param("m", "float(0, 1) if opt == sgd"),
                                 *parse_param("warm", "int(0, 9)"), *parse_param("twice", "= warm * 2")};
    params[2].fallback = std::move(fallback);
    params[2].when = when;
    return Space::make(std::move(params));
  };
  const Space always = *with(Value(3.0), "");
  EXPECT_EQ(always.adopt(sgd, old), (Config{Value("sgd"), Value(0.5), Value(std::int64_t{3}), Value(std::int64_t{6})}));
  EXPECT_EQ(always.adopt(adam, old), (Config{Value("adam"), Value(), Value(std::int64_t{3}), Value(std::int64_t{6})}));
  const Space sometimes = *with(Value(std::int64_t{3}), "opt == adam");
  EXPECT_EQ(sometimes.adopt(sgd, old), (Config{Value("sgd"), Value(0.5), Value(), Value()}));
  EXPECT_EQ(sometimes.adopt(adam, old),
            (Config{Value("adam"), Value(), Value(std::int64_t{3}), Value(std::int64_t{6})}));
  EXPECT_FALSE(with(std::nullopt, "")->adopt(sgd, old));
  // It says what was before the parameter, not what a trial had that ran with it.
  const Space wider = space_of({{"opt", "[sgd, adam]"}, {"m", "float(0, 1)"}});
  EXPECT_FALSE(wider.adopt(adam, old));
  EXPECT_EQ(with(Value(11.0), "").error().what, "space.warm: default 11 is outside int(0, 9)");
}

TEST(Text, SpellsChoicesAndConstantsAsTheUserDid) {
  const Space space = space_of({{"c", "[1e-3, 010, 256]"}, {"k", "1e2"}, {"x", "float(0, 1)"}});
  EXPECT_EQ(space.text(0, Value(0.001)), "1e-3");
  EXPECT_EQ(space.text(0, Value("010")), "010");
  EXPECT_EQ(space.text(1, Value(100.0)), "1e2");
  EXPECT_EQ(space.text(2, Value(0.1)), "0.1");
  EXPECT_EQ(space.text(2, Value()), "");
}

// Mistakes.

TEST(Make, ListsEveryMistakeWithItsRemedy) {
  const auto one = [](const std::string& text) { return error_of({{"x", text}}); };
  EXPECT_EQ(one("float(0, 1, log)"), "space.x: lo 0 with log scale; use lo > 0");
  EXPECT_EQ(one("int(0, 9, log)"), "space.x: lo 0 with log scale; use lo > 0");
  EXPECT_EQ(one("float(2, 1)"), "space.x: lo 2 is above hi 1; swap them");
  EXPECT_EQ(one("int(2, 1)"), "space.x: lo 2 is above hi 1; swap them");
  EXPECT_EQ(one("float(0, 1, step=0)"), "space.x: step 0 is not positive; use step > 0");
  EXPECT_EQ(one("int(0, 9, step=-1)"), "space.x: step -1 is not positive; use step >= 1");
  EXPECT_EQ(one("float(0, 1, step=2)"), "space.x: step 2 is coarser than the range 0 to 1; use a smaller step");
  EXPECT_EQ(one("int(0, 9, step=10)"), "space.x: step 10 is coarser than the range 0 to 9; use a smaller step");
  EXPECT_THAT(one("float(0, 1, step=1e-20)"), HasSubstr("more than 2^50 values"));
  EXPECT_THAT(one("float(0, 1e300)"), HasSubstr("choose another unit"));
  EXPECT_THAT(one("int(0, 9223372036854775807)"), HasSubstr("beyond 2^62"));
  EXPECT_THAT(one("int(1, 40000000000000, log)"), HasSubstr("use hi <= 2^45"));
  EXPECT_EQ(one("[a, b, a]"), "space.x: option a is given twice; drop one");
  EXPECT_EQ(one("[1, 2, 1.0]"), "space.x: option 1 is given twice; drop one");
  EXPECT_EQ(one("normal(0, 0)"), "space.x: sigma 0 is not positive; use sigma > 0");
  EXPECT_THAT(one("normal(0, 1, lo=2, hi=1)"), HasSubstr("lo 2 is not below hi 1"));
  EXPECT_THAT(one("normal(0, 1, lo=50)"), HasSubstr("more than 36 sigma"));
  EXPECT_THAT(one("normal(1e9, 1e-9)"), HasSubstr("too narrow"));
  EXPECT_THAT(one("lognormal(0, 1, lo=-1)"), HasSubstr("use lo >= 0"));
  EXPECT_THAT(one("lognormal(900, 1)"), HasSubstr("too wide"));
  EXPECT_THAT(one("piecewise([0, 2], [1, 3])"), HasSubstr("overlap or touch"));
  EXPECT_THAT(one("piecewise([2, 0])"), HasSubstr("[2, 0] is empty"));
  EXPECT_THAT(one("= y + 1"), HasSubstr("space.x: y + 1: unknown parameter y"));
  EXPECT_THAT(error_of({{"1)", "2"}}), HasSubstr("space.1): not a name"));
  EXPECT_THAT(error_of({{"and", "2"}}), HasSubstr("space.and: not a name"));
  EXPECT_EQ(error_of({{"a", "int(1, 2)"}, {"a", "int(1, 2)"}}), "space.a: declared twice; rename one");
  EXPECT_EQ(error_of({{"model", "[svm, mlp]"}, {"lr", "float(0, 1) if model == smv"}}),
            "space.lr: model == smv: smv is no option of model; did you mean svm?");
  EXPECT_EQ(error_of({{"w", "int(1, 9)"}}, {"w % 2 = 1", "v > 1", "w"}),
            "constraints[0]: w % 2 = 1: `=` at 7: compare with ==\n"
            "constraints[1]: v > 1: unknown parameter v; declare it, or quote it if it is a word\n"
            "constraints[2]: w: w alone is no condition; compare it: w == 1");
  EXPECT_EQ(error_of({{"a", "float(1, 0)"}, {"b", "int(0, 2, log)"}}),
            "space.a: lo 1 is above hi 0; swap them\nspace.b: lo 0 with log scale; use lo > 0");
  EXPECT_EQ(error_of({{"svm", "int(1, 2)"}, {"model", "[svm, mlp]"}}, {"model == svm"}),
            "constraints[0]: model == svm: svm is a parameter and an option of model; quote the option: 'svm'");
}

TEST(Make, RefusesCircles) {
  EXPECT_EQ(error_of({{"a", "= b + 1"}, {"b", "= c + 1"}, {"c", "= a + 1"}}),
            "space.a: depends on itself (a -> b -> c -> a); break the circle");
  EXPECT_EQ(error_of({{"a", "int(1, 2) if a > 1"}}), "space.a: depends on itself (a -> a); break the circle");
  EXPECT_EQ(error_of({{"z", "1"}, {"a", "int(1, 2) if b > 1"}, {"b", "= a"}}),
            "space.a: depends on itself (a -> b -> a); break the circle");
}

TEST(Make, ChecksWeightsPriorsAndCheapValues) {
  const auto error = [](const std::string& text, const std::function<void(Param&)>& change) {
    Param param = *parse_param("x", text);
    change(param);
    const auto space = Space::make({param});
    EXPECT_FALSE(space);
    return space ? "" : space.error().what;
  };
  const auto weights = [](std::vector<double> values) {
    return [values](Param& param) { std::get<Choice>(param.domain).weights = values; };
  };
  EXPECT_EQ(error("[a, b]", weights({1})), "space.x: 1 weights for 2 options; give one each");
  EXPECT_EQ(error("[a, b]", weights({1, -1})), "space.x: weight -1 is not a number from 0; use weights >= 0");
  EXPECT_EQ(error("[a, b]", weights({0, 0})), "space.x: all weights are 0; give one a positive weight");
  EXPECT_EQ(error("int(1, 8)", [](Param& p) { p.low_cost.emplace(9.0); }), "space.x: low_cost 9 is outside int(1, 8)");
  EXPECT_EQ(error("int(1, 8)",
                  [](Param& p) {
                    p.prior = Normal{900, 1};
                  }),
            "space.x: prior normal(900, 1) has nothing in int(1, 8); move it");
  EXPECT_THAT(error("[a, b]", [](Param& p) { p.prior = Normal{0, 1}; }), HasSubstr("use weights for a choice"));
  EXPECT_THAT(error("ordinal(a, b)", [](Param& p) { p.prior = Normal{0, 1}; }), HasSubstr("use weights"));
  EXPECT_THAT(error("int(1, 8)", [](Param& p) { p.prior = Normal{0, -1}; }), HasSubstr("prior: sigma -1"));
  EXPECT_THAT(error("int(1, 8)", [](Param& p) { p.prior = Float{}; }), HasSubstr("a prior must be normal"));
  Param param = *parse_param("x", "int(1, 8)");
  param.low_cost.emplace(2.0);
  EXPECT_EQ(Space::make({param})->params()[0].low_cost, Value(std::int64_t{2}));
}

}  // namespace
}  // namespace hone
