// One line an event, to stderr, as logfmt or JSON. Any thread.
//
//   log.Info("became leader", {{"lease", name}, {"valid_for_ms", 9980}});
//
// Never throws and never waits: a line that the pipe has no room for is dropped
// and counted, because a stuck reader of our stderr must not cost us the lease.
// The next line that goes out tells how many are missing.
#ifndef AGENT_RUNTIME_LOG_H_
#define AGENT_RUNTIME_LOG_H_

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/base/time.h"
#include "k8s/lease.h"

namespace runtime {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

// A fact of a log line. Borrows its text: it lives as long as the call. The key
// is one of our own words, in snake_case, with the unit at the end.
struct LogField {
  using Value =
      std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view name, std::string_view text)
      : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text)
      : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const char* text)
      : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, std::same_as<bool> auto truth)
      : key(name), value(truth) {}
  LogField(std::string_view name, std::signed_integral auto number)
      : key(name), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view name, std::unsigned_integral auto number) requires(
      !std::same_as<decltype(number), bool>)
      : key(name), value(static_cast<std::uint64_t>(number)) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}

  std::string_view key;
  Value value;
};
using LogFields = std::span<const LogField>;

// One whole line, with its newline, never longer than kLongestLogLine: a value
// that is too long is cut, fields that do not fit are left out and `truncated`
// is set.
inline constexpr std::size_t kLongestLogLine = 4096;  // PIPE_BUF: never torn.
void FormatLogLine(LogFormat format, k8s::MicroTime at, LogLevel level,
                   std::string_view message, LogFields fields,
                   std::string& line);

class Log {
 public:
  using WallClock = std::function<k8s::MicroTime()>;

  // `fd` stays open as long as this lives; it is not closed here. The program
  // ignores SIGPIPE.
  Log(LogLevel level, LogFormat format, int fd, WallClock clock);

  void Debug(std::string_view message,
             std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kDebug, message, {fields.begin(), fields.size()});
  }
  void Info(std::string_view message,
            std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kInfo, message, {fields.begin(), fields.size()});
  }
  void Warn(std::string_view message,
            std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kWarn, message, {fields.begin(), fields.size()});
  }
  void Error(std::string_view message,
             std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kError, message, {fields.begin(), fields.size()});
  }

  void Write(LogLevel level, std::string_view message,
             LogFields fields) noexcept;

  // Whether a line of this level is written at all.
  bool Shows(LogLevel level) const { return level >= level_; }

 private:
  bool HasRoom() const;

  const LogLevel level_;
  const LogFormat format_;
  const int fd_;
  const WallClock clock_;
  base::Mutex mutex_;
  std::string line_ GUARDED_BY(mutex_);  // Kept, so that its memory is reused.
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
};

// Something that is tried again and again, such as a read of the lease. Says so
// on the first failure, again when the cause changes, and when it is over; what
// lies between is counted. One thread.
class FailureLog {
 public:
  // `failed` and `recovered` are messages in the past tense: "failed to renew
  // the lease", "renewed the lease again".
  FailureLog(Log& log, std::string failed, std::string recovered)
      : log_(log),
        failed_(std::move(failed)),
        recovered_(std::move(recovered)) {}

  // `cause` tells kinds of failure apart ("403", "timeout"); `error` is the
  // whole sentence. A cause seen before in this run of failures is only
  // counted.
  void Failed(base::Instant now, std::string_view cause,
              std::string_view error);
  void Succeeded(base::Instant now);

  bool failing() const { return count_ > 0; }

 private:
  Log& log_;
  const std::string failed_;
  const std::string recovered_;
  std::uint64_t count_ = 0;
  base::Instant since_;
  std::vector<std::string> causes_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_LOG_H_
