#include "k8s/server_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "k8s/base64.h"

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

// Reads "host[:port]"; `port` keeps its value if there is none.
std::optional<Error> TakeHostAndPort(std::string_view authority,
                                     std::string& host, int& port) {
  if (TakePrefix(authority, "[")) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return Error{"the IPv6 address has no closing bracket"};
    }
    host = authority.substr(0, end);
    authority.remove_prefix(end + 1);
    if (!IsIpv6(host)) {
      return Error{"what is in the brackets is not an IPv6 address"};
    }
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    host = authority.substr(0, colon);
    authority.remove_prefix(colon);
    if (!std::all_of(host.begin(), host.end(), IsHostCharacter)) {
      return Error{"the host has a character that no host name has"};
    }
  }
  if (host.empty()) return Error{"it has no host"};
  if (authority.empty()) return std::nullopt;
  const bool colon = TakePrefix(authority, ":");
  const char* end = authority.data() + authority.size();
  const auto [last, error] = std::from_chars(authority.data(), end, port);
  if (!colon || error != std::errc() || last != end || port < 1 ||
      port > 65535) {
    // Not shown: behind a "%40" it may be a password.
    return Error{"what follows the host is not a port from 1 to 65535"};
  }
  return std::nullopt;
}

// "%40" stands for "@". Empty if a percent sign stands for nothing.
std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    if (text[0] != '%') {
      decoded += text[0];
      text.remove_prefix(1);
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(1, 2);
    const char* end = digits.data() + digits.size();
    const auto [last, error] = std::from_chars(digits.data(), end, byte, 16);
    if (digits.size() != 2 || error != std::errc() || last != end) {
      return std::nullopt;
    }
    decoded += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return decoded;
}

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
  std::string_view path = rest.substr(slash);
  if (auto e = TakeHostAndPort(rest.substr(0, slash), url.host, url.port)) {
    return *e;
  }
  if (!std::all_of(path.begin(), path.end(), IsPathCharacter)) {
    return Error{"the path has a character that no path has"};
  }
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  url.base_path = path;
  return url;
}

base::Result<Proxy> ParseProxyUrl(const std::string& text) {
  std::string_view rest = text;
  if (!TakePrefix(rest, "http://")) {
    return Error{
        "it must begin with http://; proxies that are spoken to with TLS or "
        "SOCKS are not supported"};
  }
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  Proxy proxy;
  // A password may hold an @ that nobody has escaped.
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    const auto user = PercentDecode(rest.substr(0, at));
    if (!user) return Error{"its user or password is not percent-encoded"};
    proxy.authorization =
        "Basic " + EncodeBase64(user->find(':') == std::string::npos
                                    ? *user + ":"
                                    : *user);
    rest.remove_prefix(at + 1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return Error{"it must be http://[user:password@]host[:port]"};
  }
  if (auto e = TakeHostAndPort(rest, proxy.host, proxy.port)) return *e;
  return proxy;
}

bool IsHost(const std::string& text) {
  return IsIpv6(text) || (!text.empty() && std::all_of(text.begin(), text.end(),
                                                       IsHostCharacter));
}

bool IsLoopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) {
    return ntohl(address.s_addr) >> 24 == 127;
  }
  return host == "localhost" || host == "::1";
}

std::string HostAndPort(const std::string& host, int port) {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace k8s
