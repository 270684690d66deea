#include "k8s/micro_time.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "agent/base/check.h"

namespace k8s {
namespace {

using std::chrono::microseconds;

// Takes the text apart from the left. Every step fails once one has failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Exactly `digits` digits.
  int Number(int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = Next();
      ok_ = ok_ && c >= '0' && c <= '9';
      value = value * 10 + (c - '0');
    }
    return ok_ ? value : 0;
  }

  void Literal(char wanted) { ok_ = (Next() == wanted) && ok_; }

  bool Peek(char wanted) const { return !rest_.empty() && rest_[0] == wanted; }
  bool PeekDigit() const {
    return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
  }
  void Require(bool condition) { ok_ = ok_ && condition; }
  bool DoneWell() const { return ok_ && rest_.empty(); }

 private:
  char Next() {
    if (rest_.empty()) {
      ok_ = false;
      return '0';
    }
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// ".123" as microseconds; nothing if there is no fraction.
microseconds Fraction(Scanner& in) {
  if (!in.Peek('.')) return microseconds(0);
  in.Literal('.');
  int value = 0;
  int digits = 0;
  while (in.PeekDigit() && digits < 9) {
    const int digit = in.Number(1);
    if (digits < 6) value = value * 10 + digit;
    ++digits;
  }
  in.Require(digits > 0);
  for (int i = digits; i < 6; ++i) value *= 10;
  return microseconds(value);
}

// "Z", "+02:00" or "-05:30".
std::chrono::minutes Offset(Scanner& in) {
  if (in.Peek('Z')) {
    in.Literal('Z');
    return std::chrono::minutes(0);
  }
  const int sign = in.Peek('-') ? -1 : 1;
  in.Literal(sign < 0 ? '-' : '+');
  const int hours = in.Number(2);
  in.Literal(':');
  const int minutes = in.Number(2);
  in.Require(hours < 24 && minutes < 60);
  return std::chrono::minutes(sign * (hours * 60 + minutes));
}

}  // namespace

std::string FormatMicroTime(MicroTime time) {
  const std::chrono::sys_time<microseconds> at{microseconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<microseconds> clock(at - day);
  const int year = static_cast<int>(date.year());
  CHECK(year >= 1 && year <= 9999);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                year, static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<MicroTime> ParseMicroTime(std::string_view text) {
  Scanner in(text);
  const std::chrono::year year(in.Number(4));
  in.Literal('-');
  const std::chrono::month month(static_cast<unsigned>(in.Number(2)));
  in.Literal('-');
  const std::chrono::day day(static_cast<unsigned>(in.Number(2)));
  in.Literal('T');
  const int hours = in.Number(2);
  in.Literal(':');
  const int minutes = in.Number(2);
  in.Literal(':');
  const int seconds = in.Number(2);
  const microseconds fraction = Fraction(in);
  const std::chrono::minutes offset = Offset(in);
  const std::chrono::year_month_day date(year, month, day);
  if (!in.DoneWell() || !date.ok() || hours > 23 || minutes > 59 ||
      seconds > 59) {
    return std::nullopt;
  }
  const std::chrono::sys_time<microseconds> at =
      std::chrono::sys_days(date) + std::chrono::hours(hours) +
      std::chrono::minutes(minutes) + std::chrono::seconds(seconds) + fraction -
      offset;
  // An offset can lead out of the years that FormatMicroTime can write.
  const std::chrono::year_month_day utc(
      std::chrono::floor<std::chrono::days>(at));
  if (static_cast<int>(utc.year()) < 1 || static_cast<int>(utc.year()) > 9999) {
    return std::nullopt;
  }
  return at.time_since_epoch().count();
}

}  // namespace k8s
