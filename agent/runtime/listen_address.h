// Where a listener listens, as people write it. Parses text; opens nothing.
// Stateless, any thread.
#ifndef AGENT_RUNTIME_LISTEN_ADDRESS_H_
#define AGENT_RUNTIME_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"

namespace runtime {

struct ListenAddress {
  std::string host;  // An IP address, IPv6 without brackets.
  std::uint16_t port = 0;
  bool loopback = false;
  bool wildcard = false;  // 0.0.0.0 or ::.

  std::string ToString() const;  // "127.0.0.1:4040", "[::1]:4040".
  bool operator==(const ListenAddress&) const = default;
};

// What stands for a host that is not named: "4040" or ":4040".
enum class UnnamedHost { kLoopback, kAny };

// One address or several with commas between: "127.0.0.1:4040", "[::1]:4040",
// "localhost:4040" (both loopback addresses), ":4040", "4040". Host names are
// not looked up. The error says what is wanted: "it must be ...".
base::Result<std::vector<ListenAddress>> ParseListenAddresses(
    std::string_view text, UnnamedHost unnamed);

}  // namespace runtime

#endif  // AGENT_RUNTIME_LISTEN_ADDRESS_H_
