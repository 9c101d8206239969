#include "run/home.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "exec/folder.h"
#include "study/study_file.h"

namespace hone {
namespace {

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Code::Unavailable,
              fmt::format("{}: cannot be made: {}; choose another --home", path, std::strerror(errno)));
}

}  // namespace

std::string database_path(const std::string& home) { return home + "/hone.db"; }
std::string study_folder(const std::string& home, const std::string& study) { return home + "/studies/" + study; }
std::string trial_folder(const std::string& home, const std::string& study, TrialId trial) {
  return fmt::format("{}/{}", study_folder(home, study), trial);
}

Result<void> make_home(const std::string& home) { return make_folder(home); }

Result<void> make_folders(const std::string& home, const std::string& study) {
  for (const std::string& path : {home, home + "/studies", study_folder(home, study)})
    if (auto ok = make_folder(path); !ok) return ok;
  return mark_folder(study_folder(home, study));
}

Result<StudySpec> resume_spec(StudySpec given, const StudySpec& stored) {
  if (!given.seed) given.seed = stored.seed;
  if (given.searcher.name == "auto") given.searcher = stored.searcher;
  if (given.scheduler.name == "auto") given.scheduler = stored.scheduler;
  StudySpec before = stored;  // how many at a time is not what the study is
  before.parallel = given.parallel;
  const std::string a = study_json(given), b = study_json(before);
  if (a == b) return given;
  return fail(Code::Conflict,
              fmt::format("study {}: exists with a different definition ({} differ); use another --name, or the "
                          "old definition to resume it",
                          stored.name, fmt::join(differing_keys(a, b), ", ")));
}

Result<OpenStudy> open_study(Storage& storage, StudySpec spec, std::uint64_t seed, Seconds now) {
  auto row = storage.find(spec.name);
  const bool resumed = row.has_value();
  if (!resumed && row.error().code != Code::NotFound) return tl::unexpected(row.error());
  if (resumed) {
    auto stored = read_study_file(row->spec, spec.name + ".json");
    if (!stored) return fail(Code::Corrupt, "hone.db: stored definition: " + stored.error().what);
    stored->name = spec.name;
    auto merged = resume_spec(std::move(spec), *stored);
    if (!merged) return tl::unexpected(merged.error());
    spec = std::move(*merged);
  } else if (!spec.seed) {
    spec.seed = seed;
  }
  auto study = Study::make(std::move(spec));
  if (!study) return tl::unexpected(study.error());
  if (!resumed) {
    row = storage.create(study->spec().name, study_json(study->spec()), now);
    if (!row) return tl::unexpected(row.error());
  }
  auto read = storage.read(row->id, 0, [&](Seq seq, Event&& event) {
    study->apply(event);
    row->last = seq;
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return OpenStudy{std::move(*row), std::move(*study), resumed};
}

}  // namespace hone
