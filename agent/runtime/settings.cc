#include "agent/runtime/settings.h"

#include <array>
#include <cctype>

#include "agent/base/check.h"

namespace runtime {
namespace {

constexpr std::string_view kLease = "The lease";
constexpr std::string_view kCluster = "The cluster";
constexpr std::string_view kTiming =
    "Timing (15s, 500ms, 1m30s; the defaults are those of Kubernetes itself)";
constexpr std::string_view kListeners = "Listeners";
constexpr std::string_view kLogging = "Log (to stderr)";
constexpr std::string_view kRisks =
    "Shortcuts that trade safety away (each says when two pods may lead)";
constexpr std::string_view kMigration =
    "Coming from leader-elector 0.5 or nais/elector";

constexpr std::array<Setting, 19> kSettings{{
    {Key::kLeaseName, "lease-name", kLease, "NAME", "",
     "The Lease that all replicas compete for. It is created if it is missing. "
     "Required."},
    {Key::kLeaseNamespace, "lease-namespace", kLease, "NAME", "",
     "Its namespace. Default: that of the kubeconfig context, or of the pod's "
     "service account."},
    {Key::kIdentity, "identity", kLease, "NAME", "",
     "How this replica is called in the Lease. Default: $POD_NAME, else the "
     "host name, which is the pod's name."},
    {Key::kKubeconfig, "kubeconfig", kCluster, "FILE", "",
     "How to reach the API server. Default: $KUBECONFIG, else the pod's "
     "service "
     "account, else ~/.kube/config."},
    {Key::kContext, "context", kCluster, "NAME", "",
     "Context in the kubeconfig. Default: its current-context."},
    {Key::kLeaseDuration, "lease-duration", kTiming, "DURATION", "15s",
     "How long the others wait for a silent leader before one of them takes "
     "over. Whole seconds."},
    {Key::kRenewDeadline, "renew-deadline", kTiming, "DURATION", "10s",
     "How long a leader leads after it sent its last answered renewal. "
     "Shorter than --lease-duration."},
    {Key::kRetryPeriod, "retry-period", kTiming, "DURATION", "2s",
     "How often a leader renews, and a follower looks when it cannot watch. "
     "1.2 times this is shorter than --renew-deadline."},
    {Key::kStopGrace, "stop-grace", kTiming, "DURATION", "",
     "How long the main container may take to stop its work once it hears that "
     "it does not lead. Default: 4s, or less if --lease-duration leaves less."},
    {Key::kStopOrder, "stop-order", kTiming, "ORDER", "together",
     "What ends first when the pod is deleted: together (an ordinary sidecar: "
     "the lease is kept until the main container has drained), or sidecar-last "
     "(a native sidecar, an init container that restarts always: the lease is "
     "released at once)."},
    {Key::kHttpAddress, "http-address", kListeners, "ADDRESS",
     "127.0.0.1:4040,[::1]:4040",
     "Where the main container asks GET /leader. A loopback address, since "
     "there is no password: 127.0.0.1:4040 or [::1]:4040; localhost:4040, "
     ":4040 and 4040 mean both."},
    {Key::kMetricsAddress, "metrics-address", kListeners, "ADDRESS",
     "[::]:4041",
     "Where Prometheus and the kubelet ask /metrics, /livez, /readyz and "
     "/healthz; off: nowhere."},
    {Key::kLogLevel, "log-level", kLogging, "LEVEL", "info",
     "debug, info, warn or error: the least that is told."},
    {Key::kLogFormat, "log-format", kLogging, "FORMAT", "logfmt",
     "logfmt or json."},
    {Key::kTrustNewLease, "trust-new-lease", kRisks, "", "false",
     "Take a Lease that nobody ever held at once, not after --lease-duration. "
     "Two leaders, if somebody deletes it while it is held: a leader that is "
     "cut off does not hear of it, and what a reader was told (validForMs) "
     "is not taken back."},
    {Key::kTrustClientGoRelease, "trust-client-go-release", kRisks, "", "false",
     "Take a Lease that a client-go candidate released after its 1s. Two "
     "leaders, if client-go's release wiped the lease of a live leader, which "
     "it can."},
    {Key::kAcceptRestoredStore, "accept-restored-store", kRisks, "", "false",
     "Go on although the API server's store has gone back in time (etcd "
     "restored). Two leaders, if somebody still leads by the newer copy; "
     "fencing tokens may repeat."},
    {Key::kHostNetwork, "host-network", kRisks, "", "false",
     "Serve /leader although $POD_IP equals $HOST_IP: the pod is on the node's "
     "network. Two leaders, if two replicas on one node have the same "
     "--http-address: one's main container then asks the other's sidecar."},
    {Key::kOldFleetStopped, "old-fleet-stopped", kMigration, "", "false",
     "No pod of the old elector runs any more. Needed for its flags "
     "--election, --election-namespace, --id, --http and --ttl, because its "
     "pods lock an Endpoints object, or a Lease that they never renew: side by "
     "side both lead."},
}};

constexpr std::array<Alias, 10> kAliases{{
    {"leader-elect-lease-duration", Key::kLeaseDuration},
    {"leader-elect-renew-deadline", Key::kRenewDeadline},
    {"leader-elect-retry-period", Key::kRetryPeriod},
    {"leader-elect-resource-name", Key::kLeaseName},
    {"leader-elect-resource-namespace", Key::kLeaseNamespace},
    {"election", Key::kLeaseName, true},
    {"election-namespace", Key::kLeaseNamespace, true},
    {"id", Key::kIdentity, true},
    {"http", Key::kHttpAddress, true},
    {"ttl", Key::kLeaseDuration, true},
}};

constexpr std::string_view kAlwaysALease =
    "drop it: the lock is a Lease, always";
constexpr std::string_view kHttpAddress =
    "write --http-address=localhost:PORT instead";
constexpr std::string_view kLogsToStderr =
    "drop it: the log goes to stderr, and --log-level says how much";

constexpr std::array<ForeignFlag, 17> kForeignFlags{{
    // leader-elector 0.5 and its forks, the last seven from glog.
    {"use-cluster-credentials",
     "drop it: in a pod the service account is used by itself"},
    {"logtostderr", kLogsToStderr},
    {"alsologtostderr", kLogsToStderr},
    {"stderrthreshold", kLogsToStderr},
    {"v", kLogsToStderr},
    {"vmodule", kLogsToStderr},
    {"log_dir", kLogsToStderr},
    {"log_backtrace_at", kLogsToStderr},
    // k8s-elector, kkosmrli/leader-elector, rkrmr33/leader-election.
    {"namespace", "write --lease-namespace instead"},
    {"lock-type", kAlwaysALease},
    {"locktype", kAlwaysALease},
    {"port", kHttpAddress},
    {"addr", kHttpAddress},
    {"lease-renew-duration", "write --renew-deadline instead"},
    // nais/elector.
    {"probe-address", "drop it: the probes are at --metrics-address"},
    // Kubernetes' own components.
    {"leader-elect", "drop it: it is always on"},
    {"leader-elect-resource-lock", kAlwaysALease},
}};

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting& SettingOf(Key key) {
  const Setting& setting = kSettings.at(static_cast<std::size_t>(key));
  CHECK(setting.key == key);
  return setting;
}

std::span<const Alias> Aliases() { return kAliases; }

std::span<const ForeignFlag> ForeignFlags() { return kForeignFlags; }

std::string FlagName(const Setting& setting) {
  return "--" + std::string(setting.flag);
}

std::string EnvironmentName(const Setting& setting) {
  std::string name(kEnvironmentPrefix);
  for (const char c : setting.flag) {
    name +=
        c == '-'
            ? '_'
            : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string FileKey(const Setting& setting) {
  std::string name;
  bool capital = false;
  for (const char c : setting.flag) {
    if (c == '-') {
      capital = true;
      continue;
    }
    name += capital
                ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                : c;
    capital = false;
  }
  return name;
}

}  // namespace runtime
