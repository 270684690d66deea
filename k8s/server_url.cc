#include "k8s/server_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace k8s {
namespace {

using base::Error;

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// Without a zone: an API server is not on one link only.
bool IsIpv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool IsPathCharacter(char c) { return c > ' ' && c < 0x7f; }

}  // namespace

base::Result<ServerUrl> ParseServerUrl(const std::string& text) {
  ServerUrl url;
  std::string_view rest = text;
  if (TakePrefix(rest, "http://")) {
    url.tls = false;
    url.port = 80;
  } else if (!TakePrefix(rest, "https://")) {
    return Error{"it must begin with https:// (or http://)"};
  }
  // Before anything of it is shown: "user:password@" may be in it.
  if (rest.find_first_of("@?#") != std::string_view::npos) {
    return Error{"it must be https://host[:port][/path], nothing else"};
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (TakePrefix(authority, "[")) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return Error{"the IPv6 address has no closing bracket"};
    }
    url.host = authority.substr(0, end);
    authority.remove_prefix(end + 1);
    if (!IsIpv6(url.host)) {
      return Error{"\"" + url.host + "\" is not an IPv6 address"};
    }
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
    if (!std::all_of(url.host.begin(), url.host.end(), IsHostCharacter)) {
      return Error{"the host has a character that no host name has"};
    }
  }
  if (url.host.empty()) return Error{"it has no host"};
  if (!authority.empty()) {
    const bool colon = TakePrefix(authority, ":");
    const char* end = authority.data() + authority.size();
    const auto [last, error] = std::from_chars(authority.data(), end, url.port);
    if (!colon || error != std::errc() || last != end || url.port < 1 ||
        url.port > 65535) {
      return Error{"\"" + std::string(authority) +
                   "\" is not a port from 1 to 65535"};
    }
  }
  if (!std::all_of(path.begin(), path.end(), IsPathCharacter)) {
    return Error{"the path has a character that no path has"};
  }
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  url.base_path = path;
  return url;
}

std::string HostAndPort(const std::string& host, int port) {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace k8s
