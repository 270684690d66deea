#include "tests/support/connect_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace support {
namespace {

using base::MutexLock;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&bytes); }
};

Address MakeAddress(const std::string& host, int port) {
  Address address;
  if (host.find(':') == std::string::npos) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, host.c_str(), &in.sin_addr);
    std::memcpy(&address.bytes, &in, address.size = sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET6, host.c_str(), &in.sin6_addr);
    std::memcpy(&address.bytes, &in, address.size = sizeof in);
  }
  return address;
}

bool SendAll(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool SendText(int fd, const std::string& text) {
  return SendAll(fd, text.data(), text.size());
}

// Both ways, until one of them ends.
void Copy(int a, int b) {
  std::array<char, 16384> part;
  while (true) {
    std::array<pollfd, 2> fds{{{a, POLLIN, 0}, {b, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    for (const auto& [from, to] : {std::pair(0, b), std::pair(1, a)}) {
      const pollfd& ready = fds[static_cast<std::size_t>(from)];
      if (ready.revents == 0) continue;
      const ssize_t count = recv(ready.fd, part.data(), part.size(), 0);
      if (count <= 0) return;
      if (!SendAll(to, part.data(), static_cast<std::size_t>(count))) return;
    }
  }
}

}  // namespace

ConnectProxy::ConnectProxy(ConnectProxyOptions options)
    : options_(std::move(options)) {
  Address address = MakeAddress(options_.address, 0);
  listener_ = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener_, address.any(), address.size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, address.any(), &address.size) != 0) {
    close(listener_);
    throw std::runtime_error("cannot listen on " + options_.address);
  }
  // The port is at the same place in both families.
  port_ = ntohs(reinterpret_cast<sockaddr_in*>(&address.bytes)->sin_port);
  accept_thread_ = std::thread([this] { Accept(); });
}

ConnectProxy::~ConnectProxy() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  accept_thread_.join();
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    threads = std::move(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  close(listener_);
}

std::vector<std::string> ConnectProxy::targets() const {
  const MutexLock lock(mutex_);
  return targets_;
}

int ConnectProxy::connections() const {
  const MutexLock lock(mutex_);
  return static_cast<int>(threads_.size());
}

void ConnectProxy::Accept() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const MutexLock lock(mutex_);
    if (client < 0 || stopping_) {
      if (client >= 0) close(client);
      return;
    }
    open_.push_back(client);
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

int ConnectProxy::Negotiate(int client) {
  if (options_.fixed_port != 0) return options_.fixed_port;
  std::string head;
  for (char byte; !head.ends_with("\r\n\r\n"); head.push_back(byte)) {
    if (recv(client, &byte, 1, 0) != 1) return 0;
  }
  const std::string verb = "CONNECT 127.0.0.1:";
  if (!head.starts_with(verb)) {
    SendText(client, "HTTP/1.1 403 Forbidden\r\n\r\n");
    return 0;
  }
  const std::string& wanted = options_.authorization;
  if (!wanted.empty() && head.find("\r\nProxy-Authorization: " + wanted +
                                   "\r\n") == std::string::npos) {
    SendText(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    return 0;
  }
  SendText(client, "HTTP/1.1 200 Connection established\r\n\r\n");
  const MutexLock lock(mutex_);
  targets_.push_back(head.substr(8, head.find(' ', 8) - 8));
  return std::atoi(head.c_str() + verb.size());
}

void ConnectProxy::Serve(int client) {
  const int port = Negotiate(client);
  if (port != 0) {
    Address to = MakeAddress("127.0.0.1", port);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(server, to.any(), to.size) == 0) Copy(client, server);
    close(server);
  }
  const MutexLock lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), client));
  close(client);
}

}  // namespace support
