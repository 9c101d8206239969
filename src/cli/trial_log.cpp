#include "cli/trial_log.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::size_t kPiece = 1 << 16;

}  // namespace

void LogText::emit(const Each& each) {
  each(printable(partial_), true);
  partial_.clear();
  begun_ = false;
}

void LogText::feed(std::string_view bytes, const Each& each) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (end > 0) {
      const std::size_t room = kPiece - partial_.size(), part = std::min(end, room);
      partial_.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      returned_ = false;
      if (partial_.size() < kPiece) continue;
      std::size_t cut = partial_.size();  // not within a character
      while (cut > kPiece - 3 && (partial_[cut - 1] & 0xc0) == 0x80) --cut;
      if ((partial_[cut - 1] & 0xc0) == 0xc0) --cut;
      else cut = partial_.size();
      each(printable(std::string_view(partial_).substr(0, cut)), false);
      partial_.erase(0, cut);
      begun_ = true;
      continue;
    }
    const bool empty = partial_.empty() && !begun_;
    if (bytes[0] == '\n' ? !returned_ : !empty) emit(each);
    returned_ = bytes[0] == '\r' && (!empty || returned_);
    bytes.remove_prefix(1);
  }
}

void LogText::finish(const Each& each) {
  if (!partial_.empty() || begun_) emit(each);
}

namespace {

Result<void> read_all(LogReader& reader, LogText& text, const LogText::Each& each) {
  while (true) {
    auto bytes = reader.read();
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->empty()) return {};
    text.feed(*bytes, each);
  }
}

}  // namespace

bool TrialLog::empty() const {
  const auto bytes = LogReader(reader_).read(1);
  return !bytes || bytes->empty();
}

Result<void> TrialLog::read(std::optional<std::int64_t> last, const LogText::Each& each) {
  if (!last) return read_all(reader_, text_, each);
  // Once to count, once to show: a file of any size, in little memory.
  std::int64_t lines = 0;
  LogText counter;
  LogReader counted = reader_;
  const LogText::Each count = [&](const std::string&, bool whole) { lines += whole ? 1 : 0; };
  if (auto ok = read_all(counted, counter, count); !ok) return ok;
  counter.finish(count);
  std::int64_t skip = lines - *last;
  return read_all(reader_, text_, [&](const std::string& line, bool whole) {
    if (skip <= 0) each(line, whole);
    if (whole) --skip;
  });
}

}  // namespace hone
