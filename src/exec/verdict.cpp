#include "exec/verdict.h"

#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::size_t kLastWords = 2048;
constexpr int kLastLines = 20;
constexpr int kShellSaysKilled = 128 + SIGKILL;

/// Words of programs that ran out of memory, wherever they stand in their last output.
constexpr std::string_view kOutOfMemory[] = {
    "CUDA out of memory",                 // PyTorch; torch.cuda.OutOfMemoryError says it too
    "CUDA error: out of memory",          // PyTorch, outside of its allocator
    "torch.OutOfMemoryError",             //
    "torch.cuda.OutOfMemoryError",        //
    "CUDA_ERROR_OUT_OF_MEMORY",           // the driver
    "cudaErrorMemoryAllocation",          // the runtime
    "HIP out of memory",                  // PyTorch on ROCm
    "hipErrorOutOfMemory",                //
    "hipErrorMemoryAllocation",           //
    "RESOURCE_EXHAUSTED: Out of memory",  // JAX, TensorFlow
    "OOM when allocating",                // TensorFlow
    "std::bad_alloc",                     // C++
    "cannot allocate vector of size",     // R
    "java.lang.OutOfMemoryError",         // the JVM
};

std::string_view last_line(std::string_view text) {
  const auto last = text.find_last_not_of("\r\n \t");
  if (last == text.npos) return {};
  text = text.substr(0, last + 1);
  const auto start = text.find_last_of("\r\n");
  return start == text.npos ? text : text.substr(start + 1);
}

/// `MemoryError` or `numpy._ArrayMemoryError: Unable to allocate …`, as Python ends a traceback.
bool ends_in_memory_error(std::string_view text) {
  const std::string_view line = last_line(text), name = line.substr(0, line.find(':'));
  return name.ends_with("MemoryError") && name.find(' ') == name.npos;
}

std::string words(std::string_view text) {
  std::string tail(text);
  std::replace(tail.begin(), tail.end(), '\r', '\n');
  const auto last = tail.find_last_not_of("\n \t");
  if (last == std::string::npos) return {};
  tail.resize(last + 1);
  std::size_t start = tail.size() > kLastWords ? tail.size() - kLastWords : 0;
  if (start > 0 && tail.find('\n', start) != std::string::npos) start = tail.find('\n', start) + 1;  // at a whole line
  std::size_t from = tail.size();
  for (int line = 0; line < kLastLines && from != std::string::npos && from > start; ++line)
    from = tail.rfind('\n', from - 1);
  if (from != std::string::npos && from >= start && tail[from] == '\n') start = from + 1;
  return printable(std::string_view(tail).substr(start), true);
}

void add_line(std::string& text, const std::string& line) {
  if (!line.empty()) text += (text.empty() ? "" : "\n") + line;
}

}  // namespace

bool says_out_of_memory(std::string_view out, std::string_view err) {
  for (const std::string_view text : {err, out}) {
    if (ends_in_memory_error(text)) return true;
    for (const std::string_view words : kOutOfMemory)
      if (text.find(words) != text.npos) return true;
  }
  return false;
}

std::int64_t memory_kills(std::string_view vmstat) {
  constexpr std::string_view kName = "\noom_kill ";
  const auto at = vmstat.find(kName);
  std::int64_t count = 0;
  if (at != vmstat.npos) std::from_chars(vmstat.data() + at + kName.size(), vmstat.data() + vmstat.size(), count);
  return count;
}

void judge(const RunEnd& end, Exited& exited) {
  const int code = WIFSIGNALED(end.status) ? WTERMSIG(end.status) : WEXITSTATUS(end.status);
  const bool failed = WIFSIGNALED(end.status) || code != 0;
  exited.code = code;
  if (WIFSIGNALED(end.status)) {
    exited.cause = Cause::Signal;
    const bool usual = code == SIGKILL || code == SIGTERM || code == SIGINT || code == SIGHUP;
    exited.outside = usual && !end.signalled;
  } else if (failed) {
    exited.cause = Cause::Exit;
  }
  const bool killed = exited.outside ? code == SIGKILL : exited.cause == Cause::Exit && code == kShellSaysKilled;
  if (end.cause != Cause::None) {
    if (failed || end.cause != Cause::Oom) exited.cause = end.cause;
  } else if (failed && ((killed && end.memory_killed) ||
                        (!end.signalled && !exited.outside && says_out_of_memory(end.out, end.err)))) {
    exited.cause = Cause::Oom;
    exited.outside = false;
  }
  // One that failed without a word did not fail for want of a metric.
  const bool silent = exited.cause != Cause::None && end.out.empty() && end.err.empty();
  if (exited.cause != Cause::Oom && !exited.outside && !silent) exited.detail = end.hint;
  if (exited.cause == Cause::None) return;
  std::string last = words(end.err);
  add_line(exited.detail, last.empty() ? words(end.out) : last);
  if (!end.why.empty()) add_line(exited.detail, end.why);
  else if (exited.cause == Cause::Oom && killed) add_line(exited.detail, "killed by the kernel: out of memory");
}

}  // namespace hone
