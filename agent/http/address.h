// Where to listen: from an IP address to a bound socket. Looks up no names. No
// thread.
#ifndef AGENT_HTTP_ADDRESS_H_
#define AGENT_HTTP_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "agent/base/result.h"
#include "agent/http/fd.h"

namespace http {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  std::uint16_t port() const;
  std::string ToString() const;  // "127.0.0.1:4040", "[::1]:4040"
};

// `ip` is an IPv4 or IPv6 address without brackets; "::" is every address of
// the machine, IPv4 ones too. Port 0 lets the kernel choose.
base::Result<Address> MakeAddress(const std::string& ip, std::uint16_t port);

struct ListenSocket {
  Fd fd;
  Address address;  // With the port that the kernel chose.
};

struct ListenFailure {
  bool no_such_address = false;  // The machine lacks the address or its family.
  std::string message;           // "127.0.0.1:4040 is in use by ..."
};

// Listens without blocking. [::] falls back to 0.0.0.0 where IPv6 is off.
base::Result<ListenSocket, ListenFailure> Listen(const Address& address);

}  // namespace http

#endif  // AGENT_HTTP_ADDRESS_H_
