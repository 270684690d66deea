#include "agent/runtime/dns_name.h"

#include <algorithm>

namespace runtime {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsLabelOfAnyLength(std::string_view text) {
  return !text.empty() && IsAlphanumeric(text.front()) &&
         IsAlphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

}  // namespace

bool IsDnsLabel(std::string_view text) {
  return text.size() <= 63 && IsLabelOfAnyLength(text);
}

bool IsDnsSubdomain(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!IsLabelOfAnyLength(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace runtime
