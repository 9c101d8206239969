// What a Space shares among its copies: parameters with their expressions compiled and in an order to be filled in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hone/space.h"
#include "space/axis.h"
#include "space/expression.h"

namespace hone {

struct Space::Data {
  struct Node {  // of a parameter
    std::optional<Expression> when, derived;
    std::optional<std::size_t> coordinate;  // of a free one
  };

  std::vector<Param> params;
  std::vector<std::string> constraints;
  NameIndex names;
  std::vector<Node> nodes;           // parallel to params
  std::vector<std::size_t> order;    // of params: each after all that its expressions mention
  std::vector<std::size_t> free;     // indexes of params
  std::vector<Axis> axes;            // parallel to free
  std::vector<std::size_t> derived;  // indexes of params
  std::vector<Expression> rules;     // parallel to constraints
  bool finite = true;
  std::uint64_t cells = 1;

  bool active(std::size_t param, const Config& config) const {
    const auto& when = nodes[param].when;
    return !when || when->active(config);
  }

  /// A config whose active free values come from choose(param, coordinate), in dependency order; constants and derived
  /// values are filled in.
  template <class F>
  Config fill(F choose) const {
    Config config(params.size());
    for (const std::size_t param : order) {
      const Node& node = nodes[param];
      if (!active(param, config)) continue;
      if (node.coordinate) {
        config[param] = choose(param, *node.coordinate);
      } else if (node.derived) {
        config[param] = node.derived->value(config);
      } else {
        config[param] = std::get<Constant>(params[param].domain).value;
      }
    }
    return config;
  }
};

/// Mistakes of one parameter's own definition, one line each: "what; remedy". Completes what may be left out: the texts
/// of options, and low_cost and fallback in the type of the domain. `vague`: nothing but the name is known.
std::vector<std::string> check_param(Param& param, bool vague = false);

/// The value as one of the domain's own (2.0 becomes 2 in an Int), or Invalid "7 is outside float(0, 1)".
/// REQUIRES: a domain that check_param() has found right; neither Constant nor Derived
Result<Value> accept(const Domain& domain, const Value& value);

/// The short form: `float(0, 1, log)`.
std::string domain_text(const Domain& domain);

}  // namespace hone
