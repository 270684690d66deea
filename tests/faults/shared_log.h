// A log that several candidates write to, as files: what a main container
// shares with others. The fenced one refuses a token that is lower than the
// highest it has seen; the other takes everything. Used by log_client, one
// process a candidate. Thread: any.
#ifndef TESTS_FAULTS_SHARED_LOG_H_
#define TESTS_FAULTS_SHARED_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

namespace faults {

enum class Fence { kNone, kToken };

class SharedLog {
 public:
  // The file is made if need be. Throws std::runtime_error.
  SharedLog(const std::string& path, Fence fence);
  ~SharedLog();
  SharedLog(const SharedLog&) = delete;
  SharedLog& operator=(const SharedLog&) = delete;

  // False: refused. Compares and writes under one lock, as a store must.
  bool Append(std::int64_t token, const std::string& writer);

 private:
  const Fence fence_;
  int fd_ = -1;
};

struct LogCount {
  int writes = 0;
  int stale = 0;  // Came after a write with a higher token.
};
// Of lines "<token> <writer>".
LogCount CountStale(const std::string& log);

}  // namespace faults

#endif  // TESTS_FAULTS_SHARED_LOG_H_
