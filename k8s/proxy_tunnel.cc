#include "k8s/proxy_tunnel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "k8s/http_response.h"
#include "k8s/server_url.h"

namespace k8s {
namespace {

using base::Instant;
using Kind = TransportFailure::Kind;

constexpr std::size_t kMaxHead = 8 << 10;
constexpr char kEndOfHead[] = "\r\n\r\n";

class Tunnel {
 public:
  Tunnel(int fd, const Proxy& proxy, Waiter& waiter, Instant deadline)
      : fd_(fd),
        name_("the proxy " + HostAndPort(proxy.host, proxy.port)),
        waiter_(waiter),
        deadline_(deadline) {}

  std::optional<TransportFailure> Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) return Broken(errno);
      if (auto failure = WaitFor(POLLOUT)) return failure;
    }
    return std::nullopt;
  }

  // Byte by byte: what comes after the head belongs to the server.
  std::optional<TransportFailure> ReceiveHead(std::string& head) {
    while (!head.ends_with(kEndOfHead)) {
      if (head.size() > kMaxHead) {
        return Failure("sent an answer that is too long");
      }
      char byte = 0;
      const ssize_t count = recv(fd_, &byte, 1, 0);
      if (count == 0) return Failure("closed the connection");
      if (count > 0) {
        head.push_back(byte);
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) return Broken(errno);
      if (auto failure = WaitFor(POLLIN)) return failure;
    }
    return std::nullopt;
  }

  TransportFailure Failure(const std::string& what) const {
    return {Kind::kConnection, false, name_ + " " + what};
  }

 private:
  std::optional<TransportFailure> WaitFor(short events) {
    switch (waiter_.Wait(fd_, events, deadline_)) {
      case Waiter::Outcome::kReady:
        return std::nullopt;
      case Waiter::Outcome::kTimeout:
        return TransportFailure{Kind::kTimeout, false, "for " + name_};
      case Waiter::Outcome::kCanceled:
        break;
    }
    return TransportFailure{Kind::kCanceled, false, "the call was canceled"};
  }
  TransportFailure Broken(int error) const {
    return Failure(std::string("broke the connection: ") +
                   std::strerror(error));
  }

  const int fd_;
  const std::string name_;
  Waiter& waiter_;
  const Instant deadline_;
};

}  // namespace

std::optional<TransportFailure> OpenTunnel(int fd, const Proxy& proxy,
                                           const std::string& target,
                                           Waiter& waiter, Instant deadline) {
  Tunnel tunnel(fd, proxy, waiter, deadline);
  std::string request =
      "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!proxy.authorization.empty()) {
    request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  }
  if (auto failure = tunnel.Send(request + "\r\n")) return failure;
  std::string head;
  if (auto failure = tunnel.ReceiveHead(head)) return failure;
  HttpResponse response;
  std::string body;
  response.Feed(head, body);
  if (response.state() == HttpResponse::State::kHead ||
      response.state() == HttpResponse::State::kBad) {
    return tunnel.Failure("sent an answer that is not HTTP");
  }
  const int status = response.status();
  if (status >= 200 && status < 300) return std::nullopt;
  std::string why = "refused to connect us to " + target + ": it answered " +
                    std::to_string(status);
  if (status == 407) {
    why += proxy.authorization.empty()
               ? ", it wants a user and a password in proxy-url"
               : ", it does not accept the user and password of proxy-url";
  }
  return tunnel.Failure(why);
}

}  // namespace k8s
