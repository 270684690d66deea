// RFC 3339 times as the Kubernetes API writes them (metav1.MicroTime). Text and
// numbers only; reads no clock.
// Source: apimachinery meta/v1/micro_time.go.
#ifndef K8S_MICRO_TIME_H_
#define K8S_MICRO_TIME_H_

#include <optional>
#include <string>
#include <string_view>

#include "k8s/lease.h"

namespace k8s {

// UTC with exactly six fractional digits, "2026-08-21T10:15:02.123456Z": the
// API server takes nothing else. Only years 1 to 9999 can be written.
std::string FormatMicroTime(MicroTime time);

// Reads what others may write: 0 to 9 fractional digits (cut to microseconds)
// and any UTC offset. Empty if the text is anything else.
std::optional<MicroTime> ParseMicroTime(std::string_view text);

}  // namespace k8s

#endif  // K8S_MICRO_TIME_H_
