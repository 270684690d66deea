// What an exec credential plugin prints.
#include <string>

#include "k8s/exec_plugin.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::Text(data, size));
  for (const char* version : {"client.authentication.k8s.io/v1",
                              "client.authentication.k8s.io/v1beta1"}) {
    const auto credential = k8s::DecodeExecCredential(text, version);
    if (!credential) {
      FUZZ_CHECK(!credential.error().message.empty());
      continue;
    }
    FUZZ_CHECK(!credential->token.empty() || !credential->certificate.empty());
    // A header of HTTP must not be split by it.
    FUZZ_CHECK(credential->token.find_first_of("\r\n") == std::string::npos);
  }
  return 0;
}
