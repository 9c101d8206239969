// Expressions of constraints, conditions and derived values.
//
//   or      := and {"or" and}             and  := not {"and" not}          not := "not" not | comparison
//   comparison := sum {("==" | "!=" | "<" | "<=" | ">" | ">=") sum}  |  sum ["not"] "in" "[" sum {"," sum} "]"
//   sum     := term {("+" | "-") term}    term := unary {("*" | "/" | "%") unary}
//   unary   := ("-" | "+") unary | power  power := atom ["**" unary]
//   atom    := number | 'word' | name | function "(" or {"," or} ")" | "(" or ")"
//
// A bare name is a parameter if there is one of that name, else a word. `%` has the sign of its right side, `/` gives a
// double, int op int stays int unless it overflows. a < b < c reads as in mathematics. Nothing is ever thrown: what has
// no value (1 / 0, log(-1), 'a' < 1, too large for a double) is undefined, and neither true nor false.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hone/space.h"

namespace hone {

using NameIndex = std::map<std::string, std::size_t, std::less<>>;

/// A value on the evaluation stack. Words are borrowed from the config or the expression.
struct Operand {  // trivial, so that an empty stack costs nothing
  enum class Kind : std::uint8_t { Undefined, Whole, Real, Word, True, False };
  Kind kind;
  union {
    std::int64_t whole;
    double real;  // of False: how far from true, > 0; a sum of |lhs - rhs| where numbers were compared
    const std::string* word;
  };
};

class Expression {
 public:
  enum class Use { Truth, Value };  // a constraint or condition; a derived value

  /// Syntax alone, before the parameters are known. Invalid: "what at POSITION; remedy".
  static Result<void> check(std::string_view text, Use use);
  /// Invalid as well if a name is unknown where a number is needed, a word is no option of the Choice it is compared
  /// with, or truth and numbers are mixed up. `names` maps into `params`.
  static Result<Expression> compile(std::string_view text, const std::vector<Param>& params, const NameIndex& names,
                                    Use use);

  /// The parameters that it mentions, sorted. REQUIRES below: config.size() == params.size()
  const std::vector<std::size_t>& mentions() const { return mentions_; }
  bool mentions_inactive(const Config& config) const;
  /// A condition: false where undefined or where it mentions an inactive parameter.
  bool active(const Config& config) const { return !mentions_inactive(config) && holds(config); }
  /// True: 0. Else how far from true (1 where that makes no sense or it is undefined), always > 0.
  double distance(const Config& config) const;
  /// A derived value; inactive where undefined or where it mentions an inactive parameter.
  Value value(const Config& config) const;
  /// Whether it is true, with no regard to inactive parameters.
  bool holds(const Config& config) const { return run(config).kind == Operand::Kind::True; }

  // The compiled form: postfix code for a stack of at most kStack operands. Filled by the parser alone. The order of
  // the groups matters to run().
  enum class Code : std::uint8_t {
    // Push: constants_[arg]; a parameter; a parameter's index in ranks_[arg].options.
    Constant,
    Param,
    Rank,
    // Of two numbers.
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Min,
    Max,
    // Of one number.
    Negate,
    Abs,
    Log,
    Exp,
    Sqrt,
    Floor,
    // Of two values, a truth.
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    // Of truths.
    And,
    Or,
    Not,
    // x in [..]. Member, arg 0: x, candidate -> x, x == candidate; else: x, truth, candidate -> x, truth or
    // x == candidate. MemberEnd: x, truth -> truth.
    Member,
    MemberEnd,
  };
  struct Step {
    Code code;
    std::uint32_t arg = 0;
  };
  struct Ranked {
    std::size_t param;
    std::vector<Value> options;
  };
  static constexpr int kStack = 128;

 private:
  friend class ExpressionParser;
  Operand run(const Config& config) const;

  std::vector<Step> steps_;
  std::vector<Value> constants_;
  std::vector<Ranked> ranks_;
  std::vector<std::size_t> mentions_;
};

}  // namespace hone
