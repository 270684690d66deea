#include "k8s/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace k8s {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

base::Error Failure(const std::string& path, const char* why) {
  return {path + ": " + why};
}

}  // namespace

FileStamp StampOf(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  FileStamp stamp;
  stamp.device = info.st_dev;
  stamp.inode = info.st_ino;
  stamp.modified_ns =
      std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  stamp.size = info.st_size;
  return stamp;
}

base::Result<std::string> ReadSmallFile(const std::string& path) {
  // O_NONBLOCK: opening a named pipe by mistake must not hang.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Failure(path, std::strerror(errno));
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return Failure(path, "it is not a regular file");
  }
  std::string content;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while (content.size() <= kMaxBytes) {
    count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
  const int error = errno;
  close(fd);
  if (count < 0) return Failure(path, std::strerror(error));
  if (content.size() > kMaxBytes) {
    return Failure(path, "it is larger than 1 MiB");
  }
  return content;
}

}  // namespace k8s
