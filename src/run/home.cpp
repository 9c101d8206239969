#include "run/home.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "exec/folder.h"
#include "run/warm_start.h"
#include "study/extend.h"
#include "study/study_file.h"

namespace hone {
namespace {

/// A link in its place would lead what is written, and removed later, somewhere else.
Result<void> make_folder(const std::string& path, bool link_allowed = false) {
  struct stat info {};
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno == EEXIST && (link_allowed ? ::stat : ::lstat)(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    return fail(Code::Unavailable, fmt::format("{}: is no folder; choose another --home", path));
  }
  return fail(Code::Unavailable,
              fmt::format("{}: cannot be made: {}; choose another --home", path, std::strerror(errno)));
}

}  // namespace

std::string database_path(const std::string& home) { return home + "/hone.db"; }
std::string study_folder(const std::string& home, const std::string& study) { return home + "/studies/" + study; }
std::string trial_folder(const std::string& home, const std::string& study, TrialId trial) {
  return fmt::format("{}/{}", study_folder(home, study), trial);
}

Result<void> make_home(const std::string& home) { return make_folder(home, true); }

Result<void> make_folders(const std::string& home, const std::string& study) {
  if (auto ok = make_home(home); !ok) return ok;
  for (const std::string& path : {home + "/studies", study_folder(home, study)})
    if (auto ok = make_folder(path); !ok) return ok;
  return mark_folder(study_folder(home, study));
}

Result<void> same_definition(StudySpec given, const StudySpec& stored) {
  keep_open(given, stored);
  settle_algorithms(given);
  const std::string a = study_json(given), b = study_json(stored);
  if (a == b) return {};
  return fail(
      Code::Conflict,
      fmt::format("study {}: exists with a different definition ({} differ); --extend goes on with the new one, "
                  "another --name starts a new study",
                  stored.name, fmt::join(differing_keys(a, b), ", ")));
}

Result<StoredStudy> load_study(const Storage& storage, const StudyRow& row, const std::string& folder) {
  auto spec = read_study_file(row.spec, row.name + ".json");
  if (!spec) return fail(Code::Corrupt, "hone.db: stored definition: " + spec.error().what);
  spec->name = row.name;
  spec->folder = folder;
  auto study = Study::make(std::move(*spec));
  if (!study) return fail(Code::Corrupt, "hone.db: stored definition: " + study.error().what);
  StoredStudy stored{row, std::move(*study)};
  auto read = storage.read(row.id, 0, [&](Seq seq, Event&& event) {
    stored.study.apply(event);
    stored.row.last = seq;
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return stored;
}

namespace {

/// Writes the changed definition into the log and goes on with it.
Result<void> extend(Storage& storage, OpenStudy& open, StudySpec given, Seconds now) {
  const std::string folder = open.study.spec().folder;
  auto spec = extended_spec(open.study.spec(), std::move(given));
  if (!spec) return tl::unexpected(spec.error());
  auto made = Study::make(std::move(*spec));
  if (!made) return tl::unexpected(made.error());
  // With a run that was not seen to end nobody knows how long it ran: that time is not the study's.
  const Event event{open.study.live() > 0 ? open.study.last_time() : std::max(now, open.study.last_time()),
                    Extended{std::make_shared<const StudySpec>(made->spec())}};
  auto last = storage.append(open.row.id, open.row.last, {&event, 1});
  if (!last) return tl::unexpected(last.error());
  open.row.last = *last;
  if (open.study.spec().command != made->spec().command)
    open.remarks.emplace_back(
        "command: has changed; `hone best` shows it with trials of before too, though they ran the old one");
  open.study.apply(event);
  open.extended = true;
  const auto& trials = open.study.trials();
  const auto silent = std::count_if(trials.begin(), trials.end(), [](const Trial& trial) { return trial.silent; });
  if (silent > 0)
    open.remarks.push_back(fmt::format(
        "space: {} of {} trials do not fit it any more: they are kept, but not learnt from", silent, trials.size()));
  return {};
}

Result<OpenStudy> reopen(Storage& storage, const StudyRow& row, StudySpec given, const OpenOptions& options) {
  auto stored = load_study(storage, row, given.folder);
  if (!stored) return tl::unexpected(stored.error());
  OpenStudy open{std::move(stored->row), std::move(stored->study), true};
  // The file's or command line's word if it is another than before, else what `hone set` said.
  const auto before = open.study.spec().parallel;
  open.parallel = given.parallel != before || !open.study.parallel() ? given.parallel : open.study.parallel();
  const auto same = same_definition(given, open.study.spec());
  if (same) return open;
  if (!options.extend) return tl::unexpected(same.error());
  if (auto ok = extend(storage, open, std::move(given), options.now); !ok) return tl::unexpected(ok.error());
  return open;
}

}  // namespace

Result<OpenStudy> open_study(Storage& storage, StudySpec spec, const OpenOptions& options) {
  auto row = storage.find(spec.name);
  if (row) return reopen(storage, *row, std::move(spec), options);
  if (row.error().code != Code::NotFound) return tl::unexpected(row.error());
  if (!spec.seed) spec.seed = options.seed;
  if (auto ok = warm_up(storage, spec, options.home); !ok) return tl::unexpected(ok.error());
  const auto parallel = spec.parallel;
  auto study = Study::make(std::move(spec));
  if (!study) return tl::unexpected(study.error());
  row = storage.create(study->spec().name, study_json(study->spec()), options.now);
  if (!row) return tl::unexpected(row.error());
  return OpenStudy{std::move(*row), std::move(*study), false, false, parallel};
}

}  // namespace hone
