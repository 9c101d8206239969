// The keeper: a process of its own that starts and watches the runs of a study, so that neither they nor what they
// report is lost when Hone is killed. It is told what to do over a socket in the study's folder (channel.h) and records
// what happened in its spool (spool.h), which Hone reads. It decides nothing but the end of a run's process tree, grace
// and the limits of silence and, as a backstop, of time.
#pragma once

#include "exec/fd.h"

namespace hone {

struct KeeperPlace {
  int study = -1;     // descriptor of the study's folder
  int keeper = -1;    // of STUDY/keeper
  int listener = -1;  // of the bound socket
  int spool = 1;      // number of the first file to write
};

/// Becomes the keeper; call it in a fresh child of a process with one thread. Closes every other descriptor, leads a
/// new session, adopts orphans. Returns the exit status, for _exit(): after Bye, SIGTERM or the end of a client that it
/// is attached to once all has ended, or when nothing runs and nobody has been connected for a second.
int keeper_main(const KeeperPlace& place);

}  // namespace hone
