#include "agent/inject/pod_check.h"

#include <map>
#include <set>

#include "agent/inject/refusal.h"
#include "agent/runtime/dns_name.h"
#include "agent/runtime/quote.h"

namespace inject {
namespace {

using runtime::Shown;

// A key that a merge brings, or the second of two, decides what a reader sees,
// and not all readers see the same.
void CheckKeys(const Place& map) {
  if (!map.node.IsMap()) return;
  std::set<std::string> keys;
  for (const auto& entry : map.node) {
    if (!entry.first.IsScalar()) continue;
    const std::string& key = entry.first.Scalar();
    if (key == "<<") {
      throw Refusal{LineOf(entry.first),
                    "\"<<\" brings keys that inject cannot see; write them "
                    "out"};
    }
    if (!keys.insert(key).second) {
      throw Refusal{LineOf(entry.first),
                    Shown(key) + " is set again; set it once"};
    }
  }
}

// Of the pod's main containers, each a map with a name.
void CheckContainers(const Place& pod, const Workload& workload) {
  const std::optional<Entry> containers = Find(pod, "containers");
  if (!containers) {
    throw Refusal{pod.line(), workload.Title() + " has no containers"};
  }
  CheckList(*containers);
  const std::vector<Place> items = Items(containers->value);
  if (items.empty()) {
    throw Refusal{containers->key.line(),
                  workload.Title() + " has no containers"};
  }
  for (const Place& container : items) {
    if (ScalarAt(container, {"name"}).empty()) {
      throw Refusal{container.line(), "a container has no name"};
    }
    CheckKeys(container);
  }
}

bool IsTrue(const Place& map, std::string_view key) {
  const std::optional<Entry> entry = Find(map, key);
  return entry && entry->value.node.as<bool>(false);
}

// A classic sidecar never ends, and so would keep such a pod from ending.
bool Finishes(const Workload& workload) {
  const std::string restart = ScalarAt(*workload.pod_spec, {"restartPolicy"});
  return workload.kind == "Job" || workload.kind == "CronJob" ||
         restart == "Never" || restart == "OnFailure";
}

void CheckPod(const Workload& workload, const Options& options) {
  for (const Place& map : workload.way) CheckKeys(map);
  if (!workload.pod_spec || !workload.pod_spec->node.IsMap()) {
    throw Refusal{workload.line, workload.Title() + " has no pod spec"};
  }
  const Place& pod = *workload.pod_spec;
  CheckContainers(pod, workload);
  if (IsTrue(pod, "hostNetwork")) {
    throw Refusal{Find(pod, "hostNetwork")->key.line(),
                  "hostNetwork is true; leader-elector answers on loopback, "
                  "which would be the node's: every process there would be "
                  "told who leads"};
  }
  if (options.sidecar.classic && Finishes(workload)) {
    throw Refusal{workload.line,
                  workload.Title() +
                      " would never finish beside an ordinary container; leave "
                      "--classic out (Kubernetes 1.29 or newer)"};
  }
}

std::string LeaseName(const Workload& workload, const Options& options) {
  if (!options.lease_name.empty()) return options.lease_name;
  if (workload.name.empty()) {
    throw Refusal{workload.line, workload.Title() +
                                     " has no metadata.name to call the lease "
                                     "by; give --lease-name"};
  }
  if (!runtime::IsDnsSubdomain(workload.name)) {
    throw Refusal{workload.line, workload.Title() +
                                     " has a name that no lease can have; give "
                                     "--lease-name"};
  }
  return workload.name;
}

std::string NamespaceOf(const Workload& workload, const Options& options) {
  if (workload.name_space.empty()) return options.name_space;
  if (!runtime::IsDnsLabel(workload.name_space)) {
    throw Refusal{workload.line, "the namespace of " + workload.Title() +
                                     " is " + Shown(workload.name_space) +
                                     ", which no namespace can be called"};
  }
  return workload.name_space;
}

std::string ServiceAccountOf(const Workload& workload) {
  const Place& pod = *workload.pod_spec;
  std::string name = ScalarAt(pod, {"serviceAccountName"});
  if (name.empty()) name = ScalarAt(pod, {"serviceAccount"});
  if (name.empty()) return "default";
  if (!runtime::IsDnsSubdomain(name)) {
    throw Refusal{workload.line, "the service account of " + workload.Title() +
                                     " is " + Shown(name) +
                                     ", which none can be called"};
  }
  return name;
}

// One that names none goes wherever it is applied.
bool MayShareANamespace(const Election& a, const Election& b) {
  return a.name_space.empty() || b.name_space.empty() ||
         a.name_space == b.name_space;
}

}  // namespace

void CheckList(const Entry& entry) {
  if (entry.value.node.IsSequence()) return;
  const std::string key = Shown(entry.key.node.Scalar());
  if (entry.value.node.IsNull()) {
    throw Refusal{entry.key.line(), key + " has no value; write \"" + key +
                                        ": []\" or drop the line"};
  }
  throw Refusal{entry.key.line(), key + " must be a list"};
}

void CheckObjects(const std::vector<Place>& objects) {
  for (const Place& object : objects) CheckKeys(object);
}

std::vector<Election> CheckWorkloads(const std::vector<Workload>& workloads,
                                     const Options& options) {
  if (workloads.empty()) {
    throw Refusal{0,
                  "there is no Pod, Deployment, StatefulSet, DaemonSet, Job or "
                  "CronJob"};
  }
  if (workloads.size() > 1 && !options.lease_name.empty()) {
    throw Refusal{workloads[1].line,
                  "--lease-name is for one workload, and there are " +
                      std::to_string(workloads.size()) +
                      ": they would compete with each other"};
  }
  std::vector<Election> elections;
  std::multimap<std::string, std::size_t> by_lease;
  for (const Workload& workload : workloads) {
    CheckPod(workload, options);
    Election election{LeaseName(workload, options),
                      NamespaceOf(workload, options),
                      ServiceAccountOf(workload)};
    const auto [first, last] = by_lease.equal_range(election.lease_name);
    for (auto other = first; other != last; ++other) {
      if (!MayShareANamespace(election, elections[other->second])) continue;
      throw Refusal{
          workload.line,
          workload.Title() + " and " + workloads[other->second].Title() +
              " would compete for the one lease " + Shown(election.lease_name) +
              "; inject them one by one, each with its --lease-name"};
    }
    by_lease.emplace(election.lease_name, elections.size());
    elections.push_back(std::move(election));
  }
  return elections;
}

}  // namespace inject
