#include "study/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxEntries = 10000;  // of one map

constexpr std::size_t kMaxMistakes = 50;  // after which reading ends

/// Builds the tree from the parser's events; after the first `error` it ignores the rest. Of a mistake, in contrast, the
/// tree keeps what can be kept: a node without its anchor or tag, an empty node for an alias, the first of equal keys.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view source) : source_(source) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    mistake(mark, fmt::format("anchor &{} is not supported; write the value out", printable(name)));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    mistake(mark, "aliases (*name) are not supported; write the value out");
    if (error) return;
    mistakes.back().unread = true;
    if (key_next()) frames_.back().dropped = "*", frames_.back().key_next = false;
    else put(made(YamlNode::Kind::Null, mark));
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node = made(YamlNode::Kind::Null, mark);
    const std::size_t at = mark.pos < 0 ? source_.size() : static_cast<std::size_t>(mark.pos);
    for (const std::string_view word : {"null", "Null", "NULL", "~"})
      if (at <= source_.size() && source_.substr(at, word.size()) == word) node.text = word;
    leaf(std::move(node), mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    check_tag(mark, tag);
    YamlNode node = made(YamlNode::Kind::Scalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    leaf(std::move(node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::List, mark, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::Map, mark, tag);
  }
  void OnMapEnd() override { close(); }

  std::optional<YamlError> error;
  std::vector<YamlError> mistakes;
  YamlNode root;

 private:
  struct Frame {
    YamlNode node;
    bool key_next = true;                // in a map
    std::optional<std::string> dropped;  // the key of the next value, if that is not kept
  };

  static YamlNode made(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }
  void refuse(const YAML::Mark& mark, std::string what) {
    if (!error) error = YamlError{mark.line + 1, std::move(what)};
  }
  void mistake(const YAML::Mark& mark, std::string what, std::string_view key = {}) {
    if (error) return;
    mistakes.push_back({mark.line + 1, std::move(what), field(key)});
    if (mistakes.size() >= kMaxMistakes)
      refuse(mark, "too many anchors, aliases, tags and keys given twice; correct these first");
  }
  bool key_next() const { return !frames_.empty() && frames_.back().node.is_map() && frames_.back().key_next; }
  /// `space.lr`, `initial[2].x`: of the node that comes next, or of `key` in the map.
  std::string field(std::string_view key) const {
    constexpr std::size_t most = 200;
    std::string out;
    for (const Frame& frame : frames_) {
      const bool last = &frame == &frames_.back();
      if (frame.node.is_list()) {
        out += fmt::format("[{}]", frame.node.items.size());
        continue;
      }
      const std::string_view name = frame.key_next  ? last ? key : ""
                                    : frame.dropped ? std::string_view(*frame.dropped)
                                                    : std::string_view(frame.node.entries.back().key);
      out += fmt::format("{}{}", out.empty() || name.empty() ? "" : ".", name);
    }
    return out.substr(0, most);
  }
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    mistake(mark, fmt::format("tag {} is not supported; leave it out", printable(tag)));
  }
  void leaf(YamlNode node, const YAML::Mark& mark) {
    if (error) return;
    if (key_next()) {
      Frame& frame = frames_.back();
      if (frame.node.entries.size() >= kMaxEntries) return refuse(mark, fmt::format("more than {} keys", kMaxEntries));
      if (const YamlNode* before = frame.node.find(node.text); before != nullptr) {
        mistake(mark, fmt::format("given twice, first in line {}; remove one", before->line), node.text);
        frame.dropped = node.text, frame.key_next = false;
        return;
      }
      frame.node.entries.push_back({node.text, node.line, {}});
      frame.node.entries.back().value.line = node.line;
      frame.key_next = false;
      return;
    }
    put(std::move(node));
  }
  void put(YamlNode node) {
    if (frames_.empty()) {
      root = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else {
      if (!frame.dropped) frame.node.entries.back().value = std::move(node);
      frame.key_next = true, frame.dropped.reset();
    }
  }
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    check_tag(mark, tag);
    if (key_next()) refuse(mark, "a key must be a word; quote text that begins with a bracket");
    if (frames_.size() >= kMaxDepth) refuse(mark, fmt::format("more than {} levels deep; write it flatter", kMaxDepth));
    if (!error) frames_.push_back({made(kind, mark), true});
  }
  void close() {
    if (error) return;
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    put(std::move(node));
  }

  std::string_view source_;
  std::vector<Frame> frames_;
};

/// Length of the UTF-8 sequence of several bytes at `at`; 0 if it is none (overlong, a surrogate, beyond U+10FFFF).
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(at), second = byte(at + 1);
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte(at + k) & 0xc0) != 0x80) return 0;
  return length;
}

/// With its field in the text.
YamlError alone(YamlError error) {
  if (!error.field.empty()) error.what = fmt::format("{}: {}", printable(error.field), error.what);
  return error;
}

/// The first line that is no text, and why.
std::optional<YamlError> no_text(std::string_view text) {
  int line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n') ++line;
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')
      return YamlError{line, fmt::format("holds the control character 0x{:02x}; remove it", byte)};
    const std::size_t length = byte < 0x80 ? 1 : sequence(text, i);
    if (length == 0) return YamlError{line, "is not UTF-8 text; save it as UTF-8"};
    i += length;
  }
  return std::nullopt;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

YamlNode& YamlNode::at(std::string_view key) {
  for (auto& entry : entries)
    if (entry.key == key) return entry.value;
  entries.push_back({std::string(key), 0, {}});
  return entries.back().value;
}

tl::expected<YamlNode, YamlError> read_yaml(std::string_view text, std::vector<YamlError>* mistakes) {
  const auto refuse = [](int line, std::string what) {
    return tl::unexpected<YamlError>(YamlError{line, std::move(what)});
  };
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  if (text.size() > kMaxBytes) return refuse(1, fmt::format("{} bytes; a study file has at most 1 MiB", text.size()));
  if (auto error = no_text(text)) return tl::unexpected<YamlError>(std::move(*error));
  Builder builder(text);
  /// What ended the reading, unless the caller takes no mistakes and there was one before.
  const auto ended = [&](YamlError error) {
    if (mistakes) *mistakes = std::move(builder.mistakes);
    else if (!builder.mistakes.empty()) error = alone(std::move(builder.mistakes.front()));
    return tl::unexpected<YamlError>(std::move(error));
  };
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    const bool any = parser.HandleNextDocument(builder);
    if (builder.error) return ended(*builder.error);
    if (!any) return refuse(1, "is empty");
    Builder rest(text);
    if (parser.HandleNextDocument(rest))
      return ended({rest.root.line, "a second document begins here; one study a file"});
  } catch (const YAML::Exception& e) {
    if (builder.error) return ended(*builder.error);
    return ended({e.mark.line + 1, fmt::format("{}; quote text that holds any of : , [ ] {{ }} # & * ! | > ' \" % @ `",
                                               printable(e.msg))});
  } catch (const std::exception& e) {
    return ended({1, fmt::format("cannot be read as YAML: {}", printable(e.what()))});
  }
  if (!mistakes && !builder.mistakes.empty()) return ended({});
  if (mistakes) *mistakes = std::move(builder.mistakes);
  return std::move(builder.root);
}

YamlNode yaml_word(std::string_view text) {
  YamlNode node;
  node.kind = YamlNode::Kind::Scalar;
  node.text = text;
  return node;
}

namespace {
void forget_lines(YamlNode& node) {
  node.line = 0;
  for (auto& item : node.items) forget_lines(item);
  for (auto& entry : node.entries) entry.line = 0, forget_lines(entry.value);
}
}  // namespace

tl::expected<YamlNode, YamlError> read_yaml_option(std::string_view text) {
  if (text.empty() || (text.front() != '[' && text.front() != '{')) {
    if (auto error = no_text(text)) return tl::unexpected<YamlError>(YamlError{0, std::move(error->what)});
    return yaml_word(text);
  }
  auto node = read_yaml(text);
  if (node) forget_lines(*node);
  else node.error().line = 0;
  return node;
}

}  // namespace hone
