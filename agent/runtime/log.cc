#include "agent/runtime/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "agent/runtime/quote.h"

namespace runtime {
namespace {

constexpr std::size_t kLongestValue = 1024;
constexpr std::size_t kLongestMessage = 256;
constexpr std::size_t kRoomForEnd = 32;  // `,"truncated":true}` and a newline.
constexpr std::size_t kMostCauses = 8;

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "?";
}

void AppendTime(k8s::MicroTime at, std::string& line) {
  using std::chrono::days;
  using std::chrono::microseconds;
  const std::chrono::sys_time<microseconds> time{microseconds(at)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  line.append(text.data(), static_cast<std::size_t>(std::max(size, 0)));
}

template <typename Number>
void AppendNumber(Number number, std::string& line) {
  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  line.append(text.data(), end);
}

// Writes values in one of the two formats.
struct ValueWriter {
  LogFormat format;
  std::string& line;

  void operator()(std::string_view text) const {
    const std::string_view cut = text.substr(0, kLongestValue);
    if (format == LogFormat::kLogfmt && !NeedsQuotes(cut)) {
      line += cut;
      return;
    }
    AppendQuoted(cut, line);
  }
  void operator()(bool truth) const { line += truth ? "true" : "false"; }
  void operator()(double number) const {
    if (!std::isfinite(number)) {
      line += "null";  // JSON has no word for it.
      return;
    }
    AppendNumber(number, line);
  }
  void operator()(std::int64_t number) const { AppendNumber(number, line); }
  void operator()(std::uint64_t number) const { AppendNumber(number, line); }
};

void AppendKey(LogFormat format, std::string_view key, std::string& line) {
  if (format == LogFormat::kLogfmt) {
    if (!line.empty()) line += ' ';
    line += key;
    line += '=';
    return;
  }
  line += line.empty() ? '{' : ',';
  AppendQuoted(key, line);
  line += ':';
}

}  // namespace

void FormatLogLine(LogFormat format, k8s::MicroTime at, LogLevel level,
                   std::string_view message, LogFields fields,
                   std::string& line) {
  line.clear();
  const ValueWriter write{format, line};
  AppendKey(format, "ts", line);
  if (format == LogFormat::kJson) line += '"';
  AppendTime(at, line);
  if (format == LogFormat::kJson) line += '"';
  AppendKey(format, "level", line);
  write(Name(level));
  AppendKey(format, "msg", line);
  AppendQuoted(message.substr(0, kLongestMessage), line);
  for (const LogField& field : fields) {
    const std::size_t before = line.size();
    AppendKey(format, field.key, line);
    std::visit(write, field.value);
    if (line.size() > kLongestLogLine - kRoomForEnd) {
      line.resize(before);
      AppendKey(format, "truncated", line);
      write(true);
      break;
    }
  }
  if (format == LogFormat::kJson) line += '}';
  line += '\n';
}

Log::Log(LogLevel level, LogFormat format, int fd, WallClock clock)
    : level_(level), format_(format), fd_(fd), clock_(std::move(clock)) {
  line_.reserve(2 * kLongestLogLine);
}

void Log::Write(LogLevel level, std::string_view message,
                LogFields fields) noexcept try {
  if (!Shows(level)) return;
  base::MutexLock lock(mutex_);
  if (!HasRoom()) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) {
    const LogField missing("lines", dropped_);
    FormatLogLine(format_, clock_(), LogLevel::kWarn, "dropped log lines",
                  {&missing, 1}, line_);
    if (write(fd_, line_.data(), line_.size()) < 0) return;
    dropped_ = 0;
    if (!HasRoom()) {
      ++dropped_;
      return;
    }
  }
  FormatLogLine(format_, clock_(), level, message, fields, line_);
  if (write(fd_, line_.data(), line_.size()) < 0) ++dropped_;
} catch (...) {
  // Out of memory: the line is lost, the lease need not be.
}

// poll() says writable when PIPE_BUF bytes fit, and no line is longer.
bool Log::HasRoom() const {
  pollfd ready{fd_, POLLOUT, 0};
  return poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

void FailureLog::Failed(base::Instant now, std::string_view cause,
                        std::string_view error) {
  if (count_++ == 0) since_ = now;
  if (causes_.size() == kMostCauses ||
      std::find(causes_.begin(), causes_.end(), cause) != causes_.end()) {
    return;
  }
  causes_.emplace_back(cause);
  log_.Warn(failed_, {{"cause", cause},
                      {"error", error},
                      {"failures", count_},
                      {"failing_for_ms", base::ToMs(now - since_)}});
}

void FailureLog::Succeeded(base::Instant now) {
  if (count_ == 0) return;
  log_.Info(recovered_, {{"failures", count_},
                         {"failed_for_ms", base::ToMs(now - since_)}});
  count_ = 0;
  causes_.clear();
}

}  // namespace runtime
