// Somebody else's searcher: a program that is told of every trial and asked for the next, a JSON object a line each way
// (docs/ask-tell.md, "A searcher of your own").
#pragma once

#include <sys/types.h>

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
  explicit OutsideSearcher(Program program) : program_(std::move(program)) {}
  ~OutsideSearcher();
  OutsideSearcher(const OutsideSearcher&) = delete;
  OutsideSearcher& operator=(const OutsideSearcher&) = delete;

  /// Tells it what it has not heard of `study`, and asks. The program is started at the first question, and again with
  /// the whole history when a study is taken up. Unavailable if it cannot be started, ends, is silent for too long, or
  /// answers what cannot be understood or lies outside the space.
  Result<Proposed> propose(const Study& study, const Ask& ask);

 private:
  struct Heard {
    std::size_t reports = 0;
    bool ended = false;
  };
  Result<void> start(const Study& study);
  Result<void> catch_up(const Study& study);
  Result<std::string> exchange(const std::string& line);  // one line there, one line back
  Result<void> write(const std::string& line);
  Result<std::string> read();
  Error broken(const std::string& what);

  Program program_;
  pid_t pid_ = 0;
  Fd in_, out_;         // its standard input and output
  std::string buffer_;  // read, but not yet a line
  std::vector<Heard> heard_;
  std::size_t open_ = 0;  // every trial before it has ended and been told
};

}  // namespace hone
