#include "agent/runtime/quote.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace runtime {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // 0: not UTF-8.
};

// The first code point of `text`. Overlong forms, surrogates and what lies past
// U+10FFFF are no UTF-8.
CodePoint First(std::string_view text) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0   ? 4
                           : lead >= 0xE0 ? 3
                           : lead >= 0xC0 ? 2
                                          : 0;
  if (size == 0 || lead >= 0xF8) return {};
  std::uint32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[size] || value > 0x10FFFF ||
      (value >= 0xD800 && value <= 0xDFFF)) {
    return {};
  }
  return {value, size};
}

// Line ends and what moves text about on a screen.
bool IsControl(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void AppendEscaped(std::uint32_t c, std::string& out) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", c & 0xFFFFU);
  out += text.data();
}

}  // namespace

bool NeedsQuotes(std::string_view text) {
  return text.empty() || !std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < '\x7F' && c != '"' && c != '=' && c != '\\';
         });
}

namespace {

void AppendEscapedText(std::string_view text, bool for_quotes,
                       std::string& out) {
  while (!text.empty()) {
    const CodePoint c = First(text);
    if (c.size == 0) {
      out += kReplacement;
    } else if (for_quotes && (c.value == '"' || c.value == '\\')) {
      out += '\\';
      out += text.front();
    } else if (IsControl(c.value)) {
      AppendEscaped(c.value, out);
    } else {
      out += text.substr(0, c.size);
    }
    text.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
}

}  // namespace

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  AppendEscapedText(text, /*for_quotes=*/true, out);
  out += '"';
}

std::string Printable(std::string_view text) {
  std::string printable;
  AppendEscapedText(text, /*for_quotes=*/false, printable);
  return printable;
}

std::string Shown(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  const std::string_view cut = text.substr(0, kLongest);
  std::string shown;
  if (NeedsQuotes(cut)) {
    AppendQuoted(cut, shown);
  } else {
    shown = cut;
  }
  return text.size() > kLongest ? shown + "..." : shown;
}

}  // namespace runtime
