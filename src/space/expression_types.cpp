// What may stand beside what: numbers, words, truth, and the options of a Choice.
#include <fmt/format.h>

#include <algorithm>

#include "space/expression_parser.h"
#include "space/scan.h"
#include "space/value.h"

namespace hone {

Result<void> Expression::check(std::string_view text, Use use) {
  const auto parsed = ExpressionParser(text, nullptr, nullptr).parse(use);
  if (!parsed) return tl::unexpected(parsed.error());
  return {};
}

Result<Expression> Expression::compile(std::string_view text, const std::vector<Param>& params, const NameIndex& names,
                                       Use use) {
  return ExpressionParser(text, &params, &names).parse(use);
}

ExpressionParser::Type ExpressionParser::type_of(const Param& param) const {
  const auto of_value = [](const Value& value) { return is_word(value) ? Type::Word : Type::Number; };
  if (const auto* constant = std::get_if<Constant>(&param.domain)) return of_value(constant->value);
  if (std::holds_alternative<Derived>(param.domain)) return Type::Any;
  const auto* choice = std::get_if<Choice>(&param.domain);
  if (choice == nullptr) return Type::Number;
  if (choice->options.empty()) return Type::Any;
  const Type type = of_value(choice->options.front());
  const bool mixed = std::any_of(choice->options.begin(), choice->options.end(),
                                 [&](const Value& option) { return of_value(option) != type; });
  return mixed ? Type::Any : type;
}

const Choice* ExpressionParser::choice_of(const Piece& piece) const {
  return piece.param ? std::get_if<Choice>(&(*params_)[*piece.param].domain) : nullptr;
}

/// A parameter that could not be read: a choice without options, see space_mistakes().
bool ExpressionParser::vague(const Piece& piece) const {
  const Choice* choice = choice_of(piece);
  return choice != nullptr && choice->options.empty();
}

ExpressionParser::Parsed ExpressionParser::parse_name(const Token& token) {
  if (token.text == "and" || token.text == "or" || token.text == "in" || token.text == "not" || token.text == "if") {
    return fail(fmt::format("`{}` at {} is unexpected; a number or a name belongs there", token.text, token.at));
  }
  const auto found = names_ == nullptr ? NameIndex::const_iterator() : names_->find(token.text);
  if (names_ == nullptr || found == names_->end()) {
    Parsed piece = constant(token.text, names_ == nullptr ? Type::Any : Type::Word);
    piece->bare = true;
    piece->word = token.text;
    return piece;
  }
  Piece piece;
  piece.type = type_of((*params_)[found->second]);
  piece.param = found->second;
  piece.word = token.text;
  piece.first = result_.steps_.size();
  emit(Code::Param, found->second);
  piece.last = result_.steps_.size();
  result_.mentions_.push_back(found->second);
  return piece;
}

bool ExpressionParser::unknown(const std::string& name) {
  constexpr std::size_t kMost = 500;  // beyond, nearest_name() has no answer anyway
  std::vector<std::string> known;
  if (names_->size() <= kMost)
    for (const auto& [param, index] : *names_) known.push_back(param);
  const std::string hint = did_you_mean(name, known);
  return refuse(fmt::format("unknown parameter {}{}", in_short(name),
                            hint.empty() ? "; declare it, or quote it if it is a word" : hint));
}

bool ExpressionParser::needs_number(const Piece& piece) {
  if (piece.type == Type::Truth) return refuse("true or false is no number; compare and combine with and, or, not");
  if (params_ == nullptr) return true;
  if (piece.bare) return unknown(piece.word);
  if (piece.type != Type::Word) return true;
  const std::string word = piece.param ? piece.word : value_text(piece.literal.value_or(Value()));
  return refuse(fmt::format("{} is a word, not a number; compare it with == or in", in_short(word)));
}

bool ExpressionParser::needs_truth(const Piece& piece) {
  if (piece.type == Type::Truth) return true;
  if (piece.bare && params_ != nullptr) return unknown(piece.word);
  if (piece.param) {
    const Choice* choice = choice_of(piece);
    const std::string example = choice != nullptr && !choice->texts.empty() ? choice->texts.back() : "1";
    return refuse(
        fmt::format("{} alone is no condition; compare it: {} == {}", piece.word, piece.word, in_short(example)));
  }
  return refuse("a value is no condition; compare it with ==, <, in ...");
}

/// Checks a word against what it is compared with: an option of the other side's Choice.
bool ExpressionParser::fits(const Piece& word, const Piece& other) {
  const Choice* choice = choice_of(other);
  if (choice == nullptr) {
    // A constant may stand for a choice that was fixed, so any word is as good as another there.
    const bool constant = other.param && std::holds_alternative<Constant>((*params_)[*other.param].domain);
    if (word.bare && !constant && (other.type != Type::Any || !other.param)) return unknown(word.word);
    return true;
  }
  const Value& value = *word.literal;
  const bool numbers = hone::is_number(value) && other.type != Type::Word;  // 300 beside [256, 512] may be meant
  if (numbers || choice->options.empty()) return true;
  const auto same = [&](const Value& option) { return same_value(option, value); };
  if (std::any_of(choice->options.begin(), choice->options.end(), same)) return true;
  const std::string hint = did_you_mean(value_text(value), choice->texts);
  return refuse(fmt::format("{} is no option of {}{}", in_short(value_text(value)), other.word,
                            hint.empty() ? "; it has " + listed(choice->texts) : hint));
}

bool ExpressionParser::compare(Code code, Piece& left, Piece& right) {
  if (left.type == Type::Truth || right.type == Type::Truth) {
    return refuse("true or false cannot be compared; combine with and, or, not");
  }
  if (params_ == nullptr) return true;
  for (const auto& [name, other] : {std::pair(&left, &right), std::pair(&right, &left)}) {
    const Choice* choice = choice_of(*other);
    const bool option = name->param && choice != nullptr &&
                        std::any_of(choice->options.begin(), choice->options.end(),
                                    [&](const Value& value) { return same_value(value, Value(name->word)); });
    if (option) {
      return refuse(
          fmt::format("{0} is a parameter and an option of {1}; quote the option: '{0}'", name->word, other->word));
    }
  }
  if (left.bare && right.bare) return unknown(left.word);
  if (right.literal && !fits(right, left)) return false;
  if (left.literal && !fits(left, right)) return false;
  if (code == Code::Equal || code == Code::NotEqual) return true;
  return order_by_rank(left, right);
}

/// Words have an order only as options of pow2() or ordinal(): small < large there.
bool ExpressionParser::order_by_rank(Piece& left, Piece& right) {
  if (left.type != Type::Word && right.type != Type::Word) return true;
  if (vague(left) || vague(right)) return true;
  const Piece* ordered = nullptr;
  for (const Piece* piece : {&left, &right}) {
    const Choice* choice = choice_of(*piece);
    if (choice != nullptr && choice->ordered) ordered = piece;
  }
  if (ordered == nullptr) {
    const Piece& words = left.type == Type::Word ? left : right;
    const std::string text = words.param ? words.word : value_text(words.literal.value_or(Value()));
    return refuse(fmt::format("{} has no order; declare ordinal(..), or compare with == or in", in_short(text)));
  }
  const Choice choice = *choice_of(*ordered);
  return rank_side(left, choice) && rank_side(right, choice);
}

/// Turns one side, a single step, into its index among the options.
bool ExpressionParser::rank_side(Piece& side, const Choice& choice) {
  Expression::Step& step = result_.steps_[side.first];
  const bool single = side.last == side.first + 1;
  if (single && side.literal && step.code == Code::Constant) {
    for (std::size_t i = 0; i < choice.options.size(); ++i) {
      if (!same_value(choice.options[i], *side.literal)) continue;
      step.arg = keep(static_cast<std::int64_t>(i));
      return true;
    }
  }
  const Choice* own = choice_of(side);
  if (single && own != nullptr && own->ordered && own->options == choice.options) {
    if (step.code != Code::Param) return true;  // ranked already, as the middle of a chain
    result_.ranks_.push_back({*side.param, own->options});
    step = {Code::Rank, static_cast<std::uint32_t>(result_.ranks_.size() - 1)};
    return true;
  }
  return refuse("words of different kinds have no common order; compare with == or in");
}

}  // namespace hone
