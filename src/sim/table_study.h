// A study on a recorded table: what is to be simulated.
#pragma once

#include <string>
#include <vector>

#include "hone/result.h"
#include "hone/spec.h"
#include "sim/curve_table.h"
#include "sim/world.h"

namespace hone {

struct TableStudy {
  StudySpec spec;
  Plan plan;                         // the curves are the table's, proposals become rows of it
  std::vector<std::string> remarks;  // rows that are left out
};

/// The table's value is the objective, whatever its name. A study that nothing else ends ends with the rows. `parallel`
/// workers, 1 without it. Invalid, a line a mistake: a parameter that is no column, a fidelity beyond the table, a metric
/// besides the objective, a searcher that asks a program.
Result<TableStudy> study_on_table(StudySpec spec, const CurveTable& table, const Faults& faults = {});

}  // namespace hone
