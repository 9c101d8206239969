// Forms of output that several commands share: JSON values, aligned tables, CSV.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "hone/space.h"
#include "hone/spec.h"
#include "hone/trial.h"
#include "study/value_json.h"

namespace hone {

using Json = nlohmann::ordered_json;

Json metrics_json(const Metrics& metrics);
/// A terminal gets it without control characters, a file or a program as it is.
void write_text(std::FILE* out, std::string_view text);
/// The newest value of a metric: in the place of an older one, else at the end.
void put_metric(Metrics& metrics, const std::string& name, double value);
/// One line; bytes that are not UTF-8 are replaced.
std::string dump(const Json& json);

/// `1 trial`, `2 trials`
template <class Integer>
std::string counted(Integer count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}
/// Six significant digits, for people.
std::string short_number(double value);
/// `lr=0.1 hidden=256`
std::string config_text(const Space& space, const Config& config);

/// Columns are as wide as their widest cell; those of numbers stand at the right.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;  // without control characters

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// A line of RFC 4180, with its end. A spreadsheet takes a cell that begins with = + - @, a tab or a carriage return for
/// a formula: unless it is a number, such a cell gets a leading '.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace hone
