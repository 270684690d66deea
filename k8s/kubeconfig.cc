// Reads kubeconfig files into a ClusterConfig. Several are merged as kubectl
// does it: whatever is named first counts, whole. Every error names the file
// and the line; none shows what a secret holds. Source: client-go
// tools/clientcmd/api/v1/types.go and loader.go.
#include <yaml-cpp/yaml.h>

#include <optional>

#include "k8s/cluster_config.h"
#include "k8s/kubeconfig_node.h"
#include "k8s/one_line.h"
#include "k8s/server_url.h"

namespace k8s {
namespace {

using base::Error;
using base::Result;

KubeconfigNode Load(const KubeconfigText& text) {
  const auto file = std::make_shared<const std::string>(text.file_name);
  try {
    return {file, YAML::Load(text.yaml)};
  } catch (const YAML::Exception& e) {
    // e.msg names the fault of the syntax, not the text it was found in.
    const int line = e.mark.is_null() ? 1 : e.mark.line + 1;
    throw KubeconfigRefusal{*file + ":" + std::to_string(line) +
                            ": it is not YAML: " + OneLine(e.msg, 200)};
  }
}

class Kubeconfig {
 public:
  explicit Kubeconfig(const std::vector<KubeconfigText>& texts) {
    for (const KubeconfigText& text : texts) {
      const KubeconfigNode root = Load(text);
      // kubectl takes an empty file for one without entries.
      if (root.yaml().IsNull() && texts.size() > 1) continue;
      if (!root.yaml().IsMap()) {
        root.Fail("it is not a kubeconfig (a YAML map)");
      }
      roots_.push_back(root);
    }
    if (roots_.empty()) Load(texts[0]).Fail("it is empty, as are the others");
  }

  ClusterConfig Read(std::string context_name) const {
    for (const KubeconfigNode& root : roots_) {
      if (context_name.empty()) context_name = root.Text("current-context");
    }
    if (context_name.empty()) {
      roots_[0].Fail("current-context is not set" + InAnyFile() +
                     "; set it or name a context");
    }
    const KubeconfigNode context = Named("contexts", "context", context_name);
    ClusterConfig config;
    config.origin = "kubeconfig " + Files() + ", context " + context_name;
    config.default_namespace = context.Text("namespace");
    if (config.default_namespace.empty()) config.default_namespace = "default";
    const std::string cluster_name = context.Text("cluster");
    if (cluster_name.empty()) context.Fail("the context names no cluster");
    const KubeconfigNode cluster = Named("clusters", "cluster", cluster_name);
    ReadCluster(cluster, config);
    const std::string user = context.Text("user");
    if (!user.empty()) ReadUser(Named("users", "user", user), cluster, config);
    return config;
  }

 private:
  std::string Files() const {
    std::string files;
    for (const KubeconfigNode& root : roots_) {
      files += (files.empty() ? "" : ":") + root.file();
    }
    return files;
  }
  // For a sentence about what no file has.
  std::string InAnyFile() const {
    return roots_.size() == 1 ? "" : " in any file of " + Files();
  }

  // The entry of that name in a list of {name: ..., <inner>: {...}}.
  KubeconfigNode Named(const char* list, const char* inner,
                       const std::string& name) const {
    std::string known;
    std::optional<KubeconfigNode> where;
    for (const KubeconfigNode& root : roots_) {
      if (!root.Has(list) && roots_.size() > 1) continue;
      if (!root.Has(list) || !root.At(list).yaml().IsSequence()) {
        root.Fail(std::string(list) + " must be a list, as kubectl writes it");
      }
      if (!where) where = root.At(list);
      for (const KubeconfigNode& entry : root.List(list)) {
        if (!entry.yaml().IsMap()) {
          entry.Fail("an entry of " + std::string(list) + " must be a map");
        }
        const std::string found = entry.Text("name");
        if (found == name) return Content(entry, inner, name);
        known += (known.empty() ? "" : ", ") + found;
      }
    }
    where.value_or(roots_[0]).Fail(
        std::string(inner) + " \"" + name + "\" is not in the list" +
        InAnyFile() + "; it has: " + (known.empty() ? "nothing" : known));
  }

  static KubeconfigNode Content(const KubeconfigNode& entry, const char* inner,
                                const std::string& name) {
    if (!entry.Has(inner) || !entry.At(inner).yaml().IsMap()) {
      entry.Fail(std::string(inner) + " \"" + name + "\" is empty");
    }
    return entry.At(inner);
  }

  std::vector<KubeconfigNode> roots_;
};

}  // namespace

void ReadCluster(const KubeconfigNode& cluster, ClusterConfig& config) {
  const std::string server = cluster.Text("server");
  if (server.empty()) cluster.Fail("the cluster has no server");
  const Result<ServerUrl> url = ParseServerUrl(server);
  if (!url) cluster.At("server").Fail("server: " + url.error().message);
  config.tls = url->tls;
  config.host = url->host;
  config.port = url->port;
  config.base_path = url->base_path;
  config.ca = cluster.FileOrData("certificate-authority");
  const std::string proxy = cluster.Text("proxy-url");
  if (!proxy.empty()) {
    const Result<Proxy> parsed = ParseProxyUrl(proxy);
    const KubeconfigNode place = cluster.At("proxy-url");
    if (!parsed) place.Fail("proxy-url: " + parsed.error().message);
    if (!config.tls) {
      place.Fail("proxy-url is not supported for a server over plain http");
    }
    config.proxy = *parsed;
  }
  config.tls_server_name = cluster.Text("tls-server-name");
  if (!config.tls_server_name.empty() && !IsHost(config.tls_server_name)) {
    cluster.At("tls-server-name")
        .Fail("tls-server-name must be a host name or an address");
  }
  config.insecure_skip_tls_verify =
      config.tls && cluster.Flag("insecure-skip-tls-verify");
  if (config.insecure_skip_tls_verify && !config.ca.empty()) {
    cluster.At("insecure-skip-tls-verify")
        .Fail(
            "insecure-skip-tls-verify cannot be set beside a "
            "certificate-authority; drop one of them");
  }
}

Result<ClusterConfig> ParseKubeconfigs(const std::vector<KubeconfigText>& texts,
                                       const std::string& context) {
  try {
    return Kubeconfig(texts).Read(context);
  } catch (const KubeconfigRefusal& refusal) {
    return Error{refusal.message};
  } catch (const YAML::Exception& e) {
    return Error{texts[0].file_name + ": it is not a kubeconfig: " + e.msg};
  }
}

Result<ClusterConfig> ParseKubeconfig(const std::string& yaml,
                                      const std::string& file_name,
                                      const std::string& context) {
  return ParseKubeconfigs({{yaml, file_name}}, context);
}

}  // namespace k8s
