// Removing and copying folders that programs of others have written into, without ever leaving them.
//
// Every step is made from the descriptor of a folder that was entered without following a link, so that a path that
// changes meanwhile leads nowhere else. Another file system that is mounted inside, also by a bind mount, is an error
// and not entered. Works only in a folder that holds Hone's marker.
#pragma once

#include <string>

#include "exec/fd.h"
#include "exec/folder_tree.h"
#include "hone/result.h"

namespace hone {

constexpr const char* kMarker = ".hone";

/// Puts the marker into a folder, if it is not there.
Result<void> mark_folder(const std::string& path);

class MarkedFolder {
 public:
  /// Invalid if it is no folder, or a link to one, or has no marker.
  static Result<MarkedFolder> open(const std::string& path);

  /// Paths are relative, below it, and name no `..`; of their folders none may be a link.
  /// Removes whatever is there: a file, a link (not what it points to), a folder with all in it. Nothing is success.
  Result<void> remove(const std::string& path);
  /// Makes `to` a copy of the folder `from`: files with their modes and times, links as links. Devices, FIFOs and
  /// sockets are left out. Conflict if there is something at `to`; after a failure there is nothing. 100 levels at most.
  Result<CopyCount> copy(const std::string& from, const std::string& to);
  /// Gives what is at `from` the name `to`. Conflict if there is something.
  Result<void> rename(const std::string& from, const std::string& to);
  /// Removes all of it, the marker last, and the folder itself.
  Result<void> remove_whole();

 private:
  MarkedFolder(std::string path, Fd parent, Fd folder)
      : path_(std::move(path)), parent_(std::move(parent)), folder_(std::move(folder)) {}
  Result<Fd> enter(const std::string& path, std::string& last) const;

  std::string path_;
  Fd parent_, folder_;
};

}  // namespace hone
