// The short form of a parameter (docs/study-file.md).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/text.h"
#include "hone/registry.h"
#include "space/expression.h"
#include "space/scan.h"
#include "space/value.h"

namespace hone {
namespace {

struct Arguments {
  std::vector<std::string> plain;
  std::map<std::string, std::string> named;  // step=0.1
};

using Parsed = Result<Domain>;

/// `name` has the argument `argument`, which is not what `usage` shows.
tl::unexpected<Error> misuse(const std::string& what, std::string_view usage) {
  return invalid(fmt::format("{}; write {}", what, usage));
}

Result<double> number_of(const std::string& text, std::string_view usage) {
  const Value value = parse_value(text);
  if (!is_number(value)) return misuse(fmt::format("`{}` is no number", in_short(text)), usage);
  return as_double(value);
}

Result<std::int64_t> whole_of(const std::string& text, std::string_view usage) {
  const auto whole = as_whole(parse_value(text));
  if (!whole) return misuse(fmt::format("`{}` is no whole number", in_short(text)), usage);
  return *whole;
}

/// Splits into plain and NAME=VALUE arguments. A flag is also understood as flag=true, as Python has it.
Result<Arguments> arguments_of(const std::string& text, const std::vector<std::string>& names, std::string_view usage) {
  auto pieces = split_commas(text);
  if (!pieces) return tl::unexpected(pieces.error());
  Arguments arguments;
  for (const std::string& piece : *pieces) {
    if (piece.empty()) return misuse("an argument is empty", usage);
    const std::size_t equals = piece.find('=');
    const std::string name = trim(piece.substr(0, equals));
    if (equals == piece.npos || !is_param_name(name)) {
      arguments.plain.push_back(piece);
      continue;
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return misuse(fmt::format("`{}` is no argument of it{}", in_short(name), did_you_mean(name, names)), usage);
    }
    if (!arguments.named.emplace(name, trim(piece.substr(equals + 1))).second) {
      return misuse(fmt::format("`{}` is given twice", name), usage);
    }
  }
  return arguments;
}

/// Takes `log` out of the arguments.
Result<bool> take_log(Arguments& arguments, std::string_view usage) {
  if (const auto found = arguments.named.find("log"); found != arguments.named.end()) {
    const std::string text = found->second;
    if (text == "true" || text == "True") return true;
    if (text == "false" || text == "False") return false;
    return misuse(fmt::format("log={} is neither true nor false", in_short(text)), usage);
  }
  if (arguments.plain.size() == 3 && arguments.plain[2] == "log") {
    arguments.plain.pop_back();
    return true;
  }
  return false;
}

Result<Arguments> range_of(const std::string& text, std::string_view usage, bool& log) {
  auto arguments = arguments_of(text, {"log", "step"}, usage);
  if (!arguments) return arguments;
  const auto flag = take_log(*arguments, usage);
  if (!flag) return tl::unexpected(flag.error());
  log = *flag;
  for (std::size_t i = 2; i < arguments->plain.size(); ++i)
    if (const std::string& word = arguments->plain[i]; is_param_name(word) && word != "log" && word != "inf")
      return misuse(fmt::format("`{}` is no flag of it{}", in_short(word), did_you_mean(word, {"log"})), usage);
  if (arguments->plain.size() != 2) return misuse("it needs a lower and an upper bound", usage);
  return arguments;
}

Parsed read_float(const std::string& text, std::string_view usage) {
  Float domain;
  const auto arguments = range_of(text, usage, domain.log);
  if (!arguments) return tl::unexpected(arguments.error());
  const auto lo = number_of(arguments->plain[0], usage), hi = number_of(arguments->plain[1], usage);
  if (!lo) return tl::unexpected(lo.error());
  if (!hi) return tl::unexpected(hi.error());
  domain.lo = *lo;
  domain.hi = *hi;
  if (const auto step = arguments->named.find("step"); step != arguments->named.end()) {
    const auto width = number_of(step->second, usage);
    if (!width) return tl::unexpected(width.error());
    domain.step = *width;
  }
  return domain;
}

Parsed read_int(const std::string& text, std::string_view usage) {
  Int domain;
  const auto arguments = range_of(text, usage, domain.log);
  if (!arguments) return tl::unexpected(arguments.error());
  const auto lo = whole_of(arguments->plain[0], usage), hi = whole_of(arguments->plain[1], usage);
  if (!lo) return tl::unexpected(lo.error());
  if (!hi) return tl::unexpected(hi.error());
  domain.lo = *lo;
  domain.hi = *hi;
  if (const auto step = arguments->named.find("step"); step != arguments->named.end()) {
    const auto width = whole_of(step->second, usage);
    if (!width) return tl::unexpected(width.error());
    domain.step = *width;
  }
  return domain;
}

Parsed read_options(const std::string& text, std::string_view usage, bool ordered) {
  constexpr std::size_t kMost = 100'000;
  const auto entries = split_commas(text);
  if (!entries) return tl::unexpected(entries.error());
  if (entries->empty()) return misuse("it has no options", usage);
  if (entries->size() > kMost) return misuse(fmt::format("more than {} options", kMost), "int(lo, hi)");
  Choice choice;
  choice.ordered = ordered;
  for (const std::string& entry : *entries) {
    if (entry.empty()) return misuse("an option is empty", usage);
    std::size_t end = 0;
    const bool quote = entry[0] == '\'' || entry[0] == '"';
    const auto word = quote ? quoted_word(entry, end) : std::nullopt;
    if (word && end == entry.size()) {
      choice.options.emplace_back(*word);
      choice.texts.push_back(*word);
    } else {
      choice.options.push_back(parse_value(entry));
      choice.texts.push_back(entry);
    }
  }
  return choice;
}

Parsed read_choice(const std::string& text, std::string_view usage) {
  const bool list = text.size() > 1 && text.front() == '[' && closing(text, 0) == text.size();
  return read_options(list ? text.substr(1, text.size() - 2) : text, usage, false);
}

Parsed read_ordinal(const std::string& text, std::string_view usage) { return read_options(text, usage, true); }

Parsed read_pow2(const std::string& text, std::string_view usage) {
  const auto arguments = arguments_of(text, {}, usage);
  if (!arguments) return tl::unexpected(arguments.error());
  if (arguments->plain.size() != 2) return misuse("it needs a lower and an upper bound", usage);
  std::array<std::int64_t, 2> bounds{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto whole = whole_of(arguments->plain[i], usage);
    if (!whole) return tl::unexpected(whole.error());
    if (*whole < 1 || !std::has_single_bit(static_cast<std::uint64_t>(*whole))) {
      return misuse(fmt::format("{} is no power of two", *whole), usage);
    }
    bounds[i] = *whole;
  }
  if (bounds[0] > bounds[1]) return misuse(fmt::format("lo {} is above hi {}", bounds[0], bounds[1]), usage);
  Choice choice;
  choice.ordered = true;
  for (auto power = static_cast<std::uint64_t>(bounds[0]); power <= static_cast<std::uint64_t>(bounds[1]); power *= 2) {
    choice.options.emplace_back(static_cast<std::int64_t>(power));
    choice.texts.push_back(std::to_string(power));
  }
  return choice;
}

Parsed read_bell(const std::string& text, std::string_view usage, bool log) {
  const auto arguments = arguments_of(text, {"lo", "hi"}, usage);
  if (!arguments) return tl::unexpected(arguments.error());
  if (arguments->plain.size() != 2) return misuse("it needs mu and sigma", usage);
  Normal domain;
  domain.log = log;
  const auto mu = number_of(arguments->plain[0], usage), sigma = number_of(arguments->plain[1], usage);
  if (!mu) return tl::unexpected(mu.error());
  if (!sigma) return tl::unexpected(sigma.error());
  domain.mu = *mu;
  domain.sigma = *sigma;
  for (const auto& [name, bound] : arguments->named) {
    const auto value = number_of(bound, usage);
    if (!value) return tl::unexpected(value.error());
    (name == "lo" ? domain.lo : domain.hi) = *value;
  }
  return domain;
}

Parsed read_normal(const std::string& text, std::string_view usage) { return read_bell(text, usage, false); }
Parsed read_lognormal(const std::string& text, std::string_view usage) { return read_bell(text, usage, true); }

Parsed read_piecewise(const std::string& text, std::string_view usage) {
  const auto ranges = split_commas(text);
  if (!ranges) return tl::unexpected(ranges.error());
  if (ranges->empty()) return misuse("it has no ranges", usage);
  Piecewise domain;
  for (const std::string& range : *ranges) {
    const bool brackets = range.size() > 2 && range.front() == '[' && closing(range, 0) == range.size();
    const auto bounds = brackets ? split_commas(range.substr(1, range.size() - 2)) : std::vector<std::string>{};
    if (!bounds || bounds->size() != 2) return misuse(fmt::format("`{}` is no range", in_short(range)), usage);
    const auto lo = number_of((*bounds)[0], usage), hi = number_of((*bounds)[1], usage);
    if (!lo) return tl::unexpected(lo.error());
    if (!hi) return tl::unexpected(hi.error());
    domain.ranges.emplace_back(*lo, *hi);
  }
  return domain;
}

struct Call {
  std::string_view name, usage;
  Parsed (*read)(const std::string& text, std::string_view usage);  // null: another tool's word for `usage`
};
constexpr std::array<Call, 17> kCalls = {{
    {"float", "float(lo, hi[, log][, step=s])", read_float},
    {"int", "int(lo, hi[, log][, step=s])", read_int},
    {"choice", "choice(a, b, c)", read_choice},
    {"ordinal", "ordinal(small, medium, large)", read_ordinal},
    {"pow2", "pow2(lo, hi), both powers of two", read_pow2},
    {"normal", "normal(mu, sigma[, lo=a][, hi=b])", read_normal},
    {"lognormal", "lognormal(mu, sigma[, lo=a][, hi=b])", read_lognormal},
    {"piecewise", "piecewise([a, b], [c, d])", read_piecewise},
    {"uniform", "float(lo, hi)", nullptr},
    {"loguniform", "float(lo, hi, log)", nullptr},
    {"log_uniform", "float(lo, hi, log)", nullptr},
    {"quniform", "float(lo, hi, step=s)", nullptr},
    {"qloguniform", "float(lo, hi, log, step=s)", nullptr},
    {"randint", "int(lo, hi), which includes hi", nullptr},
    {"lograndint", "int(lo, hi, log), which includes hi", nullptr},
    {"categorical", "[a, b, c]", nullptr},
    {"range", "int(lo, hi[, step=s]), which includes hi", nullptr},
}};

/// Length of NAME in `NAME(..`, 0 if the text is no call.
std::size_t call_length(const std::string& text) {
  std::size_t length = 0;
  while (length < text.size() && (starts_name(text[length]) || (length > 0 && in_name(text[length])))) ++length;
  std::size_t open = length;
  while (open < text.size() && text[open] == ' ') ++open;
  return length > 0 && open < text.size() && text[open] == '(' ? length : 0;
}

/// A domain's name, or one that was meant to be.
bool near_call(const std::string& name) {
  std::vector<std::string> known;
  for (const Call& call : kCalls) known.emplace_back(call.name);
  return !nearest_name(name, known).empty();
}

Parsed read_call(const std::string& text, std::size_t length) {
  const std::string name = text.substr(0, length);
  const std::size_t open = text.find('(', length);
  const auto end = closing(text, open);
  if (!end) {
    return invalid(
        fmt::format("`{0}` has no closing parenthesis, YAML cuts at commas inside {{ }}; quote it: \"{1}(..)\"",
                    in_short(text), in_short(name)));
  }
  std::vector<std::string> known;
  for (const Call& call : kCalls) {
    if (call.read != nullptr) known.emplace_back(call.name);
    if (call.name != name) continue;
    if (call.read == nullptr) return invalid(fmt::format("{} is called differently here; write {}", name, call.usage));
    if (*end != text.size()) {
      return invalid(fmt::format("`{}` behind the domain is unexpected; a condition begins with `if`",
                                 in_short(text.substr(*end))));
    }
    return call.read(trim(text.substr(open + 1, *end - open - 2)), call.usage);
  }
  const std::string hint = did_you_mean(name, known);
  return invalid(fmt::format(
      "unknown domain {}{}", in_short(name),
      hint.empty() ? "; a word that looks like this belongs into a list: ['" + in_short(text) + "']" : hint));
}

Parsed read_domain(const std::string& text) {
  if (text.empty()) return misuse("it is empty", "a domain such as float(0, 1)");
  if (text.front() == '=') {
    const std::string expression = trim(text.substr(1));
    const auto checked = Expression::check(expression, Expression::Use::Value);
    if (!checked) return invalid(fmt::format("{}: {}", in_short(expression), checked.error().what));
    return Derived{expression};
  }
  if (text.front() == '[') {
    const auto end = closing(text, 0);
    if (!end) return misuse("`]` is missing, or a quote is not closed", "[a, b, c]");
    if (*end != text.size()) {
      return invalid(
          fmt::format("`{}` behind the list is unexpected; a condition begins with `if`", in_short(text.substr(*end))));
    }
    return read_options(text.substr(1, text.size() - 2), "[a, b, c]", false);
  }
  if (const std::size_t length = call_length(text)) {
    const bool label = text[length] == ' ' && !near_call(text.substr(0, length));  // large (new) is a label
    if (!label) return read_call(text, length);
  }
  std::size_t end = 0;
  if (text.front() == '\'' || text.front() == '"') {
    const auto word = quoted_word(text, end);
    if (word && end == text.size()) return Constant{*word, *word};
  }
  return Constant{parse_value(text), text};
}

/// A constant of several words, which may hold an `if` of its own.
bool is_sentence(const std::string& body) {
  const bool domain = !body.empty() && (body.front() == '=' || body.front() == '[' || call_length(body) > 0);
  const bool quoted = !body.empty() && (body.front() == '\'' || body.front() == '"');
  return !domain && !quoted && body.find_first_of(" \t\n") != std::string::npos;
}

}  // namespace

Result<Param> parse_param(std::string_view name, std::string_view text) {
  const std::string where = "space." + in_short(name) + ": ";
  Param param;
  param.name = name;
  param.text = trim(text);
  Clause clause = split_if(param.text);
  if (clause.condition && is_sentence(clause.body)) clause = {param.text, std::nullopt};
  std::string mistakes;
  auto domain = read_domain(clause.body);
  if (!domain) mistakes = where + domain.error().what;
  if (clause.condition)
    if (const auto ok = Expression::check(*clause.condition, Expression::Use::Truth); !ok)
      mistakes +=
          fmt::format("{}{}{}: {}", mistakes.empty() ? "" : "\n", where, in_short(*clause.condition), ok.error().what);
  if (!mistakes.empty()) return invalid(mistakes);
  param.domain = std::move(*domain);
  if (clause.condition) param.when = std::move(*clause.condition);
  return param;
}

}  // namespace hone
