// Judges the draft: every rule about what a value may be, and about values
// together. Each error says where, what was found and what was wanted.
#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "agent/runtime/dns_name.h"
#include "agent/runtime/duration.h"
#include "agent/runtime/quote.h"
#include "agent/runtime/raw_config.h"

namespace runtime {
namespace {

using base::Duration;
using std::chrono::seconds;

constexpr Duration kShortestRetry = std::chrono::milliseconds(100);
constexpr Duration kUsualStopGrace = seconds(4);
constexpr std::size_t kLongestIdentity = 200;

// How to speak of a setting: as it was spelled where it was given.
std::string SpelledAs(const Setting& setting, Origin::Kind kind) {
  switch (kind) {
    case Origin::Kind::kFile:
      return FileKey(setting);
    case Origin::Kind::kEnvironment:
      return EnvironmentName(setting);
    default:
      return FlagName(setting);
  }
}

class Checker {
 public:
  explicit Checker(RawConfig& raw) : raw_(raw) {}

  Config Check() {
    CheckOldFleet();
    CheckNames();
    CheckTiming();
    CheckListeners();
    config_.kubeconfig = Text(Key::kKubeconfig);
    config_.context = Text(Key::kContext);
    CheckWords();
    return std::move(config_);
  }

 private:
  std::string Text(Key key) const {
    const RawValue* value = raw_.Find(key);
    return value == nullptr ? "" : value->text;
  }
  bool IsPreset(Key key) const {
    return raw_.Find(key)->origin.kind == Origin::Kind::kDefault;
  }

  // "config.yaml:4: leaseDuration is 10s".
  std::string Subject(Key key) const {
    const Setting& setting = SettingOf(key);
    const RawValue& value = *raw_.Find(key);
    const std::string is = " is " + Shown(value.text);
    switch (value.origin.kind) {
      case Origin::Kind::kFile:
        return value.origin.where + ": " + FileKey(setting) + is;
      case Origin::Kind::kFlag:
      case Origin::Kind::kEnvironment:
        return value.origin.where + is;
      case Origin::Kind::kDerived:
        return FlagName(setting) + is + " (" + value.origin.where + ")";
      case Origin::Kind::kDefault:
        return FlagName(setting) + is + " by default";
    }
    return "";
  }

  // "renewDeadline (10s by default)", in an error about `subject`.
  std::string Reference(Key key, Key subject) const {
    const RawValue& value = *raw_.Find(key);
    const bool given_itself = value.origin.kind == Origin::Kind::kFile ||
                              value.origin.kind == Origin::Kind::kFlag ||
                              value.origin.kind == Origin::Kind::kEnvironment;
    if (value.origin.kind == Origin::Kind::kFlag) {
      return value.origin.where + " (" + value.text + ")";
    }
    return SpelledAs(SettingOf(key), given_itself
                                         ? value.origin.kind
                                         : raw_.Find(subject)->origin.kind) +
           " (" + value.text + (IsPreset(key) ? " by default)" : ")");
  }

  void Refuse(Key key, const std::string& wanted) {
    raw_.AddError(Subject(key) + "; " + wanted);
  }

  void CheckOldFleet() {
    const bool stopped = Switch(Key::kOldFleetStopped);
    if (raw_.old_fleet_flags.empty() || stopped) return;
    std::string flags;
    for (const std::string& flag : raw_.old_fleet_flags) {
      flags += (flags.empty() ? "" : ", ") + flag;
    }
    raw_.AddError(
        flags +
        (raw_.old_fleet_flags.size() == 1 ? " is a flag" : " are flags") +
        " of leader-elector 0.5 and nais/elector, whose pods lock an Endpoints "
        "object, or a Lease that they never renew: during a rolling update one "
        "of them and one of ours would both lead; stop all of the old ones "
        "first, then add --old-fleet-stopped");
  }

  void CheckNames() {
    config_.lease_name = Text(Key::kLeaseName);
    if (raw_.Find(Key::kLeaseName) == nullptr) {
      raw_.AddError(
          "--lease-name is not set; name the Lease that all replicas compete "
          "for, for example --lease-name=web");
    } else if (!IsDnsSubdomain(config_.lease_name)) {
      Refuse(Key::kLeaseName,
             "it must be a name as Kubernetes takes it: lower case letters, "
             "digits, '-' and '.', at most 253, such as web");
    }
    config_.lease_namespace = Text(Key::kLeaseNamespace);
    if (!config_.lease_namespace.empty() &&
        !IsDnsLabel(config_.lease_namespace)) {
      Refuse(Key::kLeaseNamespace,
             "it must be the name of a namespace: lower case letters, digits "
             "and '-', at most 63");
    }
    CheckIdentity();
  }

  void CheckIdentity() {
    config_.identity = Text(Key::kIdentity);
    const std::string& text = config_.identity;
    if (text.find("$(") != std::string::npos) {
      // All replicas would have this one identity.
      return Refuse(Key::kIdentity,
                    "Kubernetes fills in $(NAME) only if the container has an "
                    "environment variable NAME");
    }
    const bool good = !text.empty() && text.size() <= kLongestIdentity &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                        return c > ' ' && c < '\x7F' && c != '/';
                      });
    if (!good) {
      Refuse(Key::kIdentity,
             "it must be 1 to 200 visible ASCII characters without '/', such "
             "as the pod's name");
    }
  }

  std::optional<Duration> DurationOf(Key key) {
    const auto duration = ParseDuration(Text(key));
    if (!duration) {
      Refuse(key,
             "it must be a duration such as 15s, 500ms or 1m30s, at most "
             "24h");
    }
    return duration;
  }

  std::optional<seconds> LeaseDuration() {
    const auto duration = DurationOf(Key::kLeaseDuration);
    if (!duration) return std::nullopt;
    if (*duration >= seconds(1) && *duration % seconds(1) == seconds(0)) {
      return std::chrono::duration_cast<seconds>(*duration);
    }
    Refuse(Key::kLeaseDuration,
           "it must be whole seconds, 1s or more: the Lease stores seconds");
    return std::nullopt;
  }

  // A rule about two values is judged if both are good by themselves.
  void CheckTiming() {
    const auto lease = LeaseDuration();
    const auto renew = DurationOf(Key::kRenewDeadline);
    const auto retry = DurationOf(Key::kRetryPeriod);
    if (retry && *retry < kShortestRetry) {
      Refuse(Key::kRetryPeriod,
             "it must be 100ms or more: each replica asks the API server about "
             "once in this time");
    } else if (renew && retry && *renew * 10 <= *retry * 12) {
      RefuseRetry();
    }
    bool term_is_good = lease && renew;
    if (term_is_good && *lease <= *renew) {
      RefuseOrder();
      term_is_good = false;
    }
    config_.election.lease_duration = lease.value_or(seconds(0));
    config_.election.renew_deadline = renew.value_or(Duration(0));
    config_.election.retry_period = retry.value_or(Duration(0));
    CheckStopGrace(term_is_good);
  }

  // client-go's rule and its factor.
  void RefuseRetry() {
    if (IsPreset(Key::kRenewDeadline) && !IsPreset(Key::kRetryPeriod)) {
      Refuse(Key::kRetryPeriod,
             "1.2 times that must be shorter than " +
                 Reference(Key::kRenewDeadline, Key::kRetryPeriod));
    } else {
      Refuse(Key::kRenewDeadline,
             "it must be longer than 1.2 times " +
                 Reference(Key::kRetryPeriod, Key::kRenewDeadline));
    }
  }

  void RefuseOrder() {
    if (IsPreset(Key::kLeaseDuration) && !IsPreset(Key::kRenewDeadline)) {
      Refuse(Key::kRenewDeadline,
             "it must be shorter than " +
                 Reference(Key::kLeaseDuration, Key::kRenewDeadline));
    } else {
      Refuse(Key::kLeaseDuration,
             "it must be longer than " +
                 Reference(Key::kRenewDeadline, Key::kLeaseDuration));
    }
  }

  void CheckStopGrace(bool term_is_known) {
    const bool given = raw_.Find(Key::kStopGrace) != nullptr;
    std::optional<Duration> grace;
    if (given) grace = DurationOf(Key::kStopGrace);
    if (!term_is_known) return;
    const Duration room = RoomToStop(config_.election.lease_duration,
                                     config_.election.renew_deadline);
    if (room < Duration(0)) return RefuseRoom();
    if (!given) {
      grace = std::min<Duration>(
          kUsualStopGrace, std::chrono::floor<std::chrono::milliseconds>(room));
      raw_.Offer(Key::kStopGrace, {FormatDuration(*grace), {}});
    }
    if (!grace) return;
    config_.election.stop_grace = *grace;
    if (*grace <= room) return;
    Refuse(Key::kStopGrace,
           "it must be at most " +
               FormatDuration(
                   std::chrono::floor<std::chrono::milliseconds>(room)) +
               ": that is what " +
               Reference(Key::kLeaseDuration, Key::kStopGrace) +
               ", less 2 % for clocks that differ, leaves after " +
               Reference(Key::kRenewDeadline, Key::kStopGrace));
  }

  // Clocks that differ by 1 % would leave nothing between two leaders.
  void RefuseRoom() {
    const Duration renew = config_.election.renew_deadline;
    seconds enough = config_.election.lease_duration;
    while (RoomToStop(enough, renew) < Duration(0)) enough += seconds(1);
    Refuse(Key::kLeaseDuration,
           "it must be at least " + FormatDuration(enough) + " with " +
               Reference(Key::kRenewDeadline, Key::kLeaseDuration) +
               ": the clocks of two machines may differ by 1 %");
  }

  void CheckListeners() {
    const auto http =
        ParseListenAddresses(Text(Key::kHttpAddress), UnnamedHost::kLoopback);
    if (!http) {
      Refuse(Key::kHttpAddress, http.error().message);
    } else if (!std::all_of(http->begin(), http->end(),
                            [](const auto& a) { return a.loopback; })) {
      Refuse(
          Key::kHttpAddress,
          "it must be a loopback address (127.0.0.1, [::1] or localhost), "
          "such as localhost:" +
              std::to_string(http->front().port) +
              ": this API has no authentication, so only the containers of the "
              "pod may reach it; /metrics and the probes are at "
              "--metrics-address");
    } else {
      for (const auto& a : *http)
        config_.http_addresses.push_back(a.ToString());
    }
    const std::string metrics_text = Text(Key::kMetricsAddress);
    if (metrics_text.empty() || metrics_text == "off") return;
    const auto metrics = ParseListenAddresses(metrics_text, UnnamedHost::kAny);
    if (!metrics) return Refuse(Key::kMetricsAddress, metrics.error().message);
    for (const auto& a : *metrics) {
      config_.metrics_addresses.push_back(a.ToString());
    }
    if (http) CheckPorts(*http, *metrics);
  }

  void CheckPorts(const std::vector<ListenAddress>& http,
                  const std::vector<ListenAddress>& metrics) {
    for (const ListenAddress& a : http) {
      for (const ListenAddress& b : metrics) {
        if (a.port == 0 || a.port != b.port) continue;
        if (a.host != b.host && !b.wildcard) continue;
        return Refuse(Key::kMetricsAddress,
                      "it must have another port than " +
                          Reference(Key::kHttpAddress, Key::kMetricsAddress));
      }
    }
  }

  bool Switch(Key key) {
    const std::string text = Text(key);
    if (text == "true" || text == "1") return true;
    if (text != "false" && text != "0") Refuse(key, "it must be true or false");
    return false;
  }

  template <typename T>
  void Choose(Key key, std::initializer_list<std::pair<const char*, T>> words,
              T& chosen) {
    const std::string text = Text(key);
    std::string list;
    std::size_t left = words.size();
    for (const auto& [word, value] : words) {
      if (text == word) {
        chosen = value;
        return;
      }
      list += word;
      --left;
      list += left == 0 ? "" : left == 1 ? " or " : ", ";
    }
    Refuse(key, "it must be " + list);
  }

  void CheckWords() {
    election::Config& election = config_.election;
    election.trust_new_lease = Switch(Key::kTrustNewLease);
    election.trust_client_go_release = Switch(Key::kTrustClientGoRelease);
    election.accept_restored_store = Switch(Key::kAcceptRestoredStore);
    config_.host_network = Switch(Key::kHostNetwork);
    Choose(Key::kStopOrder,
           {{"together", election::StopOrder::kTogether},
            {"sidecar-last", election::StopOrder::kSidecarLast}},
           election.stop_order);
    Choose(Key::kLogLevel,
           {{"debug", LogLevel::kDebug},
            {"info", LogLevel::kInfo},
            {"warn", LogLevel::kWarn},
            {"error", LogLevel::kError}},
           config_.log_level);
    Choose(Key::kLogFormat,
           {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}},
           config_.log_format);
  }

  RawConfig& raw_;
  Config config_;
};

}  // namespace

Config CheckConfig(RawConfig& raw) { return Checker(raw).Check(); }

base::Duration RoomToStop(std::chrono::seconds lease_duration,
                          base::Duration renew_deadline) {
  // (1-e)/(1+e) with e = 1 % is 99/101.
  return base::Duration(lease_duration) * 99 / 101 - renew_deadline;
}

}  // namespace runtime
