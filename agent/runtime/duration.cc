#include "agent/runtime/duration.h"

#include <array>
#include <cstdint>

namespace runtime {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
// Longest first. A unit that begins like another ("ms", "m") is told apart by
// taking all letters that follow the number.
constexpr std::array<Unit, 5> kUnits{{{"h", 3'600'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "1.5" before a unit of `unit_ns`, in nanoseconds.
std::optional<std::int64_t> Scale(std::string_view number,
                                  std::int64_t unit_ns) {
  std::int64_t sum = 0;
  std::int64_t place = unit_ns;
  bool fraction = false;
  int digits = 0;
  for (const char c : number) {
    if (c == '.') {
      if (fraction) return std::nullopt;
      fraction = true;
      continue;
    }
    if (!IsDigit(c)) return std::nullopt;
    ++digits;
    const std::int64_t digit = c - '0';
    if (fraction) {
      if (place % 10 != 0 && digit != 0) return std::nullopt;
      place /= 10;
      sum += digit * place;
    } else {
      sum = sum * 10 + digit * unit_ns;
      if (sum > kLongestDuration.count()) return std::nullopt;
    }
  }
  if (digits == 0 || number.back() == '.') return std::nullopt;
  return sum;
}

// `count` units, with up to six digits after the point and no zeros at the end.
std::string Decimal(std::int64_t ns, const Unit& unit) {
  std::string text = std::to_string(ns / unit.ns);
  std::string digits;
  std::int64_t rest = ns % unit.ns;
  for (std::int64_t place = unit.ns / 10; place >= 1'000 && rest > 0;
       place /= 10) {
    digits += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (!digits.empty()) text += "." + digits;
  return text + std::string(unit.name);
}

}  // namespace

std::optional<base::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return base::Duration(0);
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && (IsDigit(text[end]) || text[end] == '.')) ++end;
    const std::string_view number = text.substr(0, end);
    text.remove_prefix(end);
    end = 0;
    while (end < text.size() && !IsDigit(text[end]) && text[end] != '.') ++end;
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(end);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) {
      ++next_unit;
    }
    if (next_unit == kUnits.size()) return std::nullopt;
    const auto part = Scale(number, kUnits[next_unit++].ns);
    if (!part) return std::nullopt;
    sum += *part;
    if (sum > kLongestDuration.count()) return std::nullopt;
  }
  return base::Duration(sum);
}

std::string FormatDuration(base::Duration duration) {
  const auto [hour, minute, second, milli, micro] = kUnits;
  std::int64_t ns = duration.count();
  if (ns < 0) return "-" + FormatDuration(base::Duration(-ns));
  ns -= ns % micro.ns;
  if (ns == 0) return "0s";
  if (ns < milli.ns) return Decimal(ns, micro);
  if (ns < second.ns) return Decimal(ns, milli);
  std::string text;
  for (const Unit& unit : {hour, minute}) {
    if (ns >= unit.ns) text += std::to_string(ns / unit.ns).append(unit.name);
    ns %= unit.ns;
  }
  if (ns > 0) text += Decimal(ns, second);
  return text;
}

}  // namespace runtime
