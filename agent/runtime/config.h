// What the program was told to do: read from flags, environment and file,
// checked once, never changed. How to run is all here; what is not: how to
// reach the cluster (k8s/cluster_config.h reads that) and the incarnation (main
// draws it).
#ifndef AGENT_RUNTIME_CONFIG_H_
#define AGENT_RUNTIME_CONFIG_H_

#include <map>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/election/types.h"
#include "agent/runtime/listen_address.h"
#include "agent/runtime/log.h"

namespace runtime {

// One line of --print-config.
struct DescribedValue {
  std::string name;    // "leaseDuration", as in the file.
  std::string value;   // As it would be written; "" if not set.
  std::string origin;  // "flag --ttl", "environment POD_NAME", "config.yaml:4".
};

struct Config {
  // Timing, stop order and the trust_ switches, checked against each other.
  // `incarnation` is empty.
  election::Config election;

  // What `GET /` calls us and what the incarnation begins with. 1 to 200
  // visible ASCII characters without '/', which divides the parts of the
  // release mark.
  std::string identity;
  std::string lease_name;  // A DNS subdomain, as the API server asks for.
  // "": that of the kubeconfig context or of the service account.
  std::string lease_namespace;

  // For k8s::LoadClusterConfig; "" means its default.
  std::string kubeconfig;
  std::string context;

  // Loopback addresses, one or more. Where the machine has no IPv6 (or no IPv4)
  // the server may go without that one as long as another is open. Port 0: any
  // free one.
  std::vector<std::string> http_addresses;
  bool host_network = false;  // The node's loopback is good enough.
  // Empty: no second listener. "[::]:4041" takes IPv4 as well.
  std::vector<std::string> metrics_addresses;

  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;

  std::vector<DescribedValue> values;  // In the order of --help. No secrets.
};

// What the process sees besides its arguments.
struct Surroundings {
  std::map<std::string, std::string> environment;
  std::string host_name;
};
Surroundings ReadSurroundings();

// Why there is nothing to run: --help, --version and --print-config (code 0),
// or errors (code 2), one a line in `err`.
struct Exit {
  int code = 0;
  std::string out;  // For stdout.
  std::string err;  // For stderr.
};
inline constexpr int kExitRuntime = 1;
inline constexpr int kExitUsage = 2;

// `arguments` without the program's name. Reads the file named by --config or
// LEADER_ELECTOR_CONFIG, nothing else. Never throws.
base::Result<Config, Exit> LoadConfig(const std::vector<std::string>& arguments,
                                      const Surroundings& surroundings);

// For --print-config: a YAML file that sets the same, with the origin of each
// value and the timing argument as comments.
std::string DescribeConfig(const Config& config);

// What the numbers promise, in words and with numbers.
std::string TimingArgument(const Config& config);

// Two lines for the start of the log: what was configured otherwise than by
// default, and what the timing promises.
void LogConfig(const Config& config, Log& log);

// How long the main container has between the end of our term and the first
// moment that another may lead, if clocks differ by no more than 1 %:
// L(1-e)/(1+e) - D. Negative: not even none.
base::Duration RoomToStop(std::chrono::seconds lease_duration,
                          base::Duration renew_deadline);

// "0.1.0", from the build.
std::string_view Version();

}  // namespace runtime

#endif  // AGENT_RUNTIME_CONFIG_H_
