// From text to the code of an Expression, in one pass: each rule of the grammar emits its own steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "space/expression.h"

namespace hone {

struct Token {
  enum class Kind { End, Number, Word, Name, Symbol };  // Word: quoted, or like 010 and 1:30 no number
  Kind kind = Kind::End;
  std::string text;
  Value number;
  std::size_t at = 0;  // from 1
};

/// Invalid "what at POSITION; remedy".
Result<std::vector<Token>> tokenize(std::string_view text);

class ExpressionParser {
 public:
  /// Without `params` names stay unresolved: the syntax alone is checked.
  ExpressionParser(std::string_view text, const std::vector<Param>* params, const NameIndex* names)
      : text_(text), params_(params), names_(names) {}
  Result<Expression> parse(Expression::Use use);

 private:
  using Code = Expression::Code;
  enum class Type { Any, Number, Word, Truth };
  struct Piece {  // what a rule has emitted
    Type type = Type::Any;
    std::optional<std::size_t> param;  // it is this parameter alone
    std::optional<Value> literal;      // it is this constant alone
    bool bare = false;                 // a word without quotes
    std::string word;                  // the name as written, of a bare word or a parameter
    std::size_t first = 0, last = 0;   // its steps
  };
  using Parsed = std::optional<Piece>;  // nothing: error_ says why

  Parsed parse_or();
  Parsed parse_and();
  Parsed parse_not();
  Parsed parse_comparison();
  Parsed parse_membership(Piece left, bool negated);
  Parsed parse_sum();
  Parsed parse_term();
  Parsed parse_unary();
  Parsed parse_power();
  Parsed parse_atom();
  Parsed parse_call(const Token& name);
  Parsed parse_name(const Token& name);
  Parsed constant(const Value& value, Type type);
  Parsed binary(const Piece& left, const Piece& right, Code code);
  Parsed joined(const Piece& left, const Piece& right, Code code);

  bool compare(Code code, Piece& left, Piece& right);
  bool order_by_rank(Piece& left, Piece& right);
  bool rank_side(Piece& side, const Choice& choice);
  bool fits(const Piece& word, const Piece& other);
  bool needs_number(const Piece& piece);
  bool needs_truth(const Piece& piece);
  Type type_of(const Param& param) const;

  void emit(Code code, std::size_t arg = 0);
  std::uint32_t keep(Value value);
  Parsed fail(const std::string& what);
  bool refuse(const std::string& what) { return fail(what).has_value(); }
  bool unknown(const std::string& name);
  const Token& peek() const { return tokens_[next_]; }
  bool take(std::string_view symbol);
  bool at_name(std::string_view name) const { return peek().kind == Token::Kind::Name && peek().text == name; }
  const Choice* choice_of(const Piece& piece) const;
  bool vague(const Piece& piece) const;

  std::string_view text_;
  const std::vector<Param>* params_;
  const NameIndex* names_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int depth_ = 0, height_ = 0;  // of the recursion; of the stack so far
  Expression result_;
  std::string error_;
};

}  // namespace hone
