// Reads an entry of users: who we are.
#include <algorithm>

#include "k8s/kubeconfig_node.h"
#include "k8s/tls_context.h"
#include "k8s/yaml_json.h"

namespace k8s {
namespace {

constexpr char kClusterExtension[] = "client.authentication.k8s.io/exec";

// The cluster's extension for plugins, as JSON, or "".
std::string PluginConfig(const KubeconfigNode& cluster) {
  for (const KubeconfigNode& entry : cluster.List("extensions")) {
    if (!entry.yaml().IsMap() || entry.Text("name") != kClusterExtension) {
      continue;
    }
    if (!entry.Has("extension")) return "";
    const auto json = YamlToJson(entry.At("extension").yaml());
    if (!json) entry.Fail("the extension is too deep or too large");
    return *json;
  }
  return "";
}

ExecCluster ClusterForPlugin(const KubeconfigNode& cluster,
                             const ClusterConfig& config) {
  ExecCluster told;
  told.server = cluster.Text("server");
  told.tls_server_name = config.tls_server_name;
  told.insecure_skip_tls_verify = config.insecure_skip_tls_verify;
  told.ca = config.ca;
  told.proxy_url = cluster.Text("proxy-url");
  told.config = PluginConfig(cluster);
  return told;
}

// kubectl wants interactiveMode from v1 on. We have no terminal, so that
// IfAvailable is as good as Never.
void CheckInteractiveMode(const KubeconfigNode& exec, bool must_be_set) {
  const std::string mode = exec.Text("interactiveMode");
  if (mode == "Never" || mode == "IfAvailable") return;
  if (mode.empty() && !must_be_set) return;
  if (mode == "Always") {
    exec.At("interactiveMode")
        .Fail(
            "interactiveMode is Always: the plugin wants to ask somebody at "
            "a terminal, and there is none");
  }
  exec.Fail("interactiveMode must be Never or IfAvailable");
}

ExecPlugin ReadExec(const KubeconfigNode& exec) {
  if (!exec.yaml().IsMap()) exec.Fail("exec must be a map");
  ExecPlugin plugin;
  plugin.api_version = exec.Text("apiVersion");
  const bool is_v1 = plugin.api_version == "client.authentication.k8s.io/v1";
  if (!is_v1 && plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    exec.Fail(
        "exec: apiVersion must be client.authentication.k8s.io/v1 or "
        "v1beta1");
  }
  plugin.command = exec.Text("command");
  if (plugin.command.empty()) exec.Fail("exec has no command");
  if (plugin.command.find('/') != std::string::npos) {
    plugin.command = exec.Path(plugin.command);
    // Relative to the working directory as well, and still no name for PATH.
    if (plugin.command.find('/') == std::string::npos) {
      plugin.command = "./" + plugin.command;
    }
  }
  for (const KubeconfigNode& argument : exec.List("args")) {
    if (!argument.yaml().IsScalar()) argument.Fail("args must hold texts");
    plugin.arguments.push_back(argument.yaml().Scalar());
  }
  for (const KubeconfigNode& variable : exec.List("env")) {
    const bool is_map = variable.yaml().IsMap();
    const std::string name = is_map ? variable.Text("name") : "";
    if (name.empty() || name.find('=') != std::string::npos) {
      variable.Fail("env must hold maps of name and value");
    }
    plugin.environment.emplace_back(name, variable.Text("value"));
  }
  plugin.install_hint = exec.Text("installHint");
  CheckInteractiveMode(exec, /*must_be_set=*/is_v1);
  return plugin;
}

}  // namespace

void ReadUser(const KubeconfigNode& user, const KubeconfigNode& cluster,
              ClusterConfig& config) {
  user.Refuse({"auth-provider", "username", "password", "as", "as-uid",
               "as-groups", "as-user-extra"},
              "is not supported; use a client certificate, a token or exec");
  config.client_certificate = user.FileOrData("client-certificate");
  config.client_key = user.FileOrData("client-key");
  if (IsEncryptedKey(config.client_key.data)) {
    user.At("client-key-data")
        .Fail(
            "client-key-data is an encrypted key, which is not supported; "
            "store it without a passphrase");
  }
  if (config.client_certificate.empty() != config.client_key.empty()) {
    user.Fail("client-certificate and client-key must both be set");
  }
  config.token.file = user.Path(user.Text("tokenFile"));
  if (config.token.file.empty()) config.token.data = user.Text("token");
  if (!user.Has("exec")) return;
  if (!config.client_certificate.empty() || !config.token.empty()) {
    user.At("exec").Fail(
        "exec cannot be set beside a client certificate or a token; drop what "
        "is not wanted");
  }
  config.exec = ReadExec(user.At("exec"));
  if (user.At("exec").Flag("provideClusterInfo")) {
    config.exec->cluster = ClusterForPlugin(cluster, config);
  }
}

}  // namespace k8s
