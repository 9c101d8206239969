// What the model of a study's searcher expects of a configuration: for `hone best` and `hone explain --at`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/view.h"
#include "hone/searcher.h"
#include "hone/study.h"

namespace hone {

/// The study with its algorithms, as they are after its whole log.
Result<Study> rebuild(const std::string& home, const StudyView& view);

/// The trial to believe in where it is not the best one, because the objective is noisy (study/incumbent.h).
struct ExpectedBest {
  TrialId trial = 0;
  double mean = 0, deviation = 0;  // of the objective, as the user measures it
};

/// Rebuilds the study with its algorithms. None if the best trial is the one to believe in, if the searcher has no model,
/// or if the study is so long that this would take more than a moment.
std::optional<ExpectedBest> expected_best(const std::string& home, const StudyView& view);

struct BeliefAt {
  Config config;
  Belief belief;
};
/// Each of `at`: "lr=0.1,opt=adam"; what it leaves out is as in the best trial. Invalid if one is no configuration,
/// NotFound if there is no model of this study.
Result<std::vector<BeliefAt>> beliefs_at(const std::string& home, const StudyView& view,
                                         const std::vector<std::string>& at);

Json belief_json(const StudySpec& spec, const BeliefAt& at);
std::string belief_text(const StudySpec& spec, const BeliefAt& at);

}  // namespace hone
