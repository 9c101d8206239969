// Reading values out of a study file's tree, and the list of everything that is wrong with it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hone/space.h"
#include "study/yaml.h"

namespace hone {

/// A readable value for messages: one line, at most 60 characters.
std::string shown(const YamlNode& node);
std::string shown(std::string_view text);

/// The line of `field` (`initial[2].metrics`) below `root`, or of the part above it that is there; 0 if it was given on
/// the command line.
int line_of(const YamlNode& root, std::string_view field);

class FieldReader {
 public:
  /// An empty `file`: one that is not the user's own, so its lines mean nothing.
  explicit FieldReader(std::string file) : file_(std::move(file)) {}

  /// "FILE:LINE: field: what", or "--field: what" for a node of the command line. Said twice is said once.
  void wrong(int line, std::string_view field, std::string_view what);
  /// Nothing is said from now on of `field` and what is in it: why it could not be read has been said.
  void excuse(std::string_view field) { excused_.emplace(field); }
  bool clean() const { return mistakes_.empty(); }
  std::size_t count() const { return mistakes_.size(); }
  const std::set<std::string, std::less<>>& broken() const { return broken_; }  // the top keys with mistakes
  /// All mistakes by line, one a line.
  std::string text() const;

  // Each says what is wrong, if anything is, and then returns nothing.
  bool expect_map(const YamlNode& node, std::string_view field, std::string_view example);
  /// Keys other than `known` are mistakes; `elsewhere` says for some what they were probably meant to be.
  void check_keys(const YamlNode& map, std::string_view field, const std::vector<std::string>& known,
                  const std::map<std::string, std::string>& elsewhere = {});
  std::optional<std::string> word(const YamlNode& node, std::string_view field, std::string_view example);
  std::optional<std::int64_t> whole(const YamlNode& node, std::string_view field, std::int64_t lo, std::int64_t hi);
  std::optional<double> number(const YamlNode& node, std::string_view field);
  std::optional<double> duration(const YamlNode& node, std::string_view field, bool zero = false);
  std::optional<std::int64_t> bytes(const YamlNode& node, std::string_view field);
  std::optional<bool> truth(const YamlNode& node, std::string_view field);
  /// A scalar as number or word; null written out (`null`, `~`) is a word.
  std::optional<Value> value(const YamlNode& node, std::string_view field);

 private:
  std::string file_;
  std::vector<std::pair<int, std::string>> mistakes_;
  std::set<std::string, std::less<>> broken_, excused_;
};

bool is_metric_name(std::string_view name);    // val_acc, loss/total, acc@5
bool is_variable_name(std::string_view name);  // of the environment

/// An error of another layer, a line a mistake, as its lines; they point into `what`.
std::vector<std::string_view> mistakes_in(std::string_view what);

}  // namespace hone
