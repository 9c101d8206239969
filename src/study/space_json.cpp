#include <nlohmann/json.hpp>

#include "space/data.h"
#include "study/space_file.h"
#include "study/value_json.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

/// A constant whose text would be read as something else, or not at all, needs the long form.
bool plain_constant(const Param& param) {
  const auto& constant = std::get<Constant>(param.domain);
  const auto again = parse_param(param.name, constant.text);
  const auto* same = again ? std::get_if<Constant>(&again->domain) : nullptr;
  return same && same->text == constant.text && again->when.empty();
}

}  // namespace

std::string param_json(const Param& param) {
  const auto* choice = std::get_if<Choice>(&param.domain);
  Json out = Json::object();
  std::string text = choice ? "" : domain_text(param.domain);
  if (choice) {
    out["choices"] = choice->texts;
  } else if (std::holds_alternative<Constant>(param.domain) && (!plain_constant(param) || !param.when.empty())) {
    out["constant"] = text;
  } else {
    if (!param.when.empty()) text += " if " + param.when;
    out["domain"] = text;
  }
  if (!param.when.empty() && !out.contains("domain")) out["when"] = param.when;
  if (choice && choice->ordered) out["ordered"] = true;
  if (choice && !choice->weights.empty()) out["weights"] = choice->weights;
  if (param.low_cost) out["low_cost"] = value_json(*param.low_cost);
  if (param.fallback) out["default"] = value_json(*param.fallback);
  if (!param.changeable) out["mutable"] = false;
  if (param.prior) out["prior"] = domain_text(*param.prior);
  if (!param.spelling.empty()) out["spelling"] = param.spelling;
  const Json& shortest = out.size() > 1 ? out : choice ? out["choices"] : out.contains("domain") ? out["domain"] : out;
  return shortest.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hone
