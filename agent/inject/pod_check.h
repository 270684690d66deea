// Judges workloads before anything is put into them: which pods cannot have the
// sidecar, and why. What it throws is Refusal.
#ifndef AGENT_INJECT_POD_CHECK_H_
#define AGENT_INJECT_POD_CHECK_H_

#include <vector>

#include "agent/inject/inject.h"
#include "agent/inject/manifest.h"

namespace inject {

// Every object, of whatever kind: one whose kind is set twice may be a workload
// to another reader.
void CheckObjects(const std::vector<Place>& objects);

// One election for each workload, in the same order: their lease, namespace and
// service account. No two share a lease.
std::vector<Election> CheckWorkloads(const std::vector<Workload>& workloads,
                                     const Options& options);

// Throws unless the value is a list, which may be empty.
void CheckList(const Entry& entry);

}  // namespace inject

#endif  // AGENT_INJECT_POD_CHECK_H_
