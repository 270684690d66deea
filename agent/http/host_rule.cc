#include "agent/http/host_rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <string>

namespace http {
namespace {

bool IsPort(std::string_view text, std::uint16_t port) {
  std::uint16_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && value == port;
}

bool IsLoopback6(std::string_view bracketed) {
  if (bracketed.size() < 2 || bracketed.back() != ']') return false;
  const std::string text(bracketed.substr(1, bracketed.size() - 2));
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&address);
}

bool IsLoopback4(std::string_view text) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace

bool IsLoopbackHost(std::string_view host, std::uint16_t port) {
  const std::size_t colon = host.rfind(':');
  if (colon == host.npos || !IsPort(host.substr(colon + 1), port)) {
    return false;
  }
  const std::string_view name = host.substr(0, colon);
  if (name.starts_with('[')) return IsLoopback6(name);
  return EqualNoCase(name, "localhost") || IsLoopback4(name);
}

std::optional<Response> CheckLoopbackRequest(const Request& request,
                                             std::uint16_t port) {
  // The parser lets only HTTP/1.0 leave Host out.
  if (request.host && !IsLoopbackHost(*request.host, port)) {
    return ErrorResponse(421, "this Host is not served here",
                         "ask http://127.0.0.1 or http://localhost with the "
                         "port that is listened on");
  }
  const auto site = request.Find("sec-fetch-site");
  if (request.Find("origin") ||
      (site && *site != "none" && *site != "same-origin")) {
    return ErrorResponse(403, "requests of web pages are refused",
                         "ask from a program in the same pod");
  }
  return std::nullopt;
}

}  // namespace http
