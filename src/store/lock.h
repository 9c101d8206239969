// Who runs a study: one process at a time, known by a lock that dies with it.
#pragma once

#include <string>

#include "hone/result.h"

namespace hone {

/// Holds the lock until it is destroyed or its process ends, however that ends. Programs that are started do not
/// inherit it.
class StudyLock {
 public:
  StudyLock(StudyLock&& other) noexcept;
  StudyLock& operator=(StudyLock&& other) noexcept;
  ~StudyLock();

 private:
  explicit StudyLock(int file) : file_(file) {}
  friend Result<StudyLock> lock_study(const std::string& folder);
  int file_;
};

/// Takes the lock FOLDER/lock; the folder's last name is the study's. Conflict, with who holds it, if it is taken;
/// Unavailable if the file cannot be made. Waits up to 0.2 s, since study_locked() takes it for a moment too.
Result<StudyLock> lock_study(const std::string& folder);

/// Is the study being run now? False also if the lock cannot be looked at.
bool study_locked(const std::string& folder);

}  // namespace hone
