// Output of a program that must go on whether or not somebody reads it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hone {

/// Writes to a descriptor as far as it takes something at once; the rest waits in memory, up to kMost bytes, beyond which
/// whole texts are left out and counted. The descriptor's own flags are left alone: others share it.
class PatientOutput {
 public:
  explicit PatientOutput(int fd);
  void say(std::string_view text);
  /// As far as it goes without waiting. Call it now and then.
  void pump();
  /// Waits for the reader until all is written or `enough` says that it is not to wait any longer.
  void finish(const std::function<bool()>& enough);

  static constexpr std::size_t kMost = 256 << 10;

 private:
  bool write_some(int timeout);

  int fd_;
  std::size_t most_;  // bytes in one go
  std::string queue_;
  std::int64_t left_out_ = 0;
};

}  // namespace hone
