#include "k8s/kubeconfig_node.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "k8s/base64.h"

namespace k8s {

void KubeconfigNode::Fail(const std::string& what) const {
  // An empty document has no line.
  const int line = std::max(node_ ? node_.Mark().line : 0, 0) + 1;
  throw KubeconfigRefusal{*file_ + ":" + std::to_string(line) + ": " + what};
}

bool KubeconfigNode::Has(const char* key) const {
  const YAML::Node value = node_[key];
  return value && !value.IsNull();
}

KubeconfigNode KubeconfigNode::At(const char* key) const {
  if (!Has(key)) Fail(std::string(key) + " is missing");
  return {file_, node_[key]};
}

std::string KubeconfigNode::Text(const char* key) const {
  if (!Has(key)) return "";
  const KubeconfigNode value = At(key);
  if (!value.node_.IsScalar()) value.Fail(std::string(key) + " must be text");
  return value.node_.Scalar();
}

bool KubeconfigNode::Flag(const char* key) const {
  const std::string text = Text(key);
  if (text.empty() || text == "false") return false;
  if (text != "true") At(key).Fail(std::string(key) + " must be true or false");
  return true;
}

std::vector<KubeconfigNode> KubeconfigNode::List(const char* key) const {
  std::vector<KubeconfigNode> items;
  if (!Has(key)) return items;
  const KubeconfigNode list = At(key);
  if (!list.node_.IsSequence()) {
    list.Fail(std::string(key) + " must be a list");
  }
  for (const auto& item : list.node_) items.push_back({file_, item});
  return items;
}

std::string KubeconfigNode::Path(const std::string& path) const {
  if (path.empty() || path[0] == '/') return path;
  return (std::filesystem::path(*file_).parent_path() / path).string();
}

Secret KubeconfigNode::FileOrData(const std::string& key) const {
  const std::string data_key = key + "-data";
  Secret secret;
  const std::string data = Text(data_key.c_str());
  if (data.empty()) {
    secret.file = Path(Text(key.c_str()));
    return secret;
  }
  const KubeconfigNode place = At(data_key.c_str());
  const std::optional<std::string> bytes = DecodeBase64(data);
  if (!bytes) place.Fail(data_key + " is not base64");
  if (bytes->find("-----BEGIN ") == std::string::npos) {
    place.Fail(data_key + " is base64, but not of a PEM text");
  }
  secret.data = *bytes;
  return secret;
}

void KubeconfigNode::Refuse(std::initializer_list<const char*> keys,
                            const std::string& why) const {
  for (const char* key : keys) {
    if (!Has(key)) continue;
    const KubeconfigNode value = At(key);
    const bool unset =
        value.node_.IsScalar() &&
        (value.node_.Scalar().empty() || value.node_.Scalar() == "false");
    if (!unset) value.Fail(key + (" " + why));
  }
}

}  // namespace k8s
