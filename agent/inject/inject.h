// Puts the sidecar into manifests, and takes it out again. Pure functions from
// text to text: what is not ours stays as it is, byte for byte. Any thread.
#ifndef AGENT_INJECT_INJECT_H_
#define AGENT_INJECT_INJECT_H_

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/inject/sidecar.h"

namespace inject {

enum class Rbac {
  kAppend,  // Role and RoleBinding as further documents.
  kOnly,    // Nothing but those.
  kNone,
};

struct Options {
  std::string file = "manifest";  // What an error calls the text.
  SidecarOptions sidecar;
  std::string lease_name;  // "": each workload's own name.
  // Of workloads that say none, for their RBAC. "": none.
  std::string name_space;
  Rbac rbac = Rbac::kAppend;
};

// `text` with a sidecar, its token volume and LEADER_URL in each Pod,
// Deployment, StatefulSet, DaemonSet, Job and CronJob, alone or in a List; all
// else is passed on. What an earlier call has put in is replaced. Every result
// has been read again: it says what `text` said and what was added, and Remove
// makes `text` of it. If that cannot be had, an error, and never a manifest
// that is nearly right.
base::Result<std::string> Add(std::string_view text, const Options& options);

// `text` as it was before Add. A text without a sidecar comes back as it is; a
// sidecar that Add has not put in, or that was changed so that its end is not
// certain, is an error.
base::Result<std::string> Remove(std::string_view text,
                                 const std::string& file);

}  // namespace inject

#endif  // AGENT_INJECT_INJECT_H_
