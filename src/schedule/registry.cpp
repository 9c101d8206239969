#include "hone/registry.h"

#include "schedule/rows.h"

namespace hone {

const std::vector<SchedulerRow>& schedulers() {
  static const std::vector<SchedulerRow> rows = {
      asha_row(),      asyncband_row(),  auto_scheduler_row(), bohb_row(),    curve_row(),
      dehb_row(),      hyperband_row(),  median_row(),         none_row(),    pb2_row(),
      pbt_row(),       pbt_replay_row(), percentile_row(),     plateau_row(), sh_row(),
      threshold_row(),
  };
  return rows;
}

const SchedulerRow* find_scheduler(std::string_view name) {
  for (const SchedulerRow& row : schedulers()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

bool pauses(const SchedulerRow& row, const Options& options, bool resumable) {
  const bool stop = options.contains("stop") && option_bool(options, "stop");
  return row.pauses && !stop && (resumable || row.cannot_go_on(options) != SchedulerRow::CannotGoOn::Stops);
}

}  // namespace hone
