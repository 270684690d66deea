#include "k8s/bounded_json.h"

#include <nlohmann/json.hpp>

namespace k8s {

using nlohmann::json;

std::optional<json> ParseBoundedJson(std::string_view text) {
  // Strings are skipped, so brackets inside them do not count.
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return std::nullopt;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return std::nullopt;
  return document;
}

const json* FindMember(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string StringMember(const json& object, const char* key) {
  const json* member = FindMember(object, key);
  if (member == nullptr || !member->is_string()) return "";
  return member->get<std::string>();
}

}  // namespace k8s
