// What --print-config and the start of the log say.
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

using testing::HasSubstr;

std::string PrintConfig(Arguments arguments, Environment environment = {}) {
  arguments.emplace_back("--print-config");
  const auto loaded = Load(arguments, std::move(environment));
  EXPECT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, 0) << loaded.error().err;
  return loaded.error().out;
}

TEST(ConfigDescribeTest, PrintConfigShowsEachValueWithItsOrigin) {
  EXPECT_EQ(PrintConfig({"--lease-name=web", "--trust-new-lease"},
                        {{"POD_NAME", "web-7c9"},
                         {"LEADER_ELECTOR_STOP_ORDER", "sidecar-last"}}),
            R"(leaseName: web                            # flag --lease-name
# leaseNamespace                          # not set: that of the kubeconfig context or the service account
identity: web-7c9                         # environment POD_NAME
# kubeconfig                              # not set: $KUBECONFIG, the service account or ~/.kube/config
# context                                 # not set: the kubeconfig's current-context
leaseDuration: 15s                        # default
renewDeadline: 10s                        # default
retryPeriod: 2s                           # default
stopGrace: 4s                             # default
stopOrder: sidecar-last                   # environment LEADER_ELECTOR_STOP_ORDER
httpAddress: "127.0.0.1:4040,[::1]:4040"  # default
metricsAddress: "[::]:4041"               # default
logLevel: info                            # default
logFormat: logfmt                         # default
trustNewLease: true                       # flag --trust-new-lease
trustClientGoRelease: false               # default
acceptRestoredStore: false                # default
hostNetwork: false                        # default
oldFleetStopped: false                    # default

# A leader stops leading at most 10s after it sent its last answered renewal.
# Others wait 15s before they take over. So the main container has 4s to stop
# its work, even if clocks differ by 1 %. If it looks only at the status code of
# /leader, then the time between two looks, its timeout and the time it takes to
# stop must together be at most 4s.
)");
}

TEST(ConfigDescribeTest, WhatPrintConfigPrintsIsAFileThatSetsTheSame) {
  const Arguments arguments{"--lease-name=web",
                            "--lease-namespace=shop",
                            "--identity=Null:#\"x\\",
                            "--kubeconfig=/a b/c",
                            "--context=-",
                            "--lease-duration=1m30s",
                            "--renew-deadline=20.5s",
                            "--stop-grace=1500ms",
                            "--http-address=4050",
                            "--metrics-address=off",
                            "--log-format=json",
                            "--accept-restored-store"};
  const auto first = Load(arguments);
  ASSERT_TRUE(first) << first.error().err;
  const ConfigFile file(DescribeConfig(*first));

  const auto second = Load({file.flag()});

  ASSERT_TRUE(second) << second.error().err;
  ASSERT_EQ(second->values.size(), first->values.size());
  for (std::size_t i = 0; i < first->values.size(); ++i) {
    EXPECT_EQ(second->values[i].value, first->values[i].value)
        << first->values[i].name;
  }
  EXPECT_EQ(second->http_addresses, first->http_addresses);
  EXPECT_EQ(second->identity, first->identity);
  EXPECT_EQ(second->election.stop_grace, first->election.stop_grace);
}

TEST(ConfigDescribeTest, TheLogStartsWithWhatWasSetAndWhatTheTimingPromises) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto config = LoadWeb({"--stop-grace=3s"}, {{"POD_NAME", "web-7c9"}});
  ASSERT_TRUE(config);
  Log log(LogLevel::kInfo, LogFormat::kLogfmt, ends[1], [] { return 0; });

  LogConfig(*config, log);

  std::string text(8192, '\0');
  text.resize(
      static_cast<std::size_t>(read(ends[0], text.data(), text.size())));
  close(ends[0]);
  close(ends[1]);
  EXPECT_THAT(text, HasSubstr("set=\"leaseName=web (flag --lease-name), "
                              "identity=web-7c9 (environment POD_NAME), "
                              "stopGrace=3s (flag --stop-grace)\""));
  EXPECT_THAT(text,
              HasSubstr("msg=\"checked timing\" lease_duration_ms=15000 "
                        "renew_deadline_ms=10000 retry_period_ms=2000 "
                        "stop_grace_ms=3000 longest_stop_grace_ms=4702 "
                        "stop_order=together meaning=\"A leader stops leading "
                        "at most 10s after"));
}

}  // namespace
}  // namespace runtime
