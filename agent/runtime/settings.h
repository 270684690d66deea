// The table of everything that can be configured: names, defaults, help. The
// flag parser, the environment, the file, --help and --print-config all read
// it, so that a setting is added in one place. Constant data.
#ifndef AGENT_RUNTIME_SETTINGS_H_
#define AGENT_RUNTIME_SETTINGS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace runtime {

enum class Key {
  kLeaseName,
  kLeaseNamespace,
  kIdentity,
  kKubeconfig,
  kContext,
  kLeaseDuration,
  kRenewDeadline,
  kRetryPeriod,
  kStopGrace,
  kStopOrder,
  kHttpAddress,
  kMetricsAddress,
  kLogLevel,
  kLogFormat,
  kTrustNewLease,
  kTrustClientGoRelease,
  kAcceptRestoredStore,
  kHostNetwork,
  kOldFleetStopped,
};

// One name, three spellings: --lease-duration, LEADER_ELECTOR_LEASE_DURATION,
// leaseDuration. Only the first is written down, without its dashes.
struct Setting {
  Key key;
  std::string_view flag;
  std::string_view group;   // Heading in --help.
  std::string_view value;   // What follows the flag; "" for a switch.
  std::string_view preset;  // Default, as it would be written; "" if none.
  std::string_view help;    // Sentences. The default is added to them.

  bool is_switch() const { return value.empty(); }
};

std::span<const Setting> Settings();
const Setting& SettingOf(Key key);

std::string FlagName(const Setting& setting);         // "--lease-duration"
std::string EnvironmentName(const Setting& setting);  // "LEADER_ELECTOR_..."
std::string FileKey(const Setting& setting);          // "leaseDuration"

inline constexpr std::string_view kEnvironmentPrefix = "LEADER_ELECTOR_";
inline constexpr std::string_view kConfigVariable = "LEADER_ELECTOR_CONFIG";

// Other flags that mean the same.
struct Alias {
  std::string_view flag;
  Key key;
  // leader-elector 0.5 and nais/elector have it. Their pods lock an Endpoints
  // object, or a Lease that they never renew: taken only together with
  // --old-fleet-stopped. Go's flag package takes it with one dash too.
  bool old_fleet = false;
};
std::span<const Alias> Aliases();

// Flags of the electors that people come from, without a counterpart here:
// refused, with what to do about them.
struct ForeignFlag {
  std::string_view flag;
  std::string_view advice;  // "drop it: ..."
};
std::span<const ForeignFlag> ForeignFlags();

// --help. 80 columns.
std::string HelpText();

}  // namespace runtime

#endif  // AGENT_RUNTIME_SETTINGS_H_
