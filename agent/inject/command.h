// The command `leader-elector inject`: its flags, its help, reading and
// writing. What it does to a manifest is in inject.h. Thread: `main` only.
#ifndef AGENT_INJECT_COMMAND_H_
#define AGENT_INJECT_COMMAND_H_

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/inject/inject.h"
#include "agent/runtime/config.h"

namespace inject {

struct Command {
  std::string file;  // "-": stdin.
  bool remove = false;
  Options options;
};

// `arguments` are those behind `inject`. Judges every flag, those of the
// sidecar by the sidecar's own rules. An Exit is --help or what is wrong.
base::Result<Command, runtime::Exit> ReadCommand(
    const std::vector<std::string>& arguments);

std::string CommandHelp();

// Reads the manifest and says what to print and how to exit: 0, 1 if the
// manifest cannot be read or injected, 2 for wrong flags.
runtime::Exit RunCommand(const std::vector<std::string>& arguments);

}  // namespace inject

#endif  // AGENT_INJECT_COMMAND_H_
