#include "sim/curve_table.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "hone/space.h"

namespace hone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using Cells = std::vector<std::string>;

struct Csv {
  Cells head;
  std::vector<Cells> rows;

  std::optional<std::size_t> column(std::string_view name) const {
    const auto found = std::find(head.begin(), head.end(), name);
    if (found == head.end()) return std::nullopt;
    return static_cast<std::size_t>(found - head.begin());
  }
};

Result<Csv> read_csv(const std::string& file, std::string_view text) {
  struct Lines {
    std::vector<Cells> rows;
    Cells row;
  } lines;
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) return fail(Code::Internal, "libcsv cannot be set up");
  const auto cell = [](void* data, std::size_t size, void* into) {
    static_cast<Lines*>(into)->row.emplace_back(static_cast<const char*>(data), size);
  };
  const auto end = [](int, void* into) {
    auto& all = *static_cast<Lines*>(into);
    all.rows.push_back(std::move(all.row));
    all.row.clear();
  };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const bool read = csv_parse(&parser, text.data(), text.size(), cell, end, &lines) == text.size() &&
                    csv_fini(&parser, cell, end, &lines) == 0;
  const std::string why = read ? "" : csv_strerror(csv_error(&parser));
  csv_free(&parser);
  if (!read) return invalid(fmt::format("{}: no CSV: {} after row {}", file, why, lines.rows.size()));
  if (lines.rows.size() < 2)
    return invalid(fmt::format("{}: a table has a line of names and at least one row; it has {}", file,
                               lines.rows.empty() ? "nothing" : "one line"));
  Csv csv{std::move(lines.rows.front()), {lines.rows.begin() + 1, lines.rows.end()}};
  for (std::size_t i = 0; i < csv.head.size(); ++i)
    if (csv.column(csv.head[i]) != i)
      return invalid(fmt::format("{}: two columns are named {}; rename one", file, printable(csv.head[i])));
  for (std::size_t i = 0; i < csv.rows.size(); ++i)
    if (csv.rows[i].size() != csv.head.size())
      return invalid(
          fmt::format("{}: row {} has {} cells instead of {}", file, i + 1, csv.rows[i].size(), csv.head.size()));
  return csv;
}

/// NaN where nothing was measured.
std::optional<double> number(const std::string& cell) {
  if (cell.empty()) return kNone;
  const Value value = parse_value(cell);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return std::isfinite(*real) ? *real : kNone;
  std::string word;
  for (const char c : cell) word += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (word == "nan" || word == "inf" || word == "-inf" || word == "+inf") return kNone;
  return std::nullopt;
}

/// v0, e1, a136: `letters` and a number.
bool is_numbered(std::string_view name, std::string_view letters) {
  return name.size() > letters.size() && name.starts_with(letters) &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(letters.size()), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

/// Which column is what.
struct Roles {
  std::vector<std::size_t> values, seconds, runs, configs;
};

Result<Roles> roles_of(const std::string& file, const Csv& csv) {
  Roles roles;
  std::string letter, metric;
  for (std::size_t i = 0; i < csv.head.size(); ++i) {
    const std::string& name = csv.head[i];
    const std::size_t at = name.find('@');
    const bool unit = is_numbered(name, "v") || is_numbered(name, "e") || is_numbered(name, "a");
    const std::string group = at != std::string::npos ? name.substr(0, at) : unit ? name.substr(0, 1) : "";
    if (group.ends_with("seconds")) {
      roles.seconds.push_back(i);
    } else if (!group.empty()) {
      if (!metric.empty() && metric != group)
        return invalid(fmt::format("{}: columns of {} and of {}; leave the values of one metric", file,
                                   printable(metric), printable(group)));
      metric = group;
      roles.values.push_back(i);
    } else if (is_numbered(name, "seed") && csv.column("index")) {
      roles.runs.push_back(i);
    } else if (name != "config" && name != "index" && name != "stat") {
      roles.configs.push_back(i);
    }
  }
  if (roles.values.empty() && roles.runs.empty())
    return invalid(fmt::format("{}: no value columns; they are v0, v1 … or e1, e2 … or a0, a1 … or METRIC@SIZE", file));
  if (!roles.seconds.empty() && roles.seconds.size() != roles.values.size())
    return invalid(fmt::format("{}: {} columns of seconds for {} of values; give one for each", file,
                               roles.seconds.size(), roles.values.size()));
  return roles;
}

class Reader {
 public:
  explicit Reader(const CurveFiles& files) : files_(files) {}

  Result<CurveTable> read() {
    auto csv = read_csv(files_.file, files_.text);
    if (!csv) return tl::unexpected(csv.error());
    csv_ = std::move(*csv);
    auto roles = roles_of(files_.file, csv_);
    if (!roles) return tl::unexpected(roles.error());
    roles_ = std::move(*roles);
    if (const auto stat = csv_.column("stat"))
      std::erase_if(csv_.rows, [&](const Cells& row) { return row[*stat] != "mean"; });
    if (csv_.rows.empty()) return invalid(files_.file + ": no row has the stat `mean`");
    table_.file = files_.file;
    table_.units = std::max<std::size_t>(roles_.values.size(), 1);
    if (auto ok = values(); !ok) return tl::unexpected(ok.error());
    if (auto ok = configs(); !ok) return tl::unexpected(ok.error());
    if (auto ok = seconds(); !ok) return tl::unexpected(ok.error());
    return std::move(table_);
  }

 private:
  Result<void> no_number(const std::string& file, std::size_t row, const std::string& column, const std::string& cell) {
    return invalid(fmt::format("{}: row {}, {}: {} is no number; leave it empty if nothing was measured", file, row + 1,
                               printable(column), printable(cell.substr(0, 40))));
  }

  Result<void> numbers(const std::string& file, const Csv& csv, const std::vector<std::size_t>& columns,
                       std::vector<double>& into) {
    for (std::size_t i = 0; i < csv.rows.size(); ++i)
      for (const std::size_t column : columns) {
        const auto value = number(csv.rows[i][column]);
        if (!value) return no_number(file, i, csv.head[column], csv.rows[i][column]);
        into.push_back(*value);
      }
    return {};
  }

  Result<void> values() {
    if (!roles_.values.empty()) return numbers(files_.file, csv_, roles_.values, table_.values);
    std::vector<double> runs;
    if (auto ok = numbers(files_.file, csv_, roles_.runs, runs); !ok) return ok;
    for (std::size_t i = 0; i < runs.size(); i += roles_.runs.size()) {  // the mean of those that were measured
      double sum = 0, count = 0;
      for (std::size_t k = i; k < i + roles_.runs.size(); ++k)
        if (!std::isnan(runs[k])) sum += runs[k], ++count;
      table_.values.push_back(count > 0 ? sum / count : kNone);
    }
    return {};
  }

  Result<void> configs() {
    if (csv_.column("index")) return digits();
    if (!roles_.configs.empty()) {
      for (const std::size_t column : roles_.configs) table_.columns.push_back(csv_.head[column]);
      for (const Cells& row : csv_.rows) {
        Cells& cells = table_.configs.emplace_back();
        for (const std::size_t column : roles_.configs) cells.push_back(row[column]);
      }
      return {};
    }
    if (!files_.configs)
      return invalid(fmt::format("{}: no columns of configurations, and no configs.csv beside it", files_.file));
    auto beside = read_csv("configs.csv", *files_.configs);
    if (!beside) return tl::unexpected(beside.error());
    const auto rows = joined("configs.csv", *beside);
    if (!rows) return tl::unexpected(rows.error());
    const std::size_t key = *beside->column("config");
    table_.columns = beside->head;
    table_.columns.erase(table_.columns.begin() + static_cast<std::ptrdiff_t>(key));
    for (const std::size_t row : *rows) {
      table_.configs.push_back(beside->rows[row]);
      table_.configs.back().erase(table_.configs.back().begin() + static_cast<std::ptrdiff_t>(key));
    }
    return {};
  }

  /// For each row of the table the one of `other` with the same number in `config`.
  Result<std::vector<std::size_t>> joined(const std::string& file, const Csv& other) {
    const auto here = csv_.column("config"), there = other.column("config");
    if (!here || !there)
      return invalid(fmt::format("{}: no column `config`, which says what row of {} belongs to it",
                                 here ? file : files_.file, here ? files_.file : file));
    std::map<std::string, std::size_t> found;
    for (std::size_t i = 0; i < other.rows.size(); ++i) found.emplace(other.rows[i][*there], i);
    std::vector<std::size_t> rows;
    for (const Cells& row : csv_.rows) {
      const auto at = found.find(row[*here]);
      if (at == found.end())
        return invalid(fmt::format("{}: no config {}, which is in {}", file, printable(row[*here]), files_.file));
      rows.push_back(at->second);
    }
    return rows;
  }

  /// `index`: one digit a parameter, the option that it has.
  Result<void> digits() {
    if (!files_.space)
      return invalid(fmt::format("{}: the column `index` needs a file BENCH.space.json beside it", files_.file));
    const auto json = nlohmann::ordered_json::parse(*files_.space, nullptr, false);
    const auto space = json.is_object() ? json.find("search_space_in_index_order") : json.end();
    if (!json.is_object() || space == json.end() || !space->is_object())
      return invalid(files_.file + ": the space.json beside it has no map `search_space_in_index_order`");
    std::vector<Cells> options;
    for (const auto& [name, list] : space->items()) {
      table_.columns.push_back(name);
      Cells& cells = options.emplace_back();
      for (const auto& option : list) cells.push_back(option.is_string() ? option.get<std::string>() : option.dump());
    }
    const std::size_t index = *csv_.column("index");
    for (std::size_t i = 0; i < csv_.rows.size(); ++i) {
      const std::string& text = csv_.rows[i][index];
      Cells& cells = table_.configs.emplace_back();
      for (std::size_t k = 0; k < text.size() && text.size() == options.size(); ++k)
        if (const auto digit = static_cast<std::size_t>(text[k] - '0'); digit < options[k].size())
          cells.push_back(options[k][digit]);
      if (cells.size() != options.size())
        return invalid(fmt::format("{}: row {}: index {} is not one digit for each of the {} parameters", files_.file,
                                   i + 1, printable(text), options.size()));
    }
    return {};
  }

  Result<void> seconds() {
    if (!roles_.seconds.empty()) return numbers(files_.file, csv_, roles_.seconds, table_.seconds);
    if (!files_.seconds) return {};
    const std::string file = "the seconds beside " + files_.file;
    auto beside = read_csv(file, *files_.seconds);
    if (!beside) return tl::unexpected(beside.error());
    const auto rows = joined(file, *beside);
    if (!rows) return tl::unexpected(rows.error());
    std::vector<std::size_t> columns;
    for (const std::size_t column : roles_.values) {
      const auto found = beside->column(csv_.head[column]);
      if (!found) return invalid(fmt::format("{}: no column {}", file, printable(csv_.head[column])));
      columns.push_back(*found);
    }
    Csv ordered{beside->head, {}};
    for (const std::size_t row : *rows) ordered.rows.push_back(beside->rows[row]);
    return numbers(file, ordered, columns, table_.seconds);
  }

  const CurveFiles& files_;
  Csv csv_;
  Roles roles_;
  CurveTable table_;
};

}  // namespace

Result<CurveTable> read_curve_table(const CurveFiles& files) { return Reader(files).read(); }

}  // namespace hone
