// Owns a file descriptor.
#ifndef AGENT_RUNTIME_FILE_DESCRIPTOR_H_
#define AGENT_RUNTIME_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

#include "agent/base/check.h"

namespace runtime {

class FileDescriptor {
 public:
  // Takes what a system call of ours returned that cannot fail unless the process
  // is out of descriptors, at start.
  explicit FileDescriptor(int fd) : fd_(fd) { CHECK(fd >= 0); }
  ~FileDescriptor() { close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_FILE_DESCRIPTOR_H_
