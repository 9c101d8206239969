// What Hone says to a keeper: frames of a length and CBOR over a Unix socket (words and paths may be any bytes). The
// keeper answers with single bytes: kReady once, after Hello, and kNews when its spool has grown by something to be
// handed out.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hone/executor.h"
#include "hone/spec.h"

namespace hone {

constexpr int kProtocol = 3;
constexpr char kReady = 'r', kNews = 'n', kOtherVersion = 'v';

struct Hello {  // first on every connection
  int version = kProtocol;
  std::vector<std::string> names;  // what makes a printed line a report; objectives first
  int objectives = 0;              // how many of them are
  std::vector<std::pair<std::string, std::string>> patterns;
  Limits limits;
  std::int64_t memory = 0;                               // bytes that a run's processes may hold together; 0: no limit
  std::string cwd;                                       // where trials run
  std::vector<std::pair<std::string, std::string>> env;  // what they inherit
  bool attached = false;                                 // to hang up is to say Bye: nothing outlives its client
};
struct Launch {
  RunKey key;
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  std::string params;
  std::string folder;  // relative to the study's
  std::vector<std::string> devices;
  bool fresh = false;  // files/ is put aside first
  int slots = 1;       // that it takes: for whoever takes it over
};
struct Cancel {
  RunKey key;
};
struct Bye {};  // kill what runs, write its end, exit
using Message = std::variant<Hello, Launch, Cancel, Bye>;

std::string encode(const Message& message);

class MessageReader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole message, if there is one.
  std::optional<Message> next();
  bool broken() const { return broken_; }  // what came is no message

 private:
  std::string buffer_;
  std::size_t used_ = 0;
  bool broken_ = false;
};

}  // namespace hone
