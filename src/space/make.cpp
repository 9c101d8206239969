// Space::make: every check, then expressions compiled and parameters put in the order of their dependencies.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "space/data.h"
#include "space/mistakes.h"
#include "space/value.h"

namespace hone {
namespace {

constexpr std::uint64_t kMostCells = std::uint64_t{1} << 63;

class Maker {
 public:
  Maker(std::vector<Param> params, std::vector<std::string> constraints, std::set<std::size_t> vague = {})
      : data_(std::make_shared<Space::Data>()), vague_(std::move(vague)) {
    data_->params = std::move(params);
    data_->constraints = std::move(constraints);
    data_->nodes.resize(data_->params.size());
    for (const std::size_t param : vague_) data_->params[param].domain = Choice();  // of unknown type in expressions
  }

  std::vector<SpaceMistake> check() {
    constexpr std::size_t kMostParams = 10'000;
    if (data_->params.size() > kMostParams)
      return {{Of::Space, 0, fmt::format("{} parameters; at most {}", data_->params.size(), kMostParams)}};
    constexpr std::size_t kMostText = 100'000;
    std::size_t text = 0;
    for (const std::string& rule : data_->constraints) text += rule.size();
    check_each();
    compile_each();
    if (text > kMostText)
      mistakes_.push_back(
          {Of::Rule, 0, fmt::format("with the others {} characters; use at most {} in all", text, kMostText)});
    for (std::size_t i = 0; i < data_->constraints.size() && text <= kMostText && !enough(); ++i)
      if (auto rule = compile(Of::Rule, i, data_->constraints[i], Expression::Use::Truth))
        data_->rules.push_back(std::move(*rule));
    put_in_order();
    return std::move(mistakes_);
  }

  /// REQUIRES: check() has found nothing
  std::shared_ptr<const Space::Data> make() {
    lay_out();
    return data_;
  }

  std::string text(const SpaceMistake& mistake) const {
    if (mistake.of == Of::Rule) return fmt::format("constraints[{}]: {}", mistake.index, mistake.what);
    if (mistake.of == Of::Space) return "space: " + mistake.what;
    return fmt::format("space.{}: {}", in_short(data_->params[mistake.index].name), mistake.what);
  }

 private:
  using Of = SpaceMistake::Of;

  /// So many that nobody reads them all, and each looks for what was meant.
  bool enough() const { return mistakes_.size() > 200; }

  void check_each() {
    for (std::size_t i = 0; i < data_->params.size(); ++i) {
      Param& param = data_->params[i];
      param.when = trim(param.when);
      for (std::string& mistake : check_param(param, vague_.contains(i))) wrong(i, std::move(mistake));
      if (!data_->names.emplace(param.name, i).second) wrong(i, "declared twice; rename one");
    }
  }

  void wrong(std::size_t param, std::string what) { mistakes_.push_back({Of::Param, param, std::move(what)}); }

  std::optional<Expression> compile(Of of, std::size_t index, const std::string& text, Expression::Use use) {
    auto expression = Expression::compile(text, data_->params, data_->names, use);
    if (expression) return std::move(*expression);
    mistakes_.push_back({of, index, fmt::format("{}: {}", in_short(trim(text)), expression.error().what)});
    return std::nullopt;
  }

  void compile_each() {
    for (std::size_t i = 0; i < data_->params.size() && !enough(); ++i) {
      const Param& param = data_->params[i];
      if (!param.when.empty()) data_->nodes[i].when = compile(Of::Param, i, param.when, Expression::Use::Truth);
      if (const auto* derived = std::get_if<Derived>(&param.domain)) {
        data_->nodes[i].derived = compile(Of::Param, i, derived->expression, Expression::Use::Value);
      }
    }
  }

  std::vector<std::size_t> needs(std::size_t param) const {
    std::vector<std::size_t> needed;
    for (const auto* expression : {&data_->nodes[param].when, &data_->nodes[param].derived}) {
      if (*expression) needed.insert(needed.end(), (*expression)->mentions().begin(), (*expression)->mentions().end());
    }
    return needed;
  }

  /// Depth first, in the order of declaration; an edge back into the open path is a cycle, and ends that search.
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
          wrong(param, fmt::format("depends on itself ({}); break the circle", fmt::join(names, " -> ")));
          for (const Visit& v : path) marks[v.param] = Mark::Done;
          path.clear();
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
  std::set<std::size_t> vague_;
  std::vector<SpaceMistake> mistakes_;
};

}  // namespace

std::vector<SpaceMistake> space_mistakes(std::vector<Param> params, std::vector<std::string> constraints,
                                         const std::set<std::size_t>& vague) {
  return Maker(std::move(params), std::move(constraints), vague).check();
}

Result<Space> Space::make(std::vector<Param> params, std::vector<std::string> constraints) {
  Maker maker(std::move(params), std::move(constraints));
  std::vector<std::string> lines;
  for (const SpaceMistake& mistake : maker.check()) lines.push_back(maker.text(mistake));
  if (!lines.empty()) return invalid(fmt::format("{}", fmt::join(lines, "\n")));
  Space space;
  space.data_ = maker.make();
  return space;
}

}  // namespace hone
