#include "exec/verdict.h"

#include <gmock/gmock.h>

#include <csignal>

namespace hone {
namespace {

constexpr int exit_with(int code) { return code << 8; }

Exited verdict(const RunEnd& end) {
  Exited exited;
  judge(end, exited);
  return exited;
}
Cause cause_of(int status, std::string_view out, std::string_view err) {
  return verdict({.status = status, .out = out, .err = err}).cause;
}

TEST(Verdict, AFailureThatSaysSoAtItsEndRanOutOfMemory) {
  for (const char* words :
       {"Traceback (most recent call last):\ntorch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 "
        "GiB\n",
        "torch.OutOfMemoryError: CUDA out of memory.\nlater: cleaning up\n",
        "RuntimeError: CUDA error: out of memory\n", "RuntimeError: CUDA driver: CUDA_ERROR_OUT_OF_MEMORY",
        "thrust: cudaErrorMemoryAllocation: out of memory", "torch.OutOfMemoryError: HIP out of memory.",
        "hipErrorOutOfMemory", "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying",
        "ResourceExhaustedError: OOM when allocating tensor with shape[8,8]",
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
        "Error: cannot allocate vector of size 7.5 Gb\nExecution halted\n",
        "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n",
        "Traceback (most recent call last):\n  File \"a.py\"\nMemoryError\n\n",
        "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array\n"}) {
    EXPECT_EQ(cause_of(exit_with(1), "", words), Cause::Oom) << words;
    EXPECT_EQ(cause_of(exit_with(1), words, "a warning\n"), Cause::Oom) << words;
    EXPECT_EQ(cause_of(SIGABRT, "", words), Cause::Oom) << words;
    EXPECT_EQ(cause_of(exit_with(0), "", words), Cause::None) << words;
  }
}

TEST(Verdict, OtherFailuresKeepTheirCause) {
  EXPECT_EQ(cause_of(exit_with(1), "", "caught MemoryError, going on\nValueError: no such file\n"), Cause::Exit);
  EXPECT_EQ(cause_of(exit_with(1), "", "the GPU is out of memory of the good times"), Cause::Exit);
  EXPECT_EQ(cause_of(exit_with(1), "", "OSError: not a MemoryError: 3"), Cause::Exit);
  EXPECT_EQ(cause_of(SIGSEGV, "", ""), Cause::Signal);
}

TEST(Verdict, AKillFromOutsideWhileTheKernelKilledForMemoryIsOutOfMemory) {
  const auto killed = verdict({.status = SIGKILL, .memory_killed = true, .err = "working\n"});
  EXPECT_EQ(killed.cause, Cause::Oom);
  EXPECT_FALSE(killed.outside);
  EXPECT_EQ(killed.detail, "working\nkilled by the kernel: out of memory");
  EXPECT_EQ(verdict({.status = exit_with(137), .memory_killed = true}).cause, Cause::Oom);  // a shell's word for it
  EXPECT_EQ(verdict({.status = SIGTERM, .memory_killed = true}).cause, Cause::Signal);
  EXPECT_EQ(verdict({.status = exit_with(1), .memory_killed = true}).cause, Cause::Exit);
  EXPECT_EQ(verdict({.status = exit_with(0), .memory_killed = true}).cause, Cause::None);
  const auto ours = verdict({.status = SIGKILL, .signalled = true, .memory_killed = true});
  EXPECT_EQ(ours.cause, Cause::Signal);
  EXPECT_FALSE(ours.outside);
  EXPECT_TRUE(verdict({.status = SIGKILL}).outside);
}

TEST(Verdict, TheLimitForWhichWeEndedItIsTheCauseAndItsReasonComesLast) {
  const auto end = verdict({.status = SIGKILL,
                            .signalled = true,
                            .cause = Cause::Oom,
                            .why = "used 3 GiB",
                            .err = "epoch 1\n",
                            .hint = "no metric"});
  EXPECT_EQ(end.cause, Cause::Oom);
  EXPECT_EQ(end.detail, "epoch 1\nused 3 GiB");
  // It had ended well before the signal came.
  EXPECT_EQ(verdict({.status = 0, .signalled = true, .cause = Cause::Oom, .why = "used 3 GiB"}).cause, Cause::None);
  EXPECT_EQ(verdict({.status = 0, .signalled = true, .cause = Cause::Timeout}).cause, Cause::Timeout);
}

TEST(Verdict, AHintComesFirstAlsoWhenTheRunEndedWell) {
  EXPECT_EQ(verdict({.status = 0, .hint = "no metric seen"}).detail, "no metric seen");
  EXPECT_EQ(verdict({.status = exit_with(2), .err = "bad\n", .hint = "no metric seen"}).detail, "no metric seen\nbad");
  EXPECT_EQ(verdict({.status = SIGKILL, .err = "bad\n", .hint = "no metric seen"}).detail, "bad");
  EXPECT_EQ(verdict({.status = exit_with(3), .hint = "no metric seen in 0 lines"}).detail, "")
      << "not for want of a metric";
}

TEST(Verdict, TheKernelsCounterIsReadByItsName) {
  EXPECT_EQ(memory_kills("nr_free_pages 1\noom_kill 12\nnuma_hit 3\n"), 12);
  EXPECT_EQ(memory_kills("drop_slab 1\nfoo_oom_kill 12\n"), 0);
  EXPECT_EQ(memory_kills(""), 0);
}

}  // namespace
}  // namespace hone
