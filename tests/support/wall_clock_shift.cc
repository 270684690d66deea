// Loaded into a program by LD_PRELOAD: moves its wall clock, and no other one,
// by as many seconds as the file named in WALL_CLOCK_SHIFT holds (a native
// 64-bit integer, which may change at any time). Not linked to anything.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

std::atomic<std::int64_t>* Map() {
  const char* path = std::getenv("WALL_CLOCK_SHIFT");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) _exit(126);  // A test that shifts nothing would pass.
  void* shared =
      mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (shared == MAP_FAILED) _exit(126);
  return static_cast<std::atomic<std::int64_t>*>(shared);
}

time_t Shift() {
  static std::atomic<std::int64_t>* const seconds = Map();
  return *seconds;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    now->tv_sec += Shift();
  }
  return static_cast<int>(result);
}

extern "C" int gettimeofday(timeval* __restrict now, void* __restrict) {
  timespec precise;
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return result;
}

extern "C" time_t time(time_t* seconds) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != nullptr) *seconds = now.tv_sec;
  return now.tv_sec;
}
