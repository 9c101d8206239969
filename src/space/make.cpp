// Space::make: every check, then expressions compiled and parameters put in the order of their dependencies.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "space/data.h"
#include "space/value.h"

namespace hone {
namespace {

constexpr std::uint64_t kMostCells = std::uint64_t{1} << 63;

class Maker {
 public:
  Maker(std::vector<Param> params, std::vector<std::string> constraints) : data_(std::make_shared<Space::Data>()) {
    data_->params = std::move(params);
    data_->constraints = std::move(constraints);
    data_->nodes.resize(data_->params.size());
  }

  Result<std::shared_ptr<const Space::Data>> make() {
    constexpr std::size_t kMostParams = 10'000;
    if (data_->params.size() > kMostParams) {
      return invalid(fmt::format("space: {} parameters; at most {}", data_->params.size(), kMostParams));
    }
    check_each();
    compile_each();
    for (std::size_t i = 0; i < data_->constraints.size(); ++i) compile_rule(i);
    if (mistakes_.empty()) put_in_order();
    if (!mistakes_.empty()) return invalid(fmt::format("{}", fmt::join(mistakes_, "\n")));
    lay_out();
    return data_;
  }

 private:
  std::string where(std::size_t param) const { return "space." + in_short(data_->params[param].name) + ": "; }

  void check_each() {
    for (std::size_t i = 0; i < data_->params.size(); ++i) {
      Param& param = data_->params[i];
      param.when = trim(param.when);
      for (const std::string& mistake : check_param(param)) mistakes_.push_back(where(i) + mistake);
      if (!data_->names.emplace(param.name, i).second) {
        mistakes_.push_back(where(i) + "declared twice; rename one");
      }
    }
  }

  std::optional<Expression> compile(const std::string& where, const std::string& text, Expression::Use use) {
    auto expression = Expression::compile(text, data_->params, data_->names, use);
    if (expression) return std::move(*expression);
    mistakes_.push_back(fmt::format("{}{}: {}", where, in_short(trim(text)), expression.error().what));
    return std::nullopt;
  }

  void compile_each() {
    for (std::size_t i = 0; i < data_->params.size(); ++i) {
      const Param& param = data_->params[i];
      if (!param.when.empty()) data_->nodes[i].when = compile(where(i), param.when, Expression::Use::Truth);
      if (const auto* derived = std::get_if<Derived>(&param.domain)) {
        data_->nodes[i].derived = compile(where(i), derived->expression, Expression::Use::Value);
      }
    }
  }

  void compile_rule(std::size_t i) {
    auto rule = compile(fmt::format("constraints[{}]: ", i), data_->constraints[i], Expression::Use::Truth);
    if (rule) data_->rules.push_back(std::move(*rule));
  }

  std::vector<std::size_t> needs(std::size_t param) const {
    std::vector<std::size_t> needed;
    for (const auto* expression : {&data_->nodes[param].when, &data_->nodes[param].derived}) {
      if (*expression) needed.insert(needed.end(), (*expression)->mentions().begin(), (*expression)->mentions().end());
    }
    return needed;
  }

  /// Depth first, in the order of declaration; an edge back into the open path is a cycle.
  void put_in_order() {
    enum class Mark { New, Open, Done };
    std::vector<Mark> marks(data_->params.size(), Mark::New);
    struct Visit {
      std::size_t param;
      std::vector<std::size_t> needed;
      std::size_t next = 0;
    };
    for (std::size_t root = 0; root < data_->params.size(); ++root) {
      std::vector<Visit> path;
      if (marks[root] == Mark::New) path.push_back({root, needs(root)});
      while (!path.empty()) {
        Visit& visit = path.back();
        marks[visit.param] = Mark::Open;
        if (visit.next == visit.needed.size()) {
          marks[visit.param] = Mark::Done;
          data_->order.push_back(visit.param);
          path.pop_back();
          continue;
        }
        const std::size_t param = visit.needed[visit.next++];
        if (marks[param] == Mark::New) {
          path.push_back({param, needs(param)});
        } else if (marks[param] == Mark::Open) {
          const auto start = std::find_if(path.begin(), path.end(), [&](const Visit& v) { return v.param == param; });
          std::vector<std::string> names;
          for (auto it = start; it != path.end(); ++it) names.push_back(data_->params[it->param].name);
          names.push_back(data_->params[param].name);
          mistakes_.push_back(where(param) +
                              fmt::format("depends on itself ({}); break the circle", fmt::join(names, " -> ")));
          return;
        }
      }
    }
  }

  void lay_out() {
    for (std::size_t i = 0; i < data_->params.size(); ++i) {
      const Param& param = data_->params[i];
      if (std::holds_alternative<Derived>(param.domain)) data_->derived.push_back(i);
      if (std::holds_alternative<Derived>(param.domain) || std::holds_alternative<Constant>(param.domain)) continue;
      data_->nodes[i].coordinate = data_->free.size();
      data_->free.push_back(i);
      data_->axes.emplace_back(param.domain, param.prior);
      const std::uint64_t levels = data_->axes.back().levels();
      if (levels == 0) data_->finite = false;
      else data_->cells = data_->cells > kMostCells / levels ? kMostCells : data_->cells * levels;
    }
  }

  std::shared_ptr<Space::Data> data_;
  std::vector<std::string> mistakes_;
};

}  // namespace

Result<Space> Space::make(std::vector<Param> params, std::vector<std::string> constraints) {
  auto data = Maker(std::move(params), std::move(constraints)).make();
  if (!data) return tl::unexpected(data.error());
  Space space;
  space.data_ = std::move(*data);
  return space;
}

}  // namespace hone
