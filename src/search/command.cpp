#include <map>
#include <utility>

#include "search/make.h"
#include "space/option_rows.h"

namespace hone {
namespace {

/// Somebody else's searcher: what to try next comes from outside as the event Proposed, so that a study is rebuilt and
/// replayed without asking anybody again. An empty configuration says that there is nothing left.
class Outside final : public Searcher {
 public:
  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    const auto answer = answers_.find(ask.trial);
    if (answer == answers_.end()) return Wait{"waits for the searcher's command", ask};
    if (answer->second.config.empty()) return Exhausted{"the searcher's command has nothing left"};
    return answer->second;
  }

  void hear(TrialId trial, const Proposal& proposal) override { answers_[trial] = proposal; }

  void tell(const Trial& trial, Change change, std::string_view) override {
    if (change == Change::Started) answers_.erase(trial.id);
  }

 private:
  std::map<TrialId, Proposal> answers_;
};

std::unique_ptr<Searcher> make_outside(const SearchInputs&, const Options&) { return std::make_unique<Outside>(); }

}  // namespace

SearcherRow command_row() {
  return {
      .name = "command",
      .doc =
          "somebody else's searcher: a program that is told of every trial and asked for the next, a JSON object "
          "a line (docs/ask-tell.md). For an algorithm of one's own, in any language; `hone run` only",
      .paper = "none: whatever the program does",
      .options = {text("command", "the program, split into words as a shell does: {command: python3 my_searcher.py}")},
      .multi_objective = true,
      .outside = true,
      .make = make_outside};
}

}  // namespace hone
