// A home folder: hone.db and studies/STUDY/TRIAL/. Opening a study in it for a run, with its lock.
#pragma once

#include <memory>
#include <string>

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

/// What a definition leaves open is taken from the stored one: seed, `auto`. Conflict if they differ otherwise; the text
/// names the keys.
Result<StudySpec> resume_spec(StudySpec given, const StudySpec& stored);

struct OpenStudy {
  StudyRow row;
  Study study;  // rebuilt from its log
  bool resumed = false;
};
/// Creates the study, or rebuilds it from its log. The caller holds the study's lock. `seed` is used if the spec has none.
Result<OpenStudy> open_study(Storage& storage, StudySpec spec, std::uint64_t seed, Seconds now);

}  // namespace hone
