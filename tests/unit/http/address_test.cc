// Where to listen, and what is said when that cannot be.
#include "agent/http/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

std::vector<std::string> Parse(std::string_view text) {
  const auto addresses = ParseAddress(text);
  if (!addresses) return {"error: " + addresses.error().message};
  std::vector<std::string> texts;
  for (const Address& address : *addresses) texts.push_back(address.ToString());
  return texts;
}

TEST(AddressTest, ReadsAddressesWithPort) {
  EXPECT_THAT(Parse("127.0.0.1:4040"), testing::ElementsAre("127.0.0.1:4040"));
  EXPECT_THAT(Parse("[::1]:4040"), testing::ElementsAre("[::1]:4040"));
  EXPECT_THAT(Parse(":4041"), testing::ElementsAre("[::]:4041"));
  EXPECT_THAT(Parse("0.0.0.0:0"), testing::ElementsAre("0.0.0.0:0"));
}

TEST(AddressTest, LocalhostIsBothLoopbackAddresses) {
  EXPECT_THAT(Parse("localhost:4040"),
              testing::ElementsAre("127.0.0.1:4040", "[::1]:4040"));
}

TEST(AddressTest, SaysWhatItFoundAndWhatItWants) {
  for (const char* text :
       {"", "4040", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.1:-1", "web:4040", "::1:4040", "[::1:4040", "[]:4040",
        "300.0.0.1:4040", "127.0.0.1:4040 "}) {
    EXPECT_THAT(Parse(text),
                testing::ElementsAre(testing::AllOf(
                    testing::StartsWith("error: \"" + std::string(text) + "\""),
                    testing::HasSubstr("want 127.0.0.1:4040"))))
        << text;
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
std::vector<Address> MissingAddress() { return *ParseAddress("192.0.2.1:0"); }

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
  const auto listener = Listen((*ParseAddress(":0"))[0]);
  ASSERT_TRUE(listener);
  const std::string port = std::to_string(listener->address.port());

  // Connects, or ends the test.
  const Client client((*ParseAddress("127.0.0.1:" + port))[0]);
}

}  // namespace
}  // namespace http
