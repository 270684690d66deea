// metav1.Status, and whatever else a proxy may answer in its place.
#include <string>

#include "k8s/status.h"
#include "tests/fuzz/fuzz.h"

// An error is one printable sentence, whatever came.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const k8s::LeaseName kName{"shop", "web"};
  if (size < 2) return 0;
  k8s::HttpAnswer answer;
  answer.status = 100 + (data[0] * 256 + data[1]) % 500;
  answer.body = std::string(fuzz::Text(data + 2, size - 2));
  const k8s::ApiError error = k8s::ErrorFromAnswer({"update", kName}, answer);
  FUZZ_CHECK(!error.message.empty());
  FUZZ_CHECK(error.message.size() < 4096);
  for (const char c : error.message) {
    FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  FUZZ_CHECK(!k8s::SaysLeaseIsAbsent(answer, kName) || answer.status == 404);
  FUZZ_CHECK(!k8s::SaysLeaseExists(answer) || answer.status == 422);
  return 0;
}
