#include "agent/runtime/listen_address.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

std::string Parsed(std::string_view text, UnnamedHost unnamed) {
  const auto addresses = ParseListenAddresses(text, unnamed);
  if (!addresses) return "refused";
  std::string list;
  for (const ListenAddress& address : *addresses) {
    list += (list.empty() ? "" : " ") + address.ToString();
    if (address.loopback) list += "(loopback)";
    if (address.wildcard) list += "(any)";
  }
  return list;
}

std::string Loopback(std::string_view text) {
  return Parsed(text, UnnamedHost::kLoopback);
}

TEST(ListenAddressTest, ShortFormsMeanBothLoopbackAddresses) {
  const std::string both = "127.0.0.1:4040(loopback) [::1]:4040(loopback)";
  EXPECT_EQ(Loopback("4040"), both);
  EXPECT_EQ(Loopback(":4040"), both);
  EXPECT_EQ(Loopback("localhost:4040"), both);
  EXPECT_EQ(Loopback("127.0.0.1:4040, [::1]:4040"), both);
}

TEST(ListenAddressTest, ShortFormsMeanEveryAddressWhereThatIsWanted) {
  EXPECT_EQ(Parsed("4041", UnnamedHost::kAny), "[::]:4041(any)");
  EXPECT_EQ(Parsed(":4041", UnnamedHost::kAny), "[::]:4041(any)");
  EXPECT_EQ(Parsed("0.0.0.0:4041", UnnamedHost::kAny), "0.0.0.0:4041(any)");
}

TEST(ListenAddressTest, AddressesAreSpelledOneWay) {
  EXPECT_EQ(Loopback("[0:0:0::1]:1"), "[::1]:1(loopback)");
  EXPECT_EQ(Loopback("10.0.0.1:65535"), "10.0.0.1:65535");
}

TEST(ListenAddressTest, RefusesWhatIsNoAddressWithAPort) {
  for (const char* text :
       {"", ":", "web:4040", "127.0.0.1", "::1:4040", "[::1]", "[::1]4040",
        "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:4040x", "[127.0.0.1]:1",
        "127.0.0.1:1,", ",", "127.1:80", "http://127.0.0.1:80",
        "[::1%lo]:80"}) {
    EXPECT_EQ(Loopback(text), "refused") << text;
  }
}

// 127.0.0.1 as an IPv6 address reaches IPv4's loopback, yet it is not ::1.
TEST(ListenAddressTest, AMappedAddressIsNotTakenForLoopback) {
  EXPECT_EQ(Loopback("[::ffff:127.0.0.1]:1"), "[::ffff:127.0.0.1]:1");
}

}  // namespace
}  // namespace runtime
