#include "agent/runtime/listen_address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>

namespace runtime {
namespace {

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

// Nothing unless `host` is an IP address. Spelled as the system spells it.
std::optional<ListenAddress> ParseHost(const std::string& host,
                                       std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    inet_ntop(AF_INET, &v4, text.data(), text.size());
    const std::uint32_t bits = ntohl(v4.s_addr);
    return ListenAddress{text.data(), port, bits >> 24 == 127, bits == 0};
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    inet_ntop(AF_INET6, &v6, text.data(), text.size());
    return ListenAddress{text.data(), port, IN6_IS_ADDR_LOOPBACK(&v6) != 0,
                         IN6_IS_ADDR_UNSPECIFIED(&v6) != 0};
  }
  return std::nullopt;
}

bool ParseOne(std::string_view text, UnnamedHost unnamed,
              std::vector<ListenAddress>& addresses) {
  const std::size_t colon = text.rfind(':');
  std::string_view host;
  std::string_view port_text = text;
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
  }
  const auto port = ParsePort(port_text);
  if (!port) return false;
  if (host == "localhost" ||
      (host.empty() && unnamed == UnnamedHost::kLoopback)) {
    addresses.push_back(*ParseHost("127.0.0.1", *port));
    addresses.push_back(*ParseHost("::1", *port));
    return true;
  }
  if (host.empty()) host = "[::]";
  const bool bracketed =
      host.size() > 2 && host.front() == '[' && host.back() == ']';
  // "::1:4040" could mean two things.
  if (!bracketed && host.find(':') != std::string_view::npos) return false;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = ParseHost(std::string(host), *port);
  if (!address || bracketed != (address->host.find(':') != std::string::npos)) {
    return false;
  }
  addresses.push_back(*address);
  return true;
}

}  // namespace

std::string ListenAddress::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

base::Result<std::vector<ListenAddress>> ParseListenAddresses(
    std::string_view text, UnnamedHost unnamed) {
  std::vector<ListenAddress> addresses;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view one = text.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!ParseOne(one, unnamed, addresses)) {
      return base::Error{
          unnamed == UnnamedHost::kLoopback
              ? "it must be an address with a port, such as 127.0.0.1:4040, "
                "[::1]:4040 or localhost:4040"
              : "it must be an address with a port, such as [::]:4041 or "
                "0.0.0.0:4041, or off"};
    }
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace runtime
