// A place in a kubeconfig: reads values, knows its file and line, and turns
// what is wrong there into a sentence. Only for the files that read
// kubeconfigs: what it throws is caught in kubeconfig.cc.
#ifndef K8S_KUBECONFIG_NODE_H_
#define K8S_KUBECONFIG_NODE_H_

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "k8s/cluster_config.h"

namespace k8s {

struct KubeconfigRefusal {
  std::string message;
};

class KubeconfigNode {
 public:
  KubeconfigNode(std::shared_ptr<const std::string> file, YAML::Node node)
      : file_(std::move(file)), node_(std::move(node)) {}

  const std::string& file() const { return *file_; }
  const YAML::Node& yaml() const { return node_; }

  // "config:4: <what>".
  [[noreturn]] void Fail(const std::string& what) const;

  // Absent and null are the same: not there.
  bool Has(const char* key) const;
  // Fails here if the key is absent: ask Has() first.
  KubeconfigNode At(const char* key) const;
  // "" if it is not there.
  std::string Text(const char* key) const;
  // False if it is not there.
  bool Flag(const char* key) const;
  // The items of a list; none if it is not there.
  std::vector<KubeconfigNode> List(const char* key) const;

  // Relative paths start at the folder of the file.
  std::string Path(const std::string& path) const;
  // <key> names a file, <key>-data holds the content and wins, as in kubectl.
  Secret FileOrData(const std::string& key) const;
  // Fails at the first of these that is set to anything but "" and false.
  void Refuse(std::initializer_list<const char*> keys,
              const std::string& why) const;

 private:
  std::shared_ptr<const std::string> file_;
  YAML::Node node_;
};

// The entries of clusters and users. Each may throw KubeconfigRefusal.
void ReadCluster(const KubeconfigNode& cluster, ClusterConfig& config);
// `cluster` is for a plugin that wants to know it; it has been read already.
void ReadUser(const KubeconfigNode& user, const KubeconfigNode& cluster,
              ClusterConfig& config);

}  // namespace k8s

#endif  // K8S_KUBECONFIG_NODE_H_
