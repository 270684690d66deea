// Any text at all in place of a manifest: what can be injected comes back byte
// for byte, and injecting twice is injecting once.
#include <string>

#include "agent/inject/inject.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::Text(data, size));
  inject::Options options;
  options.lease_name = "web";
  for (const inject::Rbac rbac : {inject::Rbac::kNone, inject::Rbac::kAppend}) {
    options.rbac = rbac;
    const auto original = inject::Remove(text, "manifest");
    const auto added = inject::Add(text, options);
    if (!added) {
      FUZZ_CHECK(!added.error().message.empty());
      continue;
    }
    FUZZ_CHECK(original);
    const auto removed = inject::Remove(*added, "manifest");
    FUZZ_CHECK(removed && *removed == *original);
    const auto again = inject::Add(*added, options);
    FUZZ_CHECK(again && *again == *added);
  }
  return 0;
}
