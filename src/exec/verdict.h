// What the end of a run means: from its status, what we did to it and the last that it said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hone/event.h"

namespace hone {

struct RunEnd {
  int status = 0;              // as of waitpid()
  bool signalled = false;      // we asked it to end, or killed it
  Cause cause = Cause::None;   // the limit for which we did
  std::string why;             // in words, where there is more to say
  bool memory_killed = false;  // the kernel killed something for want of memory meanwhile
  std::string_view out, err;   // the last that it printed
  std::string hint = {};       // what may be wrong with its output: said first
};

/// Fills in cause, code, outside and detail. A run that ended with status 0 never ran out of memory.
void judge(const RunEnd& end, Exited& exited);

/// Does a program that failed say at its end that it had too little memory, of a GPU or of the machine?
bool says_out_of_memory(std::string_view out, std::string_view err);

/// The counter of processes that the kernel has killed for want of memory, of /proc/vmstat; 0 if it does not say.
std::int64_t memory_kills(std::string_view vmstat);

}  // namespace hone
