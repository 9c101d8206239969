// Ctrl-C: counted, and seen by whoever waits on a descriptor.
#pragma once

#include "hone/result.h"

namespace hone {

/// From now on SIGINT, SIGTERM and SIGHUP are counted instead of ending the process, and SIGPIPE is ignored: a reader
/// of the progress lines that goes away must not end the study. A SIGHUP that is ignored (nohup) stays so. Once per
/// process.
Result<void> watch_signals();
/// How many have come so far; empties the descriptor.
int signals_seen();
/// Readable when one has come that signals_seen() has not told yet, or there is news of the terminal.
int signal_descriptor();

struct TerminalNews {
  bool resized = false, continued = false;  // continued: after Ctrl-Z; the shell has written meanwhile
};
/// Since the last call.
TerminalNews terminal_news();

}  // namespace hone
