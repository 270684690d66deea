#include "k8s/yaml_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace k8s {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;
constexpr int kMaxNodes = 10'000;

json Scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  // "!" is what a quoted scalar has for a tag.
  if (node.Tag() == "!") return text;
  if (text == "true") return true;
  if (text == "false") return false;
  if (text.find_first_not_of("+-.0123456789eE") != std::string::npos) {
    return text;
  }
  std::int64_t whole = 0;
  if (YAML::convert<std::int64_t>::decode(node, whole)) return whole;
  double number = 0;
  if (YAML::convert<double>::decode(node, number)) return number;
  return text;
}

// False if it is too deep or too large.
bool Convert(const YAML::Node& node, int depth, int& nodes, json& out) {
  if (depth > kMaxDepth || ++nodes > kMaxNodes) return false;
  if (node.IsScalar()) {
    out = Scalar(node);
  } else if (node.IsSequence()) {
    out = json::array();
    for (const auto& item : node) {
      out.push_back(nullptr);
      if (!Convert(item, depth + 1, nodes, out.back())) return false;
    }
  } else if (node.IsMap()) {
    out = json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return false;
      json& value = out[entry.first.Scalar()];
      if (!Convert(entry.second, depth + 1, nodes, value)) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> YamlToJson(const YAML::Node& node) {
  json out;
  int nodes = 0;
  if (!Convert(node, 0, nodes, out)) return std::nullopt;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace k8s
