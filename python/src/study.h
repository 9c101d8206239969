// hone.Study and hone.Trial.
#pragma once

#include <memory>
#include <mutex>

#include "run/ask_tell.h"
#include "values.h"

namespace hone::python {

/// A study and the lock that serves threads of Python. The GIL is never held while the lock is waited for, so that a
/// searcher that thinks for long holds up nobody but those who ask the same study.
class Core {
 public:
  Core(AskTell asked, Dictionary dictionary) : asked_(std::move(asked)), dictionary_(std::move(dictionary)) {}

  template <class Verb>
  auto with(Verb verb) {
    nb::gil_scoped_release released;
    std::lock_guard<std::mutex> lock(mutex_);
    return verb(asked_);
  }
  /// REQUIRES: a trial's id. A copy: the study goes on meanwhile.
  template <class Read>
  auto read(TrialId id, Read read) {
    return with([&](AskTell& asked) { return read(asked.study().trials()[static_cast<std::size_t>(id)]); });
  }
  const Dictionary& dictionary() const { return dictionary_; }

 private:
  AskTell asked_;
  Dictionary dictionary_;
  std::mutex mutex_;
};

struct TrialView {
  std::shared_ptr<Core> core;
  TrialId id = 0;
  nb::object config;  // made when it is first asked for
};

void bind_study(nb::module_& module);
void bind_space(nb::module_& module);
void bind_catalogue(nb::module_& module);

}  // namespace hone::python
