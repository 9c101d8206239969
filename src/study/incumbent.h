// Which trial to believe in when the objective is noisy.
#pragma once

#include <optional>

#include "hone/searcher.h"
#include "study/ledger.h"

namespace hone {

/// Among the feasible, not failed trials at the highest fidelity reached, the one whose expected loss is least, if the
/// searcher's model averages over noise; else, and always with several objectives, Ledger::best().
std::optional<TrialId> incumbent(const Ledger& ledger, const Searcher& searcher);

}  // namespace hone
