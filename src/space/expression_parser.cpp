// The rules of the grammar; what they may be applied to is in expression_types.cpp.
#include "space/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "space/value.h"

namespace hone {
namespace {

using Code = Expression::Code;

constexpr int kDeepest = 40;

struct Operator {
  std::string_view symbol;
  Code code;
};
constexpr std::array<Operator, 6> kComparisons = {{{"==", Code::Equal},
                                                   {"!=", Code::NotEqual},
                                                   {"<", Code::Less},
                                                   {"<=", Code::LessEqual},
                                                   {">", Code::Greater},
                                                   {">=", Code::GreaterEqual}}};
constexpr std::array<Operator, 7> kFunctions = {{{"min", Code::Min},
                                                 {"max", Code::Max},
                                                 {"abs", Code::Abs},
                                                 {"log", Code::Log},
                                                 {"exp", Code::Exp},
                                                 {"sqrt", Code::Sqrt},
                                                 {"floor", Code::Floor}}};

template <std::size_t N>
const Operator* find(const std::array<Operator, N>& operators, std::string_view symbol) {
  for (const Operator& candidate : operators) {
    if (candidate.symbol == symbol) return &candidate;
  }
  return nullptr;
}

/// How many operands the step adds to the stack.
int growth(const Expression::Step& step) {
  switch (step.code) {
    case Code::Constant:
    case Code::Param:
    case Code::Rank:
      return 1;
    case Code::Negate:
    case Code::Abs:
    case Code::Log:
    case Code::Exp:
    case Code::Sqrt:
    case Code::Floor:
    case Code::Not:
      return 0;
    case Code::Member:
      return step.arg == 0 ? 0 : -1;
    default:
      return -1;
  }
}

class Deeper {  // counts the nesting of the parser's own calls
 public:
  explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

}  // namespace

Result<Expression> ExpressionParser::parse(Expression::Use use) {
  auto tokens = tokenize(text_);
  if (!tokens) return tl::unexpected(tokens.error());
  tokens_ = std::move(*tokens);
  if (tokens_.size() == 1) return invalid("nothing there; write an expression");
  const Parsed whole = parse_or();
  if (!whole) return invalid(error_);
  if (peek().kind != Token::Kind::End) {
    return invalid(fmt::format("`{}` at {} is unexpected; an operator is missing before it, or a word needs quotes",
                               in_short(peek().text), peek().at));
  }
  if (use == Expression::Use::Truth && !needs_truth(*whole)) return invalid(error_);
  if (use == Expression::Use::Value && whole->type == Type::Truth) {
    return invalid("true or false is no value; write a number, such as a sum of parameters");
  }
  if (use == Expression::Use::Value && whole->bare && params_ != nullptr && !unknown(whole->word))
    return invalid(error_);
  auto& mentions = result_.mentions_;
  std::sort(mentions.begin(), mentions.end());
  mentions.erase(std::unique(mentions.begin(), mentions.end()), mentions.end());
  return std::move(result_);
}

ExpressionParser::Parsed ExpressionParser::fail(const std::string& what) {
  if (error_.empty()) error_ = what;
  return std::nullopt;
}

void ExpressionParser::emit(Code code, std::size_t arg) {
  const Expression::Step step{code, static_cast<std::uint32_t>(arg)};
  result_.steps_.push_back(step);
  height_ += growth(step);
  if (height_ > Expression::kStack) fail("nested too deeply; split it");
}

std::uint32_t ExpressionParser::keep(Value value) {
  result_.constants_.push_back(std::move(value));
  return static_cast<std::uint32_t>(result_.constants_.size() - 1);
}

bool ExpressionParser::take(std::string_view symbol) {
  if (peek().kind != Token::Kind::Symbol || peek().text != symbol) return false;
  ++next_;
  return true;
}

ExpressionParser::Parsed ExpressionParser::joined(const Piece& left, const Piece& right, Code code) {
  emit(code);
  Piece piece;
  piece.type = Type::Truth;
  piece.first = left.first;
  piece.last = right.last + 1;
  return piece;
}

ExpressionParser::Parsed ExpressionParser::parse_or() {
  const Deeper deeper(depth_);
  if (depth_ > kDeepest) return fail("nested too deeply; split it");
  Parsed left = parse_and();
  while (left && at_name("or")) {
    ++next_;
    if (!needs_truth(*left)) return std::nullopt;
    const Parsed right = parse_and();
    if (!right || !needs_truth(*right)) return std::nullopt;
    left = joined(*left, *right, Code::Or);
  }
  return error_.empty() ? left : std::nullopt;
}

ExpressionParser::Parsed ExpressionParser::parse_and() {
  Parsed left = parse_not();
  while (left && at_name("and")) {
    ++next_;
    if (!needs_truth(*left)) return std::nullopt;
    const Parsed right = parse_not();
    if (!right || !needs_truth(*right)) return std::nullopt;
    left = joined(*left, *right, Code::And);
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::parse_not() {
  if (!at_name("not")) return parse_comparison();
  const Deeper deeper(depth_);
  if (depth_ > kDeepest) return fail("nested too deeply; split it");
  ++next_;
  Parsed piece = parse_not();
  if (!piece || !needs_truth(*piece)) return std::nullopt;
  emit(Code::Not);
  piece->type = Type::Truth;
  ++piece->last;
  return piece;
}

ExpressionParser::Parsed ExpressionParser::parse_comparison() {
  Parsed left = parse_sum();
  if (!left) return left;
  if (at_name("in")) {
    ++next_;
    return parse_membership(*left, false);
  }
  if (at_name("not") && tokens_[next_ + 1].kind == Token::Kind::Name && tokens_[next_ + 1].text == "in") {
    next_ += 2;
    return parse_membership(*left, true);
  }
  Parsed truth;  // of the chain so far: a < b < c is a < b and b < c
  while (const Operator* comparison = peek().kind == Token::Kind::Symbol ? find(kComparisons, peek().text) : nullptr) {
    ++next_;
    if (truth) {  // the middle one once more
      const Piece middle = *left;
      left->first = result_.steps_.size();
      for (std::size_t i = middle.first; i < middle.last; ++i) {
        const Expression::Step step = result_.steps_[i];
        emit(step.code, step.arg);
      }
      left->last = result_.steps_.size();
    }
    Parsed right = parse_sum();
    if (!right || !compare(comparison->code, *left, *right)) return std::nullopt;
    const Parsed link = joined(*left, *right, comparison->code);
    truth = truth ? joined(*truth, *link, Code::And) : link;
    left = right;
  }
  return truth ? truth : left;
}

ExpressionParser::Parsed ExpressionParser::parse_membership(Piece left, bool negated) {
  if (!take("[")) return fail(fmt::format("`in` needs a list at {}: in [a, b]", peek().at));
  for (bool first = true; first || take(","); first = false) {
    Parsed candidate = parse_sum();
    if (!candidate || !compare(Code::Equal, left, *candidate)) return std::nullopt;
    emit(Code::Member, first ? 0 : 1);
  }
  if (!take("]")) return fail(fmt::format("`]` is missing at {}; close the list", peek().at));
  emit(Code::MemberEnd);
  if (negated) emit(Code::Not);
  Piece piece;
  piece.type = Type::Truth;
  piece.first = left.first;
  piece.last = result_.steps_.size();
  return error_.empty() ? Parsed(piece) : std::nullopt;
}

ExpressionParser::Parsed ExpressionParser::binary(const Piece& left, const Piece& right, Code code) {
  if (!needs_number(left) || !needs_number(right)) return std::nullopt;
  emit(code);
  Piece piece;
  piece.type = Type::Number;
  piece.first = left.first;
  piece.last = result_.steps_.size();
  return piece;
}

ExpressionParser::Parsed ExpressionParser::parse_sum() {
  Parsed left = parse_term();
  while (left) {
    const bool plus = take("+");
    if (!plus && !take("-")) break;
    const Parsed right = parse_term();
    left = right ? binary(*left, *right, plus ? Code::Add : Code::Subtract) : std::nullopt;
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::parse_term() {
  Parsed left = parse_unary();
  while (left) {
    const Code code = take("*") ? Code::Multiply : take("/") ? Code::Divide : take("%") ? Code::Modulo : Code::Constant;
    if (code == Code::Constant) break;
    const Parsed right = parse_unary();
    left = right ? binary(*left, *right, code) : std::nullopt;
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::parse_unary() {
  const Deeper deeper(depth_);
  if (depth_ > kDeepest) return fail("nested too deeply; split it");
  const bool minus = take("-");
  if (!minus && !take("+")) return parse_power();
  Parsed piece = parse_unary();
  if (!piece || !needs_number(*piece)) return std::nullopt;
  if (minus) emit(Code::Negate);
  Piece negated;
  negated.type = Type::Number;
  negated.first = piece->first;
  negated.last = result_.steps_.size();
  return negated;
}

ExpressionParser::Parsed ExpressionParser::parse_power() {
  const Parsed base = parse_atom();
  if (!base || !take("**")) return base;
  const Parsed exponent = parse_unary();  // right associative, and 2 ** -1
  return exponent ? binary(*base, *exponent, Code::Power) : std::nullopt;
}

ExpressionParser::Parsed ExpressionParser::constant(const Value& value, Type type) {
  Piece piece;
  piece.type = type;
  piece.literal = value;
  piece.first = result_.steps_.size();
  emit(Code::Constant, keep(value));
  piece.last = result_.steps_.size();
  return piece;
}

ExpressionParser::Parsed ExpressionParser::parse_atom() {
  const Token token = peek();
  if (token.kind == Token::Kind::End) return fail("it ends too early; complete it");
  ++next_;
  if (token.kind == Token::Kind::Number) return constant(token.number, Type::Number);
  if (token.kind == Token::Kind::Word) return constant(token.text, Type::Word);
  if (token.kind == Token::Kind::Name) {
    return peek().kind == Token::Kind::Symbol && peek().text == "(" ? parse_call(token) : parse_name(token);
  }
  if (token.text != "(") {
    return fail(fmt::format("`{}` at {} is unexpected; a number, a name or ( belongs there", token.text, token.at));
  }
  Parsed inner = parse_or();
  if (!inner) return inner;
  if (!take(")")) return fail(fmt::format("`)` is missing at {}; close it", peek().at));
  return inner;
}

ExpressionParser::Parsed ExpressionParser::parse_call(const Token& name) {
  const Operator* function = find(kFunctions, name.text);
  if (function == nullptr) {
    std::vector<std::string> known;
    for (const Operator& candidate : kFunctions) known.emplace_back(candidate.symbol);
    const std::string hint = did_you_mean(name.text, known);
    return fail(fmt::format("`{}` at {} is no function{}", in_short(name.text), name.at,
                            hint.empty() ? "; known are min, max, abs, log, exp, sqrt, floor" : hint));
  }
  ++next_;  // the parenthesis
  const bool many = function->code == Code::Min || function->code == Code::Max;
  std::size_t first = result_.steps_.size(), count = 0;
  do {
    const Parsed argument = parse_or();
    if (!argument || !needs_number(*argument)) return std::nullopt;
    if (++count > 1 && !many) return fail(fmt::format("{} takes one number; drop the others", name.text));
    if (count > 1) emit(function->code);
  } while (take(","));
  if (!take(")")) return fail(fmt::format("`)` is missing at {}; close it", peek().at));
  if (!many) emit(function->code);
  Piece piece;
  piece.type = Type::Number;
  piece.first = first;
  piece.last = result_.steps_.size();
  return piece;
}

}  // namespace hone
