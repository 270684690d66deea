// A kubeconfig file, with everything that may stand in it.
#include <string>

#include "k8s/cluster_config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = k8s::ParseKubeconfig(std::string(fuzz::Text(data, size)),
                                           "/nowhere/config", "");
  if (!config) {
    FUZZ_CHECK(!config.error().message.empty());
    FUZZ_CHECK(config.error().message.find('\n') == std::string::npos);
    return 0;
  }
  FUZZ_CHECK(!config->host.empty());
  FUZZ_CHECK(config->port > 0 && config->port < 65536);
  return 0;
}
