// Reads one kubeconfig file into a ClusterConfig. Every error names the file
// and the line; none shows what a secret holds. Source: client-go
// tools/clientcmd/api/v1/types.go.
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <initializer_list>

#include "k8s/base64.h"
#include "k8s/cluster_config.h"
#include "k8s/server_url.h"

namespace k8s {
namespace {

using base::Error;
using base::Result;

// Thrown inside this file only; ParseKubeconfig turns it into an Error.
struct Refusal {
  std::string message;
};

class Kubeconfig {
 public:
  Kubeconfig(const std::string& yaml, const std::string& file_name)
      : file_(file_name), root_(YAML::Load(yaml)) {}

  ClusterConfig Read(const std::string& wanted_context) {
    if (!root_.IsMap()) Fail(root_, "it is not a kubeconfig (a YAML map)");
    std::string context_name = wanted_context;
    if (context_name.empty()) context_name = Text(root_, "current-context");
    if (context_name.empty()) {
      Fail(root_, "current-context is not set; set it or name a context");
    }
    const YAML::Node context = Named("contexts", "context", context_name);
    ClusterConfig config;
    config.origin = "kubeconfig " + file_ + ", context " + context_name;
    config.default_namespace = Text(context, "namespace");
    if (config.default_namespace.empty()) config.default_namespace = "default";
    const std::string cluster = Text(context, "cluster");
    if (cluster.empty()) Fail(context, "the context names no cluster");
    ReadCluster(Named("clusters", "cluster", cluster), config);
    const std::string user = Text(context, "user");
    if (!user.empty()) ReadUser(Named("users", "user", user), config);
    return config;
  }

 private:
  [[noreturn]] void Fail(const YAML::Node& where, const std::string& what) {
    throw Refusal{file_ + ":" + std::to_string(where.Mark().line + 1) + ": " +
                  what};
  }

  // "" if the key is absent or null.
  std::string Text(const YAML::Node& map, const char* key) {
    const YAML::Node value = map[key];
    if (!value || value.IsNull()) return "";
    if (!value.IsScalar()) Fail(value, std::string(key) + " must be text");
    return value.Scalar();
  }

  // The entry of that name in a list of {name: ..., <inner>: {...}}.
  YAML::Node Named(const char* list, const char* inner,
                   const std::string& name) {
    const YAML::Node entries = root_[list];
    if (!entries || !entries.IsSequence()) {
      Fail(root_, std::string(list) + " must be a list, as kubectl writes it");
    }
    std::string known;
    for (const auto& item : entries) {
      const YAML::Node entry = item;
      if (!entry.IsMap())
        Fail(entry, "an entry of " + std::string(list) + " must be a map");
      const std::string found = Text(entry, "name");
      if (found == name) {
        const YAML::Node content = entry[inner];
        if (!content || !content.IsMap()) {
          Fail(entry, std::string(inner) + " \"" + name + "\" is empty");
        }
        return content;
      }
      known += (known.empty() ? "" : ", ") + found;
    }
    Fail(entries, std::string(inner) + " \"" + name +
                      "\" is not in the list; it has: " +
                      (known.empty() ? "nothing" : known));
  }

  void RefuseKeys(const YAML::Node& map,
                  std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      const YAML::Node value = map[key];
      if (!value || value.IsNull()) continue;
      if (value.IsScalar() &&
          (value.Scalar().empty() || value.Scalar() == "false")) {
        continue;
      }
      Fail(value, std::string(key) +
                      " is not supported yet; use a client "
                      "certificate or a token, over https with "
                      "a certificate authority");
    }
  }

  std::string Path(const std::string& path) {
    if (path.empty() || path[0] == '/') return path;
    return (std::filesystem::path(file_).parent_path() / path).string();
  }

  // <key> names a file, <key>-data holds the content and wins, as in kubectl.
  Secret FileOrData(const YAML::Node& map, const std::string& key) {
    const std::string data_key = key + "-data";
    Secret secret;
    const std::string data = Text(map, data_key.c_str());
    if (data.empty()) {
      secret.file = Path(Text(map, key.c_str()));
      return secret;
    }
    const std::optional<std::string> bytes = DecodeBase64(data);
    if (!bytes) Fail(map[data_key], data_key + " is not base64");
    if (bytes->find("-----BEGIN ") == std::string::npos) {
      Fail(map[data_key], data_key + " is base64, but not of a PEM text");
    }
    secret.data = *bytes;
    return secret;
  }

  void ReadCluster(const YAML::Node& cluster, ClusterConfig& config) {
    RefuseKeys(cluster,
               {"insecure-skip-tls-verify", "tls-server-name", "proxy-url"});
    const std::string server = Text(cluster, "server");
    if (server.empty()) Fail(cluster, "the cluster has no server");
    const Result<ServerUrl> url = ParseServerUrl(server);
    if (!url) Fail(cluster["server"], "server: " + url.error().message);
    config.tls = url->tls;
    config.host = url->host;
    config.port = url->port;
    config.base_path = url->base_path;
    config.ca = FileOrData(cluster, "certificate-authority");
  }

  void ReadUser(const YAML::Node& user, ClusterConfig& config) {
    RefuseKeys(user, {"exec", "auth-provider", "username", "password", "as",
                      "as-uid", "as-groups", "as-user-extra"});
    config.client_certificate = FileOrData(user, "client-certificate");
    config.client_key = FileOrData(user, "client-key");
    if (config.client_key.data.find("ENCRYPTED") != std::string::npos) {
      Fail(user["client-key-data"],
           "client-key-data is an encrypted key, which is not supported; "
           "store it without a passphrase");
    }
    if (config.client_certificate.empty() != config.client_key.empty()) {
      Fail(user, "client-certificate and client-key must both be set");
    }
    config.token.file = Path(Text(user, "tokenFile"));
    if (config.token.file.empty()) config.token.data = Text(user, "token");
  }

  const std::string file_;
  const YAML::Node root_;
};

}  // namespace

Result<ClusterConfig> ParseKubeconfig(const std::string& yaml,
                                      const std::string& file_name,
                                      const std::string& context) {
  try {
    return Kubeconfig(yaml, file_name).Read(context);
  } catch (const Refusal& refusal) {
    return Error{refusal.message};
  } catch (const YAML::Exception& e) {
    // e.msg names the fault of the syntax, not the text it was found in.
    const int line = e.mark.is_null() ? 1 : e.mark.line + 1;
    return Error{file_name + ":" + std::to_string(line) +
                 ": it is not YAML: " + e.msg};
  }
}

}  // namespace k8s
