#include "hone/trial.h"

#include <fmt/format.h>

namespace hone {

const char* name(Phase phase) {
  switch (phase) {
    case Phase::Running:
      return "running";
    case Phase::Waiting:
      return "waiting";
    case Phase::Paused:
      return "paused";
    case Phase::Stopped:
      return "stopped";
    case Phase::Completed:
      return "completed";
    case Phase::Failed:
      return "failed";
  }
  return "?";
}

std::string cause_text(Cause cause, int code) {
  switch (cause) {
    case Cause::None:
      return "";
    case Cause::Exit:
      return fmt::format("exit {}", code);
    case Cause::Signal:
      return fmt::format("signal {}", code);
    case Cause::Oom:
      return "oom";
    case Cause::Timeout:
      return "timeout";
    case Cause::Silent:
      return "silent";
    case Cause::NoMetric:
      return "no metric";
    case Cause::NotFinite:
      return "not finite";
    case Cause::Infeasible:
      return "infeasible";
    case Cause::Lost:
      return "lost";
  }
  return "?";
}

}  // namespace hone
