// A program for local_test.cpp to run as a trial: exec_probe WHAT [ARGUMENT].
#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

/// The file appears whole, and only where there is none yet.
void write_pid(const std::string& path) {
  const std::string part = path + ".part";
  const int file = open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return;
  dprintf(file, "%d\n", getpid());
  close(file);
  if (link(part.c_str(), path.c_str()) != 0) std::perror(path.c_str());
  unlink(part.c_str());
}

/// Open descriptors, where its input comes from, its signals.
int inspect() {
  std::string open_ones;
  DIR* folder = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (fd > 2 && fd != dirfd(folder)) open_ones += std::string(" ") + entry->d_name;
  }
  closedir(folder);
  char input[256] = {};
  if (readlink("/proc/self/fd/0", input, sizeof input - 1) < 0) return 1;
  sigset_t mask;
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  int blocked = 0, ignored = 0;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    blocked += sigismember(&mask, number) == 1;
    ignored += sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
  std::printf("descriptors:%s; input: %s; blocked=%d ignored=%d loss=0\n", open_ones.c_str(), input, blocked, ignored);
  return 0;
}

/// Holds so many MiB, written to, says so in a file if there is a name, and waits.
[[noreturn]] void balloon(long mib, const char* path) {
  const std::size_t size = static_cast<std::size_t>(mib) << 20;
  volatile char* const memory = static_cast<char*>(std::malloc(size));
  for (std::size_t at = 0; at < size; at += 512) memory[at] = 'x';
  if (path != nullptr) write_pid(path);
  while (true) pause();
}

/// Three children share its memory for a while.
int share(long mib) {
  const std::size_t size = static_cast<std::size_t>(mib) << 20;
  void* memory = std::malloc(size);
  std::memset(memory, 'x', size);
  for (int i = 0; i < 3; ++i) {
    if (fork() != 0) continue;
    while (true) pause();
  }
  usleep(400'000);
  std::printf("loss=%d\n", static_cast<const char*>(memory)[size - 1]);
  return 0;
}

/// A grandchild that has left session, group, environment and its parents behind.
int daemonise(const char* self, const char* path) {
  if (fork() != 0) return 0;
  setsid();
  if (fork() != 0) _exit(0);
  char* const arguments[] = {const_cast<char*>(self), const_cast<char*>("wait"), const_cast<char*>(path), nullptr};
  char* const nothing[] = {nullptr};
  execve(self, arguments, nothing);
  return 1;
}

/// Burns so much CPU time, and says something now and then if it is to.
void burn(double seconds, bool talk) {
  double said = 0;
  for (double used = 0; used < seconds;) {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    used = static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    if (!talk || used < said + 0.01) continue;
    said = used;
    if (write(1, "busy\n", 5) != 5) return;
  }
}

/// Two children burn: one ends and is waited for by nobody, the other stays.
int leave_burners(double seconds) {
  int done[2];
  if (pipe(done) != 0) return 1;
  for (const bool stays : {false, true}) {
    if (fork() != 0) continue;
    burn(seconds, false);
    if (write(done[1], "x", 1) != 1) _exit(1);
    while (stays) pause();
    _exit(0);
  }
  char byte = 0;
  for (int i = 0; i < 2; ++i)
    if (read(done[0], &byte, 1) != 1) return 1;
  std::printf("loss=1\n");
  return 0;
}

/// A child burns, saying so, and then both are silent.
[[noreturn]] void burn_below(double seconds) {
  if (fork() == 0) burn(seconds, true);
  while (true) pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const char* argument = argc > 2 ? argv[2] : "";
  if (what == "inspect") return inspect();
  if (what == "wait" || what == "stubborn") {
    if (what == "stubborn") std::signal(SIGTERM, SIG_IGN);
    write_pid(argument);
    while (true) pause();
  }
  if (what == "daemon") {  // leaves one behind and ends at once
    return daemonise(argv[0], argument);
  }
  if (what == "parent") {  // leaves one behind and stays
    if (daemonise(argv[0], argument) != 0) return 1;
    while (true) pause();
  }
  if (what == "flood") {
    const long count = std::atol(argument);
    for (long i = 1; i <= count; ++i) std::printf("loss=%ld\n", i);
    return 0;
  }
  if (what == "balloon") balloon(std::atol(argument), argc > 3 ? argv[3] : nullptr);
  if (what == "share") return share(std::atol(argument));
  if (what == "burners") return leave_burners(std::atof(argument));
  if (what == "burn-below") burn_below(std::atof(argument));
  if (what == "long") {
    std::printf("%s\nloss=1\n", std::string(1 << 20, 'x').c_str());
    return 0;
  }
  if (what == "binary") {
    for (int i = 0; i < 100000; ++i) std::putchar(i * 7919 % 256);
    std::printf("\nloss=2\n");
    return 0;
  }
  return 64;
}
