// Evaluation. The parser is in expression_parser.cpp.
#include "space/expression.h"

#include <array>
#include <cmath>

#include "space/value.h"

namespace hone {
namespace {

using Kind = Operand::Kind;
using Code = Expression::Code;

Operand undefined() {
  Operand operand;
  operand.kind = Kind::Undefined;
  operand.whole = 0;
  return operand;
}

Operand whole(std::int64_t value) {
  Operand operand;
  operand.kind = Kind::Whole;
  operand.whole = value;
  return operand;
}

Operand real(double value) {
  if (!std::isfinite(value)) return undefined();
  Operand operand;
  operand.kind = Kind::Real;
  operand.real = value;
  return operand;
}

/// True, or false by so much.
Operand truth(bool holds, double distance = 1) {
  Operand operand;
  operand.kind = holds ? Kind::True : Kind::False;
  operand.real = holds ? 0 : distance > 0 ? distance : 1;
  return operand;
}

Operand load(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return real(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return whole(*integer);
  Operand operand = undefined();
  if (const auto* word = std::get_if<std::string>(&value)) {
    operand.kind = Kind::Word;
    operand.word = word;
  }
  return operand;
}

bool is_number(const Operand& operand) { return operand.kind == Kind::Whole || operand.kind == Kind::Real; }

double number(const Operand& operand) {
  return operand.kind == Kind::Whole ? static_cast<double>(operand.whole) : operand.real;
}

Operand rank(const Expression::Ranked& ranked, const Config& config) {
  for (std::size_t i = 0; i < ranked.options.size(); ++i) {
    if (same_value(ranked.options[i], config[ranked.param])) return whole(static_cast<std::int64_t>(i));
  }
  return undefined();
}

Operand modulo(const Operand& a, const Operand& b) {
  if (a.kind == Kind::Whole && b.kind == Kind::Whole) {
    if (b.whole == 0) return undefined();
    if (b.whole == -1) return whole(0);  // INT64_MIN % -1 traps
    const std::int64_t rest = a.whole % b.whole;
    return whole(rest != 0 && (rest < 0) != (b.whole < 0) ? rest + b.whole : rest);
  }
  const double divisor = number(b);
  if (divisor == 0) return undefined();
  const double rest = std::fmod(number(a), divisor);
  return real(rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest);
}

Operand power(const Operand& a, const Operand& b) {
  if (a.kind == Kind::Whole && b.kind == Kind::Whole && b.whole >= 0) {
    std::int64_t result = 1, base = a.whole;
    bool fits = true;
    for (std::int64_t left = b.whole; left > 0 && fits; left >>= 1) {
      if ((left & 1) != 0) fits = !__builtin_mul_overflow(result, base, &result);
      if (left > 1) fits = fits && !__builtin_mul_overflow(base, base, &base);
    }
    if (fits) return whole(result);
  }
  return real(std::pow(number(a), number(b)));
}

Operand arithmetic(Code code, const Operand& a, const Operand& b) {
  if (!is_number(a) || !is_number(b)) return undefined();
  const bool both_whole = a.kind == Kind::Whole && b.kind == Kind::Whole;
  std::int64_t result = 0;
  switch (code) {
    case Code::Add:
      if (both_whole && !__builtin_add_overflow(a.whole, b.whole, &result)) return whole(result);
      return real(number(a) + number(b));
    case Code::Subtract:
      if (both_whole && !__builtin_sub_overflow(a.whole, b.whole, &result)) return whole(result);
      return real(number(a) - number(b));
    case Code::Multiply:
      if (both_whole && !__builtin_mul_overflow(a.whole, b.whole, &result)) return whole(result);
      return real(number(a) * number(b));
    case Code::Divide:
      return real(number(a) / number(b));  // 1 / 0 is not finite, hence undefined
    case Code::Modulo:
      return modulo(a, b);
    case Code::Power:
      return power(a, b);
    case Code::Min:
      return number(b) < number(a) ? b : a;
    default:
      return number(b) > number(a) ? b : a;  // Max
  }
}

Operand function(Code code, const Operand& a) {
  if (!is_number(a)) return undefined();
  std::int64_t result = 0;
  switch (code) {
    case Code::Negate:
      if (a.kind == Kind::Whole && !__builtin_sub_overflow(std::int64_t{0}, a.whole, &result)) return whole(result);
      return real(-number(a));
    case Code::Abs:
      return number(a) < 0 ? function(Code::Negate, a) : a;
    case Code::Log:
      return real(std::log(number(a)));
    case Code::Exp:
      return real(std::exp(number(a)));
    case Code::Sqrt:
      return real(std::sqrt(number(a)));
    default: {  // Floor
      if (a.kind == Kind::Whole) return a;
      const double floor = std::floor(a.real);
      const auto fits = as_whole(Value(floor));
      return fits ? whole(*fits) : real(floor);
    }
  }
}

int order(const Operand& a, const Operand& b) {
  if (a.kind == Kind::Whole && b.kind == Kind::Whole) return a.whole < b.whole ? -1 : a.whole > b.whole ? 1 : 0;
  if (a.kind == Kind::Whole) return compare_exactly(a.whole, b.real);
  if (b.kind == Kind::Whole) return -compare_exactly(b.whole, a.real);
  return a.real < b.real ? -1 : a.real > b.real ? 1 : 0;
}

Operand equal(const Operand& a, const Operand& b) {
  if (is_number(a) && is_number(b)) return truth(order(a, b) == 0, std::abs(number(a) - number(b)));
  if (a.kind == Kind::Word && b.kind == Kind::Word) return truth(*a.word == *b.word);
  const bool values = a.kind != Kind::Undefined && b.kind != Kind::Undefined;
  return values ? truth(false) : undefined();
}

Operand compare(Code code, const Operand& a, const Operand& b) {
  if (code == Code::Equal || code == Code::NotEqual) {
    const Operand same = equal(a, b);
    if (code == Code::Equal || same.kind == Kind::Undefined) return same;
    return truth(same.kind == Kind::False);
  }
  if (!is_number(a) || !is_number(b)) return undefined();
  const int sign = order(a, b);
  const double gap = std::abs(number(a) - number(b));
  switch (code) {
    case Code::Less:
      return truth(sign < 0, gap);
    case Code::LessEqual:
      return truth(sign <= 0, gap);
    case Code::Greater:
      return truth(sign > 0, gap);
    default:
      return truth(sign >= 0, gap);
  }
}

/// Kleene's three values: undefined gives way to a side that settles the matter, whichever side that is.
Operand logic(Code code, const Operand& a, const Operand& b) {
  const Kind settled = code == Code::And ? Kind::False : Kind::True;
  if (a.kind == settled && b.kind == settled) {
    return settled == Kind::True ? a : truth(false, a.real + b.real);
  }
  if (a.kind == settled) return a;
  if (b.kind == settled) return b;
  if (a.kind == Kind::Undefined || b.kind == Kind::Undefined) return undefined();
  return code == Code::And ? truth(true) : truth(false, a.real < b.real ? a.real : b.real);
}

Operand negation(const Operand& a) {
  if (a.kind == Kind::True || a.kind == Kind::False) return truth(a.kind == Kind::False);
  return undefined();
}

}  // namespace

Operand Expression::run(const Config& config) const {
  std::array<Operand, kStack> stack;
  std::size_t top = 0;  // number of operands
  for (const Step& step : steps_) {
    const Code code = step.code;  // compared by the groups of the enumeration
    if (code == Code::Constant) {
      stack[top++] = load(constants_[step.arg]);
    } else if (code == Code::Param) {
      stack[top++] = load(config[step.arg]);
    } else if (code == Code::Rank) {
      stack[top++] = rank(ranks_[step.arg], config);
    } else if (code <= Code::Max) {
      --top;
      stack[top - 1] = arithmetic(code, stack[top - 1], stack[top]);
    } else if (code <= Code::Floor) {
      stack[top - 1] = function(code, stack[top - 1]);
    } else if (code <= Code::GreaterEqual) {
      --top;
      stack[top - 1] = compare(code, stack[top - 1], stack[top]);
    } else if (code <= Code::Or) {
      --top;
      stack[top - 1] = logic(code, stack[top - 1], stack[top]);
    } else if (code == Code::Not) {
      stack[top - 1] = negation(stack[top - 1]);
    } else if (code == Code::MemberEnd) {
      --top;
      stack[top - 1] = stack[top];
    } else {
      const bool first = step.arg == 0;  // no truth on the stack yet
      const Operand same = equal(stack[first ? top - 2 : top - 3], stack[top - 1]);
      if (!first) --top;
      stack[top - 1] = first ? same : logic(Code::Or, stack[top - 1], same);
    }
  }
  return stack[0];
}

bool Expression::mentions_inactive(const Config& config) const {
  for (const std::size_t param : mentions_) {
    if (config[param].index() == 0) return true;
  }
  return false;
}

double Expression::distance(const Config& config) const {
  const Operand result = run(config);
  if (result.kind == Kind::True) return 0;
  return result.kind == Kind::False ? result.real : 1;
}

Value Expression::value(const Config& config) const {
  if (mentions_inactive(config)) return {};
  const Operand result = run(config);
  switch (result.kind) {
    case Kind::Whole:
      return result.whole;
    case Kind::Real:
      return result.real;
    case Kind::Word:
      return *result.word;
    default:
      return {};
  }
}

}  // namespace hone
