// A home folder: hone.db and studies/STUDY/TRIAL/. Opening a study in it for a run, with its lock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hone/storage.h"
#include "hone/study.h"
#include "store/lock.h"

namespace hone {

std::string database_path(const std::string& home);
std::string study_folder(const std::string& home, const std::string& study);
std::string trial_folder(const std::string& home, const std::string& study, TrialId trial);
/// Makes the home (mode 0700) as needed.
Result<void> make_home(const std::string& home);
/// Makes the home and the study's folder (mode 0700) as needed, and puts Hone's marker into the latter (exec/folder.h).
Result<void> make_folders(const std::string& home, const std::string& study);

/// Is `given` the definition of the study `stored`? What it leaves open is taken from there (keep_open in study/extend.h).
/// Conflict if not; the text names the keys.
Result<void> same_definition(StudySpec given, const StudySpec& stored);

/// The definition that a study was created with, and the study, rebuilt from its log as far as `until` lets it (by
/// default all of it). `folder`: where its trials run. Corrupt if the log cannot be understood.
struct StoredStudy {
  StudyRow row;
  Study study;
};
Result<StoredStudy> load_study(const Storage& storage, const StudyRow& row, const std::string& folder);

struct OpenStudy {
  StudyRow row;
  Study study;  // rebuilt from its log
  bool resumed = false, extended = false;
  std::optional<int> parallel;       // as the user last said it
  std::vector<std::string> remarks;  // what to know of an extension, a line each
};
struct OpenOptions {
  std::uint64_t seed = 0;  // if the spec has none
  Seconds now = 0;
  bool extend = false;    // another definition is taken over (study/extend.h)
  std::string home = {};  // where the portfolio is, for warm_start
};
/// Creates the study, or rebuilds it from its log. The caller holds the study's lock.
Result<OpenStudy> open_study(Storage& storage, StudySpec spec, const OpenOptions& options);

}  // namespace hone
