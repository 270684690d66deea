#include "tests/faults/shared_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace faults {
namespace {

// The last line of a fenced log has the highest token. Each line has the same
// length, so that it is found without reading all of them.
constexpr std::size_t kLine = 64;

std::int64_t LastToken(int fd) {
  const off_t size = lseek(fd, 0, SEEK_END);
  if (size < static_cast<off_t>(kLine)) return 0;
  char line[kLine + 1] = {};
  if (pread(fd, line, kLine, size - static_cast<off_t>(kLine)) !=
      static_cast<ssize_t>(kLine)) {
    throw std::runtime_error("cannot read the shared log");
  }
  return std::strtoll(line, nullptr, 10);
}

}  // namespace

SharedLog::SharedLog(const std::string& path, Fence fence)
    : fence_(fence),
      fd_(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (fd_ < 0) throw std::runtime_error("cannot open " + path);
}

SharedLog::~SharedLog() { close(fd_); }

bool SharedLog::Append(std::int64_t token, const std::string& writer) {
  std::string line = std::to_string(token) + " " + writer;
  line.resize(kLine - 1, ' ');
  line += '\n';
  flock(fd_, LOCK_EX);
  const bool taken = fence_ == Fence::kNone || token >= LastToken(fd_);
  const bool written =
      taken && write(fd_, line.data(), kLine) == static_cast<ssize_t>(kLine);
  flock(fd_, LOCK_UN);
  return written;
}

LogCount CountStale(const std::string& log) {
  LogCount count;
  std::int64_t highest = 0;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line); ++count.writes) {
    const std::int64_t token = std::strtoll(line.c_str(), nullptr, 10);
    if (token < highest) ++count.stale;
    highest = std::max(highest, token);
  }
  return count;
}

}  // namespace faults
