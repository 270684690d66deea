#include "k8s/base64.h"

#include <cstdint>

namespace k8s {
namespace {

// 0 to 63, or -1.
int ValueOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = ValueOf(c);
    if (value < 0 || padding > 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    ++digits;
    if (digits % 4 == 0) {
      bytes.push_back(static_cast<char>(bits >> 16 & 0xff));
      bytes.push_back(static_cast<char>(bits >> 8 & 0xff));
      bytes.push_back(static_cast<char>(bits & 0xff));
    }
  }
  if ((digits + padding) % 4 != 0 || padding > 2) return std::nullopt;
  if (digits % 4 == 2) {
    bytes.push_back(static_cast<char>(bits >> 4 & 0xff));
  } else if (digits % 4 == 3) {
    bytes.push_back(static_cast<char>(bits >> 10 & 0xff));
    bytes.push_back(static_cast<char>(bits >> 2 & 0xff));
  }
  return bytes;
}

std::string EncodeBase64(std::string_view bytes) {
  constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      bits <<= 8;
      if (j < bytes.size()) bits |= static_cast<unsigned char>(bytes[j]);
    }
    text += kDigits[bits >> 18 & 63];
    text += kDigits[bits >> 12 & 63];
    text += i + 1 < bytes.size() ? kDigits[bits >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? kDigits[bits & 63] : '=';
  }
  return text;
}

}  // namespace k8s
