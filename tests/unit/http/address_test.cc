// Where to listen, and what is said when that cannot be.
#include "agent/http/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

TEST(AddressTest, IsShownAsInAUrl) {
  EXPECT_EQ(MakeAddress("127.0.0.1", 4040)->ToString(), "127.0.0.1:4040");
  EXPECT_EQ(MakeAddress("::1", 4040)->ToString(), "[::1]:4040");
}

TEST(AddressTest, TakesIpAddressesOnly) {
  for (const char* text : {"", "localhost", "[::1]", "127.1", "300.0.0.1"}) {
    const auto address = MakeAddress(text, 4040);

    ASSERT_FALSE(address) << text;
    EXPECT_THAT(address.error().message,
                testing::StartsWith("\"" + std::string(text) +
                                    "\" is not an address to listen on"));
  }
}

TEST(AddressTest, PortZeroIsReplacedByTheOneTheKernelChose) {
  const auto listener = Listen(Loopback());

  ASSERT_TRUE(listener);
  EXPECT_NE(listener->address.port(), 0);
}

TEST(AddressTest, PortInUseIsAClearError) {
  const auto first = Listen(Loopback());
  ASSERT_TRUE(first);

  const auto second = Listen(first->address);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            first->address.ToString() + " is in use by another process");
  EXPECT_FALSE(second.error().no_such_address);
}

// 192.0.2.1 is for documents: no machine has it.
std::vector<Address> MissingAddress() { return {*MakeAddress("192.0.2.1", 0)}; }

base::Result<std::unique_ptr<Loop>> CreateLoop(std::vector<Address> addresses) {
  return Loop::Create({{std::move(addresses), HostRule::kAny, Echo}}, {},
                      [] { return base::Instant{}; });
}

TEST(AddressTest, AMissingAddressIsLeftOutIfAnotherIsThere) {
  std::vector<Address> addresses = MissingAddress();
  addresses.push_back(Loopback());

  const auto loop = CreateLoop(addresses);

  ASSERT_TRUE(loop);
  ASSERT_EQ((*loop)->bound(0).size(), 1u);
  EXPECT_THAT((*loop)->bound(0)[0].ToString(),
              testing::StartsWith("127.0.0.1:"));
}

TEST(AddressTest, AMissingAddressAloneIsAnError) {
  const auto loop = CreateLoop(MissingAddress());

  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().message,
            "192.0.2.1:0 is not an address of this machine");
}

TEST(AddressTest, APortInUseIsAnErrorEvenIfAnotherAddressIsThere) {
  const auto taken = Listen(Loopback());
  ASSERT_TRUE(taken);

  EXPECT_FALSE(CreateLoop({Loopback(), taken->address}));
}

TEST(AddressTest, AllAddressesAreReachedOverIPv4) {
  const auto listener = Listen(*MakeAddress("::", 0));
  ASSERT_TRUE(listener);

  // Connects, or ends the test.
  const Client client(*MakeAddress("127.0.0.1", listener->address.port()));
}

}  // namespace
}  // namespace http
