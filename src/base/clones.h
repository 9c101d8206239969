// Three versions of a loop for three generations of processors, of which the one that runs is picked when the program is
// loaded. They do the same operations on each number (no contraction, no reordering), so that results are the same.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define HONE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HONE_CLONES
#endif
