#include "sim/recorded.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/text.h"
#include "space/value.h"

namespace hone {
namespace {

struct ValuesLess {
  bool operator()(const Config& a, const Config& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), value_less);
  }
};

class Rows {
 public:
  Rows(const CurveTable& table, const Space& space) : table_(table), space_(space) {}

  /// Which column each parameter has.
  Result<void> match() {
    for (const Param& param : space_.params()) {
      const auto found = std::find(table_.columns.begin(), table_.columns.end(), param.name);
      columns_.push_back(found == table_.columns.end()
                             ? std::nullopt
                             : std::optional(static_cast<std::size_t>(found - table_.columns.begin())));
    }
    std::vector<std::string> missing;
    for (const std::size_t param : space_.free())
      if (!columns_[param]) missing.push_back(space_.params()[param].name);
    if (missing.empty()) return {};
    return invalid(fmt::format("space.{}: no column{} of {}, which has {}; leave {} out or --fix {}",
                               fmt::join(missing, ", space."), missing.size() == 1 ? "" : "s", table_.file,
                               printable(fmt::format("{}", fmt::join(table_.columns, ", "))),
                               missing.size() == 1 ? "it" : "them", missing.size() == 1 ? "it" : "them"));
  }

  /// The row's configuration; Invalid says why it is outside.
  Result<Config> config(const std::vector<std::string>& cells) const {
    const auto& params = space_.params();
    Config raw(params.size());
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (!columns_[i]) continue;
      if (const std::string& cell = cells[*columns_[i]]; !cell.empty()) raw[i] = parse_value(cell);
      const auto* constant = std::get_if<Constant>(&params[i].domain);
      if (constant && active(raw[i]) && !same_value(constant->value, raw[i]))
        return invalid(fmt::format("{}: {} is not {}", params[i].name, value_text(raw[i]), constant->text));
    }
    const Config whole = space_.decode(space_.encode(raw));  // says what is active there
    NamedValues named;
    for (const std::size_t param : space_.free())
      if (active(whole[param]) && active(raw[param])) named.emplace_back(params[param].name, raw[param]);
    return space_.check(named);
  }

 private:
  const CurveTable& table_;
  const Space& space_;
  std::vector<std::optional<std::size_t>> columns_;
};

}  // namespace

double Recorded::value(std::size_t row, Resource at) const {
  return values[row * units + std::min(static_cast<std::size_t>(at), units) - 1];
}

Seconds Recorded::cost(std::size_t row, Resource at) const {
  const auto unit = static_cast<std::size_t>(at);
  if (seconds.empty() || unit > units) return 1;
  const double until = seconds[row * units + unit - 1], before = unit > 1 ? seconds[row * units + unit - 2] : 0;
  return std::isnan(until - before) ? 1 : std::max(0.0, until - before);
}

Result<Recorded> recorded_rows(const CurveTable& table, const Space& space) {
  Rows rows(table, space);
  if (auto ok = rows.match(); !ok) return tl::unexpected(ok.error());
  Recorded out;
  out.units = table.units;
  std::set<Config, ValuesLess> seen;
  for (std::size_t row = 0; row < table.configs.size(); ++row) {
    auto config = rows.config(table.configs[row]);
    if (!config) {
      if (out.outside++ == 0)
        out.why_outside =
            fmt::format("row {}: {}", row + 1, config.error().what.substr(0, config.error().what.find('\n')));
      continue;
    }
    if (!seen.insert(*config).second) {
      ++out.repeated;
      continue;
    }
    out.rows.push_back(row);
    out.configs.push_back(std::move(*config));
    const auto take = [&](const std::vector<double>& from, std::vector<double>& into) {
      if (from.empty()) return;
      const auto begin = from.begin() + static_cast<std::ptrdiff_t>(row * table.units);
      into.insert(into.end(), begin, begin + static_cast<std::ptrdiff_t>(table.units));
    };
    take(table.values, out.values);
    take(table.seconds, out.seconds);
  }
  if (out.configs.empty())
    return invalid(
        fmt::format("{}: none of its {} rows is in the space: {}", table.file, table.configs.size(), out.why_outside));
  return out;
}

}  // namespace hone
