#include "k8s/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace k8s {
namespace {

using base::Instant;
using base::Result;
using Kind = TransportFailure::Kind;

constexpr int kKeepaliveIdleSeconds = 5;
constexpr int kKeepaliveIntervalSeconds = 5;
constexpr int kKeepaliveProbes = 2;
constexpr unsigned kUserTimeoutMs = 15'000;

template <typename T>
void SetOption(int fd, int level, int name, T value) {
  // An option that this kernel lacks makes a dead peer be noticed later, no
  // more.
  setsockopt(fd, level, name, &value, sizeof(value));
}

int OpenSocket(int family) {
  const int fd =
      socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return fd;
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  return fd;
}

int SocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

int Dialer::Connect(const SocketAddress& address, Instant until, int& fd) {
  fd = OpenSocket(address.bytes.ss_family);
  if (fd < 0) return errno;
  const auto* to = reinterpret_cast<const sockaddr*>(&address.bytes);
  int error = connect(fd, to, address.size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    const auto outcome = waiter_.Wait(fd, POLLOUT, until);
    error = outcome == Waiter::Outcome::kReady     ? SocketError(fd)
            : outcome == Waiter::Outcome::kTimeout ? ETIMEDOUT
                                                   : ECANCELED;
  }
  if (error != 0) close(fd);
  return error;
}

Result<int, TransportFailure> Dialer::Dial(Instant deadline) {
  const auto resolved = resolver_->Resolve(waiter_, deadline);
  if (!resolved) return resolved.error();
  int error = 0;
  auto left = static_cast<std::int64_t>(resolved->addresses.size());
  for (const SocketAddress& address : resolved->addresses) {
    const Instant now = waiter_.Now();
    const bool last = left == 1 || deadline.is_never();
    int fd = -1;
    error =
        Connect(address, last ? deadline : now + (deadline - now) / left, fd);
    if (error == 0) {
      connected_to_ = address;
      return fd;
    }
    if (error == ECANCELED) {
      return TransportFailure{Kind::kCanceled, false, "the call was canceled"};
    }
    resolver_->Failed(address);
    --left;
  }
  resolver_->Distrust();
  const std::string doubt =
      resolved->doubt.empty() ? "" : " (" + resolved->doubt + ")";
  if (error == ETIMEDOUT && waiter_.Now() >= deadline) {
    return TransportFailure{Kind::kTimeout, false, "to connect" + doubt};
  }
  if (error == ECONNREFUSED) {
    return TransportFailure{Kind::kConnection, false,
                            where() + " refused the connection" + doubt};
  }
  return TransportFailure{
      Kind::kConnection, false,
      "no connection to " + where() + ": " + std::strerror(error) + doubt};
}

void Dialer::Report(bool of_use) {
  if (of_use) {
    resolver_->Worked(connected_to_);
  } else {
    resolver_->Failed(connected_to_);
  }
}

}  // namespace k8s
