// Runs a program to its end and takes what it prints. No shell, no terminal, no
// descriptor of ours, no waiting beyond the limit: then it and all that it
// started are killed. Thread: the one that waits, which should have nothing
// better to do.
#ifndef K8S_PROGRAM_RUN_H_
#define K8S_PROGRAM_RUN_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/waiter.h"

namespace k8s {

struct ProgramOptions {
  std::string path;  // Of the file, see FindProgram().
  std::vector<std::string> arguments;
  // On top of ours; the last one of a name counts.
  std::vector<std::pair<std::string, std::string>> environment;
  std::size_t max_output = 1 << 20;
};

struct ProgramOutput {
  int exit_code = -1;  // -1: a signal ended it.
  int signal = 0;
  std::string out;
  std::string err;  // The first few KiB of it.
};

// Where `command` is: itself if it has a slash, else the first file in PATH
// that may be run, relative folders excepted. Empty if there is none.
std::optional<std::string> FindProgram(const std::string& command);

// An error means that it could not be started, has said too much, or has not
// ended by `deadline` or until waiter.Cancel(). It shows nothing of the output.
base::Result<ProgramOutput> RunProgram(const ProgramOptions& options,
                                       Waiter& waiter, base::Instant deadline);

}  // namespace k8s

#endif  // K8S_PROGRAM_RUN_H_
