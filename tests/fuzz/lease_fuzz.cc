// The Lease, times and marks as the API server sends them.
#include <string>

#include "k8s/lease_json.h"
#include "k8s/micro_time.h"
#include "tests/fuzz/fuzz.h"

// What was understood is written back, and then understood in the same way.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  if (const auto lease = k8s::DecodeLease(text, "web")) {
    FUZZ_CHECK(lease->resource_version > 0);
    const auto body =
        k8s::EncodeLeaseWrite({*lease, lease->record}, "shop", "web");
    if (body) {
      const auto again = k8s::DecodeLease(*body, "web");
      FUZZ_CHECK(again);
      FUZZ_CHECK(again->record == lease->record);
      FUZZ_CHECK(again->resource_version == lease->resource_version);
    }
  }
  if (const auto time = k8s::ParseMicroTime(text)) {
    FUZZ_CHECK(k8s::ParseMicroTime(k8s::FormatMicroTime(*time)) == time);
  }
  if (const auto mark = k8s::ParseReleaseMark(text)) {
    FUZZ_CHECK(k8s::ParseReleaseMark(k8s::FormatReleaseMark(*mark)) == mark);
  }
  return 0;
}
