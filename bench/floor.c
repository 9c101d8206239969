/* The floor of any runner: N runs of a command, SLOTS at a time, by posix_spawn and wait, output to /dev/null.
   floor N SLOTS COMMAND [ARGUMENT ...] */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const int runs = atoi(argv[1]), slots = atoi(argv[2]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (int started = 0, ended = 0; ended < runs;) {
    if (started < runs && started - ended < slots) {
      pid_t pid;
      if (posix_spawn(&pid, argv[3], &actions, NULL, argv + 3, environ)) return 1;
      ++started;
    } else {
      if (wait(NULL) < 0) return 1;
      ++ended;
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f\n", (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
  return 0;
}
