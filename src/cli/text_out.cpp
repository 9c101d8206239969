#include "cli/text_out.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace hone {

Json metrics_json(const Metrics& metrics) {
  Json::object_t out;
  out.reserve(metrics.size());
  for (const auto& [name, value] : metrics) out.emplace_back(name, number_json(value));
  return out;
}

void write_text(std::FILE* out, std::string_view text) {
  const std::string safe = ::isatty(::fileno(out)) == 1 ? printable(text, true) : std::string(text);
  std::fwrite(safe.data(), 1, safe.size(), out);
}

void put_metric(Metrics& metrics, const std::string& name, double value) {
  for (auto& [key, old] : metrics)
    if (key == name) {
      old = value;
      return;
    }
  metrics.emplace_back(name, value);
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string short_number(double value) {
  if (!std::isfinite(value)) return number_text(value);
  return fmt::format("{:.6g}", value);
}

std::string config_text(const Space& space, const Config& config) {
  std::string out;
  for (std::size_t i = 0; i < config.size() && i < space.params().size(); ++i) {
    if (std::holds_alternative<std::monostate>(config[i])) continue;
    const auto* real = std::get_if<double>(&config[i]);
    if (!out.empty()) out += ' ';
    out += fmt::format("{}={}", space.params()[i].name, real ? short_number(*real) : space.text(i, config[i]));
  }
  return printable(out);
}

namespace {
/// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}
bool numeric(const std::string& cell) {
  return cell.empty() || cell == "-" || !std::holds_alternative<std::string>(parse_value(cell)) || cell == "nan";
}
}  // namespace

std::string Table::text() const {
  const std::size_t columns = rows_[0].size();
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows_) {
    cells.emplace_back();
    for (const auto& cell : row) cells.back().push_back(printable(cell));
  }
  std::vector<std::size_t> widths(columns, 0);
  std::vector<bool> right(columns, true);
  for (std::size_t r = 0; r < cells.size(); ++r)
    for (std::size_t c = 0; c < columns; ++c) {
      widths[c] = std::max(widths[c], width(cells[r][c]));
      if (r > 0 && !numeric(cells[r][c])) right[c] = false;
    }
  std::string out;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string pad(widths[c] - width(row[c]), ' ');
      line += (c > 0 ? "  " : "") + (right[c] ? pad + row[c] : row[c] + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

namespace {
bool is_formula(const std::string& cell) {
  if (cell.empty() || std::string_view("=+-@\t\r").find(cell[0]) == std::string_view::npos) return false;
  return std::holds_alternative<std::string>(parse_value(cell)) && cell != "-inf";
}
}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    const bool formula = is_formula(cells[i]);
    if (!formula && cells[i].find_first_of(",\"\n\r") == std::string::npos) {
      out += cells[i];
      continue;
    }
    out += formula ? "\"'" : "\"";
    for (const char c : cells[i]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\n";
}

}  // namespace hone
