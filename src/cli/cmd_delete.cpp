// hone delete, hone tidy: what is on the disk of a study.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <set>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/view.h"
#include "exec/folder.h"
#include "run/disk.h"
#include "run/home.h"
#include "store/lock.h"
#include "store/sqlite.h"
#include "study/study_file.h"

namespace hone {
namespace {

bool confirmed(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return true;
  fmt::print("{} [y/N] ", question);
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "yes";
}

std::string bytes_text(std::int64_t bytes) {
  const double mib = static_cast<double>(bytes) / (1 << 20);
  return mib < 1024 ? fmt::format("{:.1f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

/// The log first: a study that is half deleted is one that nobody finds, and can be deleted once more.
Result<void> remove_study(const std::string& home, const std::string& study) {
  const std::string folder = study_folder(home, study);
  auto storage = open_sqlite(database_path(home), OpenMode::ReadWrite);
  if (!storage) return tl::unexpected(storage.error());
  struct stat info {};
  const bool there = ::lstat(folder.c_str(), &info) == 0;
  const auto row = (*storage)->find(study);
  if (!row && (row.error().code != Code::NotFound || !there)) return tl::unexpected(row.error());
  std::optional<MarkedFolder> marked;
  std::optional<StudyLock> lock;
  if (there) {
    if (row)  // of a study from before there were marks
      if (auto ok = make_folders(home, study); !ok) return ok;
    auto opened = MarkedFolder::open(folder);
    if (!opened) return tl::unexpected(opened.error());
    marked = std::move(*opened);
    auto locked = lock_study(folder);
    if (!locked) return tl::unexpected(locked.error());
    lock = std::move(*locked);
  }
  if (row) {
    const auto view = load_view(home, study);
    if (view && view->ledger().live() > 0)
      return fail(Code::Conflict,
                  fmt::format("study {0}: has runs that were not seen to end; `hone stop {0}` first", study));
    if (auto ok = (*storage)->remove(row->id); !ok) return ok;
  }
  return marked ? marked->remove_whole() : Result<void>();
}

}  // namespace

int delete_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  bool yes = false;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.flag("--yes", yes, "asks nothing, also on a terminal");
  if (const auto status = parser.parse(words)) return *status;
  if (!is_study_name(study)) return complain({Code::NotFound, fmt::format("no study `{}`", study)});
  if (!yes && !confirmed(fmt::format("delete study {} with its log, outputs and checkpoints?", study))) return kDone;
  if (auto ok = remove_study(parser.home(), study); !ok) return complain(ok.error());
  fmt::print("study {} is deleted\n", study);
  return kDone;
}

int tidy_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  std::optional<std::int64_t> keep;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.whole("--keep", keep, "of how many of the best trials the checkpoints stay (default: 5)");
  if (const auto status = parser.parse(words)) return *status;
  const auto view = load_view(parser.home(), study);
  if (!view) return complain(view.error());
  const auto ranked = view->ranked();
  std::set<TrialId> kept(ranked.begin(),
                         ranked.begin() + std::min<std::ptrdiff_t>(std::ssize(ranked), keep.value_or(5)));
  const std::string folder = study_folder(parser.home(), study);
  auto marked = MarkedFolder::open(folder);
  if (!marked) return complain(marked.error());
  std::int64_t bytes = 0;
  std::size_t count = 0;
  for (const Trial& trial : view->ledger().trials()) {
    const bool over = trial.phase == Phase::Completed || trial.phase == Phase::Stopped || trial.phase == Phase::Failed;
    if (!over || trial.live || kept.contains(trial.id)) continue;
    const std::int64_t before = bytes;
    for (int run = 1; run <= view->spec().repeat; ++run) {
      const std::string files =
          run == 1 ? fmt::format("{}/files", trial.id) : fmt::format("{}/run-{}/files", trial.id, run);
      const std::int64_t size = folder_bytes(folder + "/" + files);
      if (::access((folder + "/" + files).c_str(), F_OK) != 0) continue;
      if (auto ok = marked->remove(files); !ok) return complain(ok.error());
      for (int attempt = 1; attempt <= trial.attempt; ++attempt)
        if (auto ok = marked->remove(fmt::format("{}.before-{}", files, attempt)); !ok) return complain(ok.error());
      const std::string base = files.substr(0, files.size() - std::string("files").size());
      for (const Leg& leg : trial.legs)  // kept for children, see run/checkpoints.h
        if (leg.reports > 0)
          if (auto ok = marked->remove(fmt::format("{}at-{}", base, trial.reports[leg.reports - 1].at)); !ok)
            return complain(ok.error());
      bytes += size;
    }
    count += bytes > before;
  }
  fmt::print("removed the checkpoints of {} ({}); those of the best {} stay, and of trials that may go on\n",
             counted(count, "trial"), bytes_text(bytes), kept.size());
  return kDone;
}

}  // namespace hone
