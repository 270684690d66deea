// Writes a piece of YAML as JSON, for a plugin that reads JSON.
#ifndef K8S_YAML_JSON_H_
#define K8S_YAML_JSON_H_

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

namespace k8s {

// Plain scalars that look like numbers, true, false and null become those.
// Empty if it is deeper or larger than any plugin's configuration: an alias may
// stand for a thousand others.
std::optional<std::string> YamlToJson(const YAML::Node& node);

}  // namespace k8s

#endif  // K8S_YAML_JSON_H_
