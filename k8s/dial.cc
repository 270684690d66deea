#include "k8s/dial.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/check.h"
#include "k8s/server_url.h"

namespace k8s {
namespace {

using base::Instant;
using base::Result;
using Kind = TransportFailure::Kind;

constexpr int kKeepaliveIdleSeconds = 5;
constexpr int kKeepaliveIntervalSeconds = 5;
constexpr int kKeepaliveProbes = 2;
constexpr unsigned kUserTimeoutMs = 15'000;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  int family = 0;
};

// 0, or what getaddrinfo says.
int LookUp(const std::string& host, int port, int flags,
           std::vector<Address>& addresses) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return error;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Address address;
    address.size = at->ai_addrlen;
    address.family = at->ai_family;
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return 0;
}

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

// Shared with a detached thread: getaddrinfo cannot be given a deadline. `done`
// is set after the rest was written.
struct Dialer::Lookup {
  const int done_fd = eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> done{false};
  int error = 0;
  std::vector<Address> addresses;

  ~Lookup() { close(done_fd); }
};

Dialer::Dialer(std::string host, int port, Waiter& waiter)
    : host_(std::move(host)),
      port_(port),
      where_(HostAndPort(host_, port_)),
      waiter_(waiter) {}

Dialer::~Dialer() = default;

TransportFailure Dialer::NotDone(Waiter::Outcome outcome,
                                 const char* what) const {
  if (outcome == Waiter::Outcome::kCanceled) {
    return {Kind::kCanceled, false, "the call was canceled"};
  }
  return {Kind::kTimeout, false, what};
}

Result<std::shared_ptr<Dialer::Lookup>, TransportFailure> Dialer::Resolve(
    Instant deadline) {
  if (!lookup_) {
    lookup_ = std::make_shared<Lookup>();
    CHECK(lookup_->done_fd >= 0);
    if (LookUp(host_, port_, AI_NUMERICHOST, lookup_->addresses) == 0) {
      return std::exchange(lookup_, nullptr);
    }
    try {
      std::thread([lookup = lookup_, host = host_, port = port_] {
        lookup->error = LookUp(host, port, 0, lookup->addresses);
        lookup->done = true;
        const std::uint64_t one = 1;
        [[maybe_unused]] auto n = write(lookup->done_fd, &one, sizeof(one));
      }).detach();
    } catch (const std::system_error&) {
      lookup_ = nullptr;
      return TransportFailure{Kind::kConnection, false,
                              "no thread could be started to look up " + host_};
    }
  }
  const auto outcome = waiter_.Wait(lookup_->done_fd, POLLIN, deadline);
  if (outcome != Waiter::Outcome::kReady) {
    return NotDone(outcome, "to look up its name");
  }
  CHECK(lookup_->done);
  return std::exchange(lookup_, nullptr);
}

Result<int, TransportFailure> Dialer::Dial(Instant deadline) {
  auto lookup = Resolve(deadline);
  if (!lookup) return lookup.error();
  if ((*lookup)->error != 0) {
    return TransportFailure{Kind::kConnection, false,
                            "the name \"" + host_ + "\" cannot be looked up: " +
                                gai_strerror((*lookup)->error)};
  }
  int error = EADDRNOTAVAIL;
  std::size_t left = (*lookup)->addresses.size();
  for (const Address& address : (*lookup)->addresses) {
    const int fd = OpenSocket(address.family);
    if (fd < 0) {
      error = errno;
      --left;
      continue;
    }
    const auto* to = reinterpret_cast<const sockaddr*>(&address.bytes);
    error = connect(fd, to, address.size) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      const Instant now = waiter_.Now();
      const bool last = left == 1 || deadline.is_never();
      const Instant until =
          last ? deadline
               : now + (deadline - now) / static_cast<std::int64_t>(left);
      const auto outcome = waiter_.Wait(fd, POLLOUT, until);
      if (outcome == Waiter::Outcome::kReady) {
        error = SocketError(fd);
      } else if (last || outcome == Waiter::Outcome::kCanceled) {
        close(fd);
        return NotDone(outcome, "to connect");
      } else {
        error = ETIMEDOUT;
      }
    }
    if (error == 0) return fd;
    close(fd);
    --left;
  }
  if (error == ECONNREFUSED) {
    return TransportFailure{Kind::kConnection, false,
                            where_ + " refused the connection"};
  }
  return TransportFailure{
      Kind::kConnection, false,
      "no connection to " + where_ + ": " + std::strerror(error)};
}

}  // namespace k8s
