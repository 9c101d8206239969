// A study file: whatever is in it, it is read, or refused in printable lines that each name the file; what was read is
// written in the canonical form, which reads back to itself and makes a study.
#include "base/check.h"
#include "base/text.h"
#include "hone/study.h"
#include "study/field_reader.h"
#include "study/study_file.h"

namespace hone {
namespace {

/// Constraints are searched for a configuration in 20 000 draws: too slow here, and tested by itself.
std::vector<Mistake> check(const Draft& draft) {
  return draft.spec.space.constraints().empty() ? check_study(draft) : std::vector<Mistake>();
}

void judge(const Error& error) {
  HONE_CHECK(error.code == Code::Invalid, "a file can only be invalid");
  HONE_CHECK(printable(error.what, true) == error.what, "a message holds control characters");
  const auto lines = mistakes_in(error.what);
  HONE_CHECK(!lines.empty() && lines.size() <= 101, "no mistake, or too many");
  for (const std::string_view line : lines)
    HONE_CHECK(line.starts_with("f:") || line.starts_with("f: "), "a mistake without its place");
}

}  // namespace
}  // namespace hone

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace hone;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto spec = read_study_file(text, "f", {}, check);
  if (!spec) {
    judge(spec.error());
    return 0;
  }
  const std::string once = study_json(*spec);
  const auto again = read_study_file(once, "f", {}, check);
  HONE_CHECK(again.has_value(), "the canonical form is refused");
  HONE_CHECK(study_json(*again) == once, "the canonical form reads back as another");
  HONE_CHECK(differing_keys(once, once).empty(), "the same is different");
  if (spec->space.constraints().empty()) HONE_CHECK(Study::make(*spec).has_value(), "checked, and no study");
  return 0;
}
