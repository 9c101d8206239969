// nearest_name() of hone/registry.h; it lives here because the space is the lowest layer that needs it.
#include <algorithm>
#include <cctype>
#include <numeric>

#include "hone/registry.h"

namespace hone {
namespace {

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`; case counts as nothing.
/// Optimal string alignment distance, three rolling rows.
std::size_t edits(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 100;  // longer ones are no typing mistakes, and would be slow
  std::string best;
  std::size_t fewest = 0;
  constexpr std::size_t kMost = 500;  // hundreds of mistakes among thousands of names would take minutes
  if (word.empty() || word.size() > kLongest || candidates.size() > kMost) return best;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest) continue;
    // A third of the letters, and at least one of them must stay.
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t most = std::max<std::size_t>(1, longer / 3);
    if (longer - std::min(word.size(), candidate.size()) > most) continue;
    const std::size_t count = edits(word, candidate);
    if (count > most || count >= std::max(word.size(), candidate.size())) continue;
    if (best.empty() || count < fewest) {
      best = candidate;
      fewest = count;
    }
  }
  return best;
}

}  // namespace hone
