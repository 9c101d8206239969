// Ask and tell (docs/ask-tell.md): a JSON object a line in, one out. The caller's trials are the study's runs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/text_out.h"
#include "hone/storage.h"
#include "hone/study.h"

namespace hone {

class AskTell {
 public:
  /// Stores events before their effect is answered; nothing: the study lives in memory only.
  using Keep = std::function<Result<void>(std::span<const Event>)>;
  AskTell(Study study, std::function<Seconds()> now, Keep keep = {});

  /// The answer to a line, one JSON object without line end. A bad line answers {"error": …} and changes nothing.
  std::string answer(std::string_view line);
  /// Trials that were out when an earlier process ended come back with the next ask.
  void give_up_live();
  /// An event that the study had taken in before it was handed to us: its raw metrics are shown by `best`.
  void remember(const Event& event);
  /// A store that failed: what was answered last may be lost; the conversation has to end.
  const std::optional<Error>& broken() const { return broken_; }

 private:
  Result<Json> ask(const Json& request);
  Result<Json> tell(const Json& request);
  Result<Json> add(const Json& request);
  Json best() const;
  Json trial_json(TrialId id) const;
  Json handed_out(TrialId id, bool resume) const;
  Json move_of(TrialId id) const;
  void put(Event event);
  void put_fact(Fact fact) { put({now_(), std::move(fact)}); }
  bool step(int free_slots, std::vector<TrialId>* started);
  void settle();
  void end_run(TrialId id, Exited exited);

  Study study_;
  std::function<Seconds()> now_;
  Keep keep_;
  std::vector<Event> batch_;
  std::vector<Metrics> metrics_;  // the newest raw ones, by trial
  std::optional<Error> broken_;
};

}  // namespace hone
