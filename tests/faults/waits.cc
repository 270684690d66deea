#include "tests/faults/waits.h"

#include <algorithm>

namespace faults {

Span LongestWait(std::vector<Span> led, const std::vector<Span>& disturbed) {
  if (led.empty()) return {};
  base::Instant covered = led.front().from;
  base::Instant end = led.front().to;
  for (const Span& span : led) {
    covered = std::min(covered, span.from);
    end = std::max(end, span.to);
  }
  // Whatever ends a wait: somebody leads, or it does not count.
  led.insert(led.end(), disturbed.begin(), disturbed.end());
  std::sort(led.begin(), led.end(),
            [](const Span& a, const Span& b) { return a.from < b.from; });
  Span longest{};
  for (const Span& span : led) {
    const Span wait{covered, std::min(span.from, end)};
    if (wait.length() > longest.length()) longest = wait;
    covered = std::max(covered, span.to);
  }
  return longest;
}

}  // namespace faults
