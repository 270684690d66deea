// Reads a small file whole: kubeconfigs, tokens, certificates.
#ifndef K8S_SMALL_FILE_H_
#define K8S_SMALL_FILE_H_

#include <cstdint>
#include <string>

#include "agent/base/result.h"

namespace k8s {

// What tells one version of a file from the next. A projected volume swaps a
// symbolic link, which shows as another inode.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  std::int64_t size = -1;

  bool operator==(const FileStamp&) const = default;
};

// The stamp of the file behind `path`; size -1 if there is none.
FileStamp StampOf(const std::string& path);

// A regular file of at most 1 MiB. The error names the path, never the content.
base::Result<std::string> ReadSmallFile(const std::string& path);

}  // namespace k8s

#endif  // K8S_SMALL_FILE_H_
