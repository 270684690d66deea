#include "agent/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace http {
namespace {

// More than the connections kept, so that a burst is not dropped by the kernel.
constexpr int kBacklog = 1024;
// Answers are small. What a slow reader can make the kernel hold is memory of
// this container as well.
constexpr int kSendBuffer = 64 << 10;
constexpr int kReceiveBuffer = 16 << 10;

Address Make4(in_addr ip, std::uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr = ip;
  in.sin_port = htons(port);
  Address address;
  std::memcpy(&address.storage, &in, sizeof in);
  address.size = sizeof in;
  return address;
}

Address Make6(const in6_addr& ip, std::uint16_t port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_addr = ip;
  in.sin6_port = htons(port);
  Address address;
  std::memcpy(&address.storage, &in, sizeof in);
  address.size = sizeof in;
  return address;
}

sockaddr_in As4(const Address& address) {
  sockaddr_in in{};
  std::memcpy(&in, &address.storage, sizeof in);
  return in;
}

sockaddr_in6 As6(const Address& address) {
  sockaddr_in6 in{};
  std::memcpy(&in, &address.storage, sizeof in);
  return in;
}

bool Is6(const Address& address) {
  return address.storage.ss_family == AF_INET6;
}

bool IsWildcard6(const Address& address) {
  if (!Is6(address)) return false;
  const sockaddr_in6 in = As6(address);
  return IN6_IS_ADDR_UNSPECIFIED(&in.sin6_addr);
}

ListenFailure Explain(const Address& address, int error) {
  const std::string where = address.ToString();
  switch (error) {
    case EADDRINUSE:
      return {false, where + " is in use by another process"};
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return {true, where + " is not an address of this machine"};
    case EACCES:
      return {false, where + ": no permission to listen on this port"};
    default:
      return {false, "listen on " + where + ": " +
                         std::generic_category().message(error)};
  }
}

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

std::uint16_t Address::port() const {
  return ntohs(Is6(*this) ? As6(*this).sin6_port : As4(*this).sin_port);
}

std::string Address::ToString() const {
  char text[INET6_ADDRSTRLEN] = "?";
  if (Is6(*this)) {
    const sockaddr_in6 in = As6(*this);
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(port());
  }
  const sockaddr_in in = As4(*this);
  inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(port());
}

base::Result<Address> MakeAddress(const std::string& ip, std::uint16_t port) {
  in_addr ip4{};
  if (inet_pton(AF_INET, ip.c_str(), &ip4) == 1) return Make4(ip4, port);
  in6_addr ip6{};
  if (inet_pton(AF_INET6, ip.c_str(), &ip6) == 1) return Make6(ip6, port);
  return base::Error{"\"" + ip +
                     "\" is not an address to listen on: want an IP address "
                     "like 127.0.0.1 or ::1"};
}

base::Result<ListenSocket, ListenFailure> Listen(const Address& address) {
  const int family = address.storage.ss_family;
  ListenSocket listener{
      Fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      address};
  const auto* wanted = reinterpret_cast<const sockaddr*>(&address.storage);
  bool done = false;
  if (listener.fd) {
    const int fd = listener.fd.get();
    // A restart must not wait for the last process's connections to fade.
    SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    SetOption(fd, SOL_SOCKET, SO_SNDBUF, kSendBuffer);
    SetOption(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    if (Is6(address)) {
      SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, IsWildcard6(address) ? 0 : 1);
    }
    done = bind(fd, wanted, address.size) == 0 && listen(fd, kBacklog) == 0;
  }
  if (!done) {
    const ListenFailure failure = Explain(address, errno);
    if (!failure.no_such_address || !IsWildcard6(address)) return failure;
    return Listen(Make4(in_addr{htonl(INADDR_ANY)}, address.port()));
  }
  listener.address.size = sizeof listener.address.storage;
  getsockname(listener.fd.get(),
              reinterpret_cast<sockaddr*>(&listener.address.storage),
              &listener.address.size);
  return listener;
}

}  // namespace http
