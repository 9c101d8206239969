/* A trial that appends its first and last moment (CLOCK_REALTIME, seconds) to a file and sleeps in between.
   stamp FILE MILLISECONDS */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  const double begin = now();
  if (argc < 3) return 2;
  const int fd = open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
  usleep((useconds_t)atoi(argv[2]) * 1000);
  printf("loss=1\n");
  fflush(stdout);
  char line[64];
  snprintf(line, sizeof line, "%.6f %.6f\n", begin, now());
  return write(fd, line, strlen(line)) < 0;
}
