// Somebody else's searcher: a program that is told of every trial and asked for the next, a JSON object a line each way
// (docs/ask-tell.md, "A searcher of your own").
#pragma once

#include <sys/types.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "exec/command.h"
#include "exec/fd.h"
#include "hone/study.h"

namespace hone {

class OutsideSearcher {
 public:
  struct Program {
    std::string command;  // split into words as a shell does
    std::string folder;   // where it runs
    std::string log;      // file for what it writes to standard error
    Environment env;
    Seconds patience = 600;  // for one answer
  };
  explicit OutsideSearcher(Program program);
  ~OutsideSearcher();
  OutsideSearcher(const OutsideSearcher&) = delete;
  OutsideSearcher& operator=(const OutsideSearcher&) = delete;

  /// Readable when pump() has something to do.
  int descriptor() const { return epoll_.get(); }
  /// Hands on what goes in and takes what has come out; never waits. To be called after each wait on descriptor().
  void pump();

  /// Tells it what it has not heard of `study`, and asks; nothing while its answer is awaited: the same call again, when
  /// descriptor() has been readable, takes it up. One question at a time. If the trial that it was asked for began in
  /// another way meanwhile, the answer is dropped and `ask` is the next question. The program is started at the first
  /// question, and again with the whole history when a study is taken up. Unavailable if it cannot be started, ends, is
  /// silent for too long, or answers what cannot be understood or lies outside the space.
  Result<std::optional<Proposed>> propose(const Study& study, const Ask& ask);

 private:
  struct Heard {
    std::size_t reports = 0;
    bool ended = false;
  };
  Result<void> start(const Study& study);
  void catch_up(const Study& study);
  void push(std::string line);
  void begin();
  void send();
  void receive();
  bool take_answer();
  Result<Proposed> read_answer(const Study& study, TrialId trial) const;
  Error broken(const std::string& what) const;

  Program program_;
  pid_t pid_ = 0;
  Fd epoll_, in_, out_;            // in_, out_: its standard input and output
  std::deque<std::string> lines_;  // that it has not answered; only the first is on its way
  std::size_t sent_ = 0;           // bytes of that one
  Seconds since_ = 0;              // when that one was begun
  std::string buffer_, answer_;    // read, but not yet a line; the last line
  bool hung_up_ = false;
  std::optional<Error> broken_;
  std::optional<TrialId> asked_;  // the trial that the last of the lines asks for
  std::vector<Heard> heard_;
  std::size_t open_ = 0;  // every trial before it has ended and been told
};

}  // namespace hone
