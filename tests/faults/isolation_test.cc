// What the campaign's faults stand on: a network of one's own, and a freezer.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/freezer.h"
#include "tests/support/network_namespace.h"
#include "tests/support/process.h"
#include "tests/support/tcp_proxy.h"

namespace support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Addresses() { return ReadFile("/proc/thread-self/net/dev"); }

TEST(NetworkNamespaceTest, HasLoopbackAloneAndIsLeftAgain) {
  if (const auto why = NetworkNamespace::WhyNot()) SKIP_OR_FAIL_IN_CI(*why);
  const NetworkNamespace network;
  std::string inside;
  {
    const EnterNetwork enter(network.fd());
    inside = Addresses();
  }

  EXPECT_NE(inside.find("lo:"), std::string::npos);
  // Two lines of head, and one for each network device.
  EXPECT_EQ(std::count(inside.begin(), inside.end(), '\n'), 3) << inside;
}

TEST(NetworkNamespaceTest, AFilterInItMeetsNobodyElse) {
  if (const auto why = NetworkNamespace::WhyNot()) SKIP_OR_FAIL_IN_CI(*why);
  const NetworkNamespace one;
  const NetworkNamespace other;

  one.Iptables({"-A", "INPUT", "-p", "tcp", "--dport", "1", "-j", "DROP"});

  EXPECT_NE(one.Iptables({"-S"}).find("DROP"), std::string::npos);
  EXPECT_EQ(other.Iptables({"-S"}).find("DROP"), std::string::npos);
}

TEST(FreezerTest, StopsAProgramAndLetsItGoOn) {
  if (const auto why = Freezer::WhyNot()) SKIP_OR_FAIL_IN_CI(*why);
  const TempDir folder;
  Process process(
      {.program = "/bin/sh",
       .args = {"-c", "trap 'exit 7' TERM; echo ready; while :; do :; done"},
       .output = folder / "out"});
  ASSERT_TRUE(
      Eventually(seconds(60), [&] { return process.Output() == "ready\n"; }));
  Freezer freezer;
  freezer.Take(process.id());

  freezer.Freeze();
  process.Signal(SIGTERM);
  EXPECT_FALSE(process.Wait(milliseconds(200)).has_value());
  freezer.Thaw();

  EXPECT_EQ(process.Wait(seconds(60)), (ExitStatus{.code = 7}));
}

}  // namespace
}  // namespace support
