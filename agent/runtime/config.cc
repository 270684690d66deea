#include "agent/runtime/config.h"

#include <unistd.h>

#include <array>
#include <exception>

#include "agent/runtime/duration.h"
#include "agent/runtime/quote.h"
#include "agent/runtime/raw_config.h"

extern char** environ;

namespace runtime {
namespace {

std::string OriginText(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::kFlag:
      return "flag " + origin.where;
    case Origin::Kind::kEnvironment:
      return "environment " + origin.where;
    case Origin::Kind::kFile:
    case Origin::Kind::kDerived:
      return origin.where;
    case Origin::Kind::kDefault:
      return "default";
  }
  return "";
}

// What is used when nothing is set, for the settings that have no preset.
std::string UnsetText(Key key) {
  switch (key) {
    case Key::kLeaseNamespace:
      return "not set: that of the kubeconfig context or the service account";
    case Key::kKubeconfig:
      return "not set: $KUBECONFIG, the service account or ~/.kube/config";
    case Key::kContext:
      return "not set: the kubeconfig's current-context";
    default:
      return "not set";
  }
}

std::string Joined(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) {
    text += (text.empty() ? "" : ",") + address;
  }
  return text.empty() ? "off" : text;
}

// Values as they were written, except addresses, which have short forms.
std::vector<DescribedValue> Describe(const RawConfig& raw,
                                     const Config& config) {
  std::vector<DescribedValue> values;
  for (const Setting& setting : Settings()) {
    const RawValue* value = raw.Find(setting.key);
    if (value == nullptr) {
      values.push_back({FileKey(setting), "", UnsetText(setting.key)});
    } else {
      std::string text = value->text;
      if (setting.key == Key::kHttpAddress)
        text = Joined(config.http_addresses);
      if (setting.key == Key::kMetricsAddress) {
        text = Joined(config.metrics_addresses);
      }
      values.push_back(
          {FileKey(setting), std::move(text), OriginText(value->origin)});
    }
  }
  return values;
}

// leader-elector 0.5 derived what it did from one number. Cut to tenths of a
// second, so that they can be read.
void DeriveFromTtl(RawConfig& raw) {
  const RawValue* lease = raw.Find(Key::kLeaseDuration);
  if (lease == nullptr || lease->origin.where != "--ttl") return;
  const auto ttl = ParseDuration(lease->text);
  if (!ttl) return;
  const auto part = [&](base::Duration exact) {
    constexpr auto kTenth = std::chrono::milliseconds(100);
    return FormatDuration(exact - exact % kTenth);
  };
  raw.Offer(
      Key::kRenewDeadline,
      {part(*ttl * 2 / 3), {Origin::Kind::kDerived, "two thirds of --ttl"}});
  raw.Offer(Key::kRetryPeriod,
            {part(*ttl / 6), {Origin::Kind::kDerived, "one sixth of --ttl"}});
}

std::string Variable(const Surroundings& surroundings, const char* name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? "" : found->second;
}

// With hostNetwork the pod's loopback is the node's. The main container of a
// replica whose sidecar found the port taken, or is not there yet, would ask
// another replica's sidecar and be told that it leads.
void RefuseNodesNetwork(const Surroundings& surroundings, const Config& config,
                        RawConfig& raw) {
  const std::string pod_ip = Variable(surroundings, "POD_IP");
  if (pod_ip.empty() || pod_ip != Variable(surroundings, "HOST_IP")) return;
  if (config.host_network) return;
  raw.AddError("POD_IP and HOST_IP are both " + Shown(pod_ip) +
               ": the pod is on the node's network (hostNetwork), where all "
               "processes of the node share one loopback, so a replica could "
               "ask another one's sidecar and be told that it leads; give each "
               "replica of a node its own --http-address, then add "
               "--host-network");
}

Exit Refusal(const RawConfig& raw) {
  Exit exit{kExitUsage, "", ""};
  for (const std::string& error : raw.errors()) {
    // The words of a library may quote what it has read.
    exit.err += "leader-elector: " + Printable(error) + "\n";
  }
  exit.err += "leader-elector --help lists all settings\n";
  return exit;
}

base::Result<Config, Exit> Load(const std::vector<std::string>& arguments,
                                const Surroundings& surroundings) {
  RawConfig raw;
  const CommandLine line = ReadFlags(arguments, raw);
  if (line.help) return Exit{0, HelpText(), ""};
  if (line.version) {
    return Exit{0, "leader-elector " + std::string(Version()) + "\n", ""};
  }
  ReadEnvironment(surroundings, raw);
  const auto variable =
      surroundings.environment.find(std::string(kConfigVariable));
  if (!line.config_file.empty()) {
    ReadFile(line.config_file, "--config", raw);
  } else if (variable != surroundings.environment.end() &&
             !variable->second.empty()) {
    ReadFile(variable->second, std::string(kConfigVariable), raw);
  }
  FillDefaults(surroundings, raw);
  Config config = CheckConfig(raw);
  RefuseNodesNetwork(surroundings, config, raw);
  config.values = Describe(raw, config);
  if (!raw.errors().empty()) return Refusal(raw);
  if (line.print_config) return Exit{0, DescribeConfig(config), ""};
  return config;
}

}  // namespace

Surroundings ReadSurroundings() {
  Surroundings surroundings;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    surroundings.environment.emplace(text.substr(0, equals),
                                     text.substr(equals + 1));
  }
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) {
    surroundings.host_name = name.data();
  }
  return surroundings;
}

void FillDefaults(const Surroundings& surroundings, RawConfig& raw) {
  DeriveFromTtl(raw);
  const auto pod_name = surroundings.environment.find("POD_NAME");
  if (pod_name != surroundings.environment.end() && !pod_name->second.empty()) {
    raw.Offer(Key::kIdentity,
              {pod_name->second, {Origin::Kind::kEnvironment, "POD_NAME"}});
  }
  raw.Offer(Key::kIdentity, {surroundings.host_name,
                             {Origin::Kind::kDerived, "the host name"}});
  for (const Setting& setting : Settings()) {
    if (setting.preset.empty()) continue;
    raw.Offer(setting.key, {std::string(setting.preset), {}});
  }
}

base::Result<Config, Exit> LoadConfig(const std::vector<std::string>& arguments,
                                      const Surroundings& surroundings) {
  try {
    return Load(arguments, surroundings);
  } catch (const std::exception& error) {
    return Exit{kExitUsage, "",
                "leader-elector: the configuration cannot be read: " +
                    std::string(error.what()) + "\n"};
  }
}

}  // namespace runtime
