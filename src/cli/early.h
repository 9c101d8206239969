// How much early results say: for `hone explain STUDY`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/view.h"

namespace hone {

/// A rung below the top, and the next.
struct EarlyRung {
  Resource at = 0, next = 0;
  std::optional<double> correlation;  // of the orders of trials there (schedule/foretell.h)
  std::int64_t trials = 0;            // with a result at both
  std::string passed;                 // why the scheduler passes over it at present; empty: it does not
};
struct EarlyResults {
  bool own = true;  // the rungs of the study's scheduler, all its brackets together; else those that asha would have
  bool slot_for_each = false;  // why it has none of its own
  std::vector<EarlyRung> rungs;
};
/// The study is rebuilt if its scheduler judges its rungs, to see what it passes over after the whole log. None without a
/// fidelity.
EarlyResults early_results(const std::string& home, const StudyView& view);

Json early_json(const EarlyResults& early);
/// Empty if nothing can be said yet.
std::string early_text(const StudySpec& spec, const EarlyResults& early);

}  // namespace hone
