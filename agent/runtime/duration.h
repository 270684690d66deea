// Durations as people write them: 15s, 500ms, 1m30s, 1.5s. Text only; what a
// duration may be is decided where it is used. Stateless, any thread.
#ifndef AGENT_RUNTIME_DURATION_H_
#define AGENT_RUNTIME_DURATION_H_

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"

namespace runtime {

// Units h, m, s, ms, us, each at most once and in this order, a fraction
// allowed; "0" needs no unit. Nothing for anything else: a sign, a missing
// unit, more than kLongestDuration, a part of a nanosecond.
std::optional<base::Duration> ParseDuration(std::string_view text);

// A day. Far from where nanoseconds in 64 bits overflow.
inline constexpr base::Duration kLongestDuration = std::chrono::hours(24);

// The shortest of these spellings that is exact to the microsecond: "15s",
// "500ms", "1m30s", "6.6s". Less than a microsecond is cut off.
std::string FormatDuration(base::Duration duration);

}  // namespace runtime

#endif  // AGENT_RUNTIME_DURATION_H_
