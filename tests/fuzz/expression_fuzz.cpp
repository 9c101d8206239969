// An expression: refused in a printable line, or compiled; then it has a defined value on every legal configuration.
// The first byte says what it is used for.
#include "space/expression.h"

#include <cmath>

#include "base/check.h"
#include "base/text.h"

namespace hone {
namespace {

Space base() {
  const std::pair<const char*, const char*> texts[] = {{"f", "float(-10, 10)"},
                                                       {"g", "float(1e-200, 1e200, log)"},
                                                       {"i", "int(-3, 3)"},
                                                       {"big", "int(-4611686018427387904, 4611686018427387904)"},
                                                       {"c", "[sgd, adam, 'a b']"},
                                                       {"m", "[1, 2.5, word]"},
                                                       {"o", "ordinal(s, m, l)"},
                                                       {"p", "pow2(1, 1024)"},
                                                       {"k", "9223372036854775807"},
                                                       {"w", "word"},
                                                       {"d", "= f * i"},
                                                       {"u", "= 1 / i"},
                                                       {"x.y", "float(0, 1) if c == sgd"}};
  std::vector<Param> params;
  for (const auto& [name, text] : texts) params.push_back(*parse_param(name, text));
  return *Space::make(std::move(params));
}

bool is_legal(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return !number || std::isfinite(*number);
}

void evaluate(const Expression& expression, const Config& config, Expression::Use use) {
  const Value value = expression.value(config);
  HONE_CHECK(is_legal(value), "a value that is not finite");
  HONE_CHECK(expression.value(config) == value, "another value for the same configuration");
  if (use == Expression::Use::Value) return;
  const double distance = expression.distance(config);
  HONE_CHECK(distance >= 0 && (distance == 0) == expression.holds(config), "true and its distance disagree");
  HONE_CHECK(!expression.active(config) || expression.holds(config), "active and not true");
}

/// The same text as condition, derived value or constraint of a whole space.
void in_space(const Space& space, const std::string& text, Expression::Use use) {
  std::vector<Param> params = space.params();
  Param param;
  param.name = "new";
  param.domain = Int{0, 7, false, 1};
  if (use == Expression::Use::Truth) param.when = text;
  else param.domain = Derived{text};
  params.push_back(std::move(param));
  const auto whole = Space::make(
      std::move(params), use == Expression::Use::Truth ? std::vector<std::string>{text} : std::vector<std::string>());
  if (!whole) return;  // `new` itself is in it
  Rng rng = Rng::stream(2, "fuzz");
  std::vector<double> unit(whole->free().size());
  for (double& u : unit) u = rng.uniform();
  const Config config = whole->decode(unit);
  for (const Value& value : config) HONE_CHECK(is_legal(value), "a configuration that is not finite");
  HONE_CHECK(whole->decode(whole->encode(config)) == config, "encoded and decoded it is another");
  HONE_CHECK(whole->allows(config) == (whole->violations(config) == 0), "allowed and broken");
}

}  // namespace
}  // namespace hone

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace hone;
  static const Space space = base();
  if (size == 0) return 0;
  const auto use = data[0] % 2 == 0 ? Expression::Use::Truth : Expression::Use::Value;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  NameIndex names;
  for (std::size_t i = 0; i < space.params().size(); ++i) names.emplace(space.params()[i].name, i);
  const auto expression = Expression::compile(text, space.params(), names, use);
  if (!expression) {
    HONE_CHECK(!expression.error().what.empty(), "refused without a reason");
    HONE_CHECK(printable(expression.error().what) == expression.error().what, "a message holds control characters");
    return 0;
  }
  HONE_CHECK(Expression::check(text, use).has_value(), "compiled, and wrong by its syntax");
  for (const std::size_t param : expression->mentions()) HONE_CHECK(param < names.size(), "it mentions nothing");
  Rng rng = Rng::stream(1, "fuzz");
  std::vector<double> unit(space.free().size());
  for (int i = 0; i < 6; ++i) {
    for (double& u : unit) u = i == 0 ? 0 : i == 1 ? 1 : rng.uniform();
    evaluate(*expression, space.decode(unit), use);
  }
  in_space(space, text, use);
  return 0;
}
