// The Pareto front of a study with several objectives and the volume that it covers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/view.h"

namespace hone {

struct FrontView {
  std::vector<TrialId> ids;       // by the first objective, best first
  double hypervolume = 0;         // of what the front is better than, up to the reference
  std::vector<double> reference;  // as the metrics are, one per objective
  bool given = false;             // by the user
};

/// `latency_ms=40,val_acc=0.5`. Invalid unless each objective is named once, with a finite number.
Result<std::vector<double>> parse_reference(const StudySpec& spec, std::string_view text);

/// `reference`: empty for the worst of the trials that might stand on the front and a tenth of their range beyond.
/// REQUIRES: several objectives
FrontView front_of(const StudyView& study, const std::vector<double>& reference = {});

/// `0.61 up to val_acc 0.45, latency_ms 44 (a tenth beyond the worst; --reference sets it)`
std::string volume_text(const StudySpec& spec, const FrontView& front);

}  // namespace hone
