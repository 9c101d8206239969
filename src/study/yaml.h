// YAML (and so JSON) as a tree of plain text: no types are guessed, every node knows its line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hone/result.h"

namespace hone {

struct YamlEntry;

struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  std::string text;                // Scalar: as written, without quotes; Null: `null`, `~` or empty, as written
  bool quoted = false;             // Scalar: in quotes, or a block
  int line = 0;                    // from 1; 0: not from the file but from the command line
  std::vector<YamlNode> items;     // List
  std::vector<YamlEntry> entries;  // Map, in the order of the file, keys distinct

  bool is_map() const { return kind == Kind::Map; }
  bool is_list() const { return kind == Kind::List; }
  bool is_scalar() const { return kind == Kind::Scalar; }
  const YamlNode* find(std::string_view key) const;
  /// The value of `key`, made at the end if there is none.
  YamlNode& at(std::string_view key);
};
struct YamlEntry {
  std::string key;
  int line = 0;
  YamlNode value;
};

struct YamlError {
  int line = 0;
  std::string what;
  std::string field;    // of a mistake: `space.lr`, `initial[2].x`; else empty
  bool unread = false;  // of a mistake: the node is empty though something is written there (an alias)
};

/// One document of at most 1 MiB, 32 levels deep, in UTF-8. Refused: keys that are not words, a second document.
/// Mistakes, too, are anchors and aliases, tags and duplicate keys: with `mistakes` they are added there and reading
/// goes on as if the file had an empty node for the alias, none of the anchors and tags and the first of the keys (up to
/// 50 of them); without it the first is the error. Nothing an alias names is ever copied.
tl::expected<YamlNode, YamlError> read_yaml(std::string_view text, std::vector<YamlError>* mistakes = nullptr);

/// A node that was written on the command line: a list or a map if it begins with a bracket, else a word.
tl::expected<YamlNode, YamlError> read_yaml_option(std::string_view text);
YamlNode yaml_word(std::string_view text);

}  // namespace hone
