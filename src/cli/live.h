// The live table of `hone run`: what it shows, and as which lines. No clock, no terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/outlook.h"

namespace hone {

struct LiveTrial {
  TrialId id = 0;
  std::string state;    // running, ending; of one without a process, with the reason: `waiting (lost, again soon)`
  bool on = false;      // it has a process: what follows holds
  Seconds running = 0;  // this attempt
  Resource at = 0, until = 0;
  std::string metrics;  // the last of each
};
struct LiveBest {
  std::string value;   // `trial 12: val_acc 0.91 at epoch 9`
  std::string config;  // `lr=0.1 hidden=256`
  std::vector<double> reports;
};

struct LiveState {
  std::string study, searcher, scheduler;
  std::uint64_t seed = 0;
  bool interrupted = false;

  Seconds elapsed = 0;
  std::optional<Seconds> time;            // stop.time
  std::optional<std::int64_t> trials;     // stop.trials
  std::int64_t started = 0, settled = 0;  // of those; without a run on its way or one to come
  std::optional<Seconds> left;            // expected
  std::string ends;                       // when that is: `14:32`

  Counts states;  // of all trials; those that are not 0
  Counts causes;  // of failed ones, most frequent first
  std::int64_t running = 0, slots = 0;
  std::string bound;  // Executor::bound()
  std::string wait;   // why free slots stay free; empty if they do not

  std::optional<LiveBest> best;
  std::vector<double> history;  // the best so far, after each trial

  std::string unit;             // the fidelity's name; empty without one
  std::vector<LiveTrial> rows;  // running ones and those that wait for another run, as many as could be shown
  std::int64_t more = 0;        // and how many there are besides

  bool unicode = true;
};

/// At most `height` lines of at most `width` cells. What matters least gives way first; each line keeps its place from
/// one moment to the next as far as that can be.
std::vector<std::string> live_lines(const LiveState& state, int width, int height);
/// Rows of trials for which live_lines() could have room.
int live_rows(int height);

}  // namespace hone
