// The program's own YAML file.
#include <string>

#include "agent/runtime/raw_config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runtime::RawConfig raw;
  runtime::ReadYaml(std::string(fuzz::Text(data, size)), "config.yaml", raw);
  runtime::FillDefaults({{}, "host"}, raw);
  const runtime::Config config = runtime::CheckConfig(raw);
  if (!raw.errors().empty()) return 0;
  // What passed the check is safe to run.
  const election::Config& election = config.election;
  FUZZ_CHECK(election.retry_period > base::Duration::zero());
  FUZZ_CHECK(election.renew_deadline > election.retry_period);
  FUZZ_CHECK(election.renew_deadline + election.stop_grace <
             election.lease_duration);
  FUZZ_CHECK(!config.lease_name.empty() && !config.identity.empty());
  return 0;
}
