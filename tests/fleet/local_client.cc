#include "tests/fleet/local_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tests/support/file_port_wait.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kLength = "Content-Length: ";

}  // namespace

std::optional<Reply> LocalClient::Get(std::string_view path, Duration limit) {
  if (!Send(path)) return std::nullopt;
  std::optional<Reply> reply = Receive(limit);
  if (!reply) Disconnect();  // What comes later is no answer to the next one.
  return reply;
}

bool LocalClient::Send(std::string_view path) {
  buffer_.clear();
  // A kept connection may have been closed by an agent that is gone.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool fresh = fd_ < 0;
    if (fresh && !Connect()) return false;
    const std::string request =
        "GET " + std::string(path) +
        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) + "\r\n\r\n";
    sent_ = support::BootNow();
    if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(request.size())) {
      return true;
    }
    Disconnect();
    if (fresh) return false;
  }
  return false;
}

std::optional<Reply> LocalClient::Receive(Duration limit) {
  const Instant deadline = support::BootNow() + limit;
  Reply reply;
  while (!TakeReply(reply)) {
    if (!ReadSome(deadline)) return std::nullopt;
  }
  reply.sent = sent_;
  reply.received = support::BootNow();
  return reply;
}

bool LocalClient::Connect() {
  {
    const support::EnterNetwork there(network_);
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return true;
  Disconnect();
  return false;
}

void LocalClient::Disconnect() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool LocalClient::ReadSome(Instant deadline) {
  const auto left = base::ToMs(deadline - support::BootNow());
  pollfd poller{fd_, POLLIN, 0};
  if (left < 0 || poll(&poller, 1, static_cast<int>(left) + 1) <= 0) {
    return false;
  }
  char chunk[16384];
  const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
  if (n <= 0) {
    Disconnect();
    return false;
  }
  buffer_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

bool LocalClient::TakeReply(Reply& reply) {
  const std::size_t head = buffer_.find(kEndOfHead);
  if (head == std::string::npos) return false;
  const std::size_t length = buffer_.find(kLength);
  if (length == std::string::npos || length > head) return false;
  const auto size =
      std::strtoul(buffer_.c_str() + length + kLength.size(), nullptr, 10);
  const std::size_t body = head + kEndOfHead.size();
  if (buffer_.size() < body + size) return false;
  // "HTTP/1.1 200 OK"
  reply.status = std::atoi(buffer_.c_str() + std::string("HTTP/1.1 ").size());
  reply.body = buffer_.substr(body, size);
  return true;
}

LeaderAnswer ParseLeader(const Reply& reply) {
  const auto json = nlohmann::json::parse(reply.body);
  LeaderAnswer answer;
  answer.told.sent = reply.sent;
  answer.told.received = reply.received;
  answer.told.leads = json.at("isLeader").get<bool>();
  if (answer.told.leads) {
    answer.told.token = json.at("fencingToken").get<std::int64_t>();
    answer.told.deadline = {
        Duration(json.at("deadlineBoottimeNs").get<std::int64_t>())};
    answer.told.valid_for =
        std::chrono::milliseconds(json.at("validForMs").get<std::int64_t>());
  }
  answer.status = reply.status;
  answer.state = json.at("state").get<std::string>();
  answer.reason = json.value("reason", "");
  answer.incarnation = json.at("incarnation").get<std::string>();
  answer.holder = json.at("leader").get<std::string>();
  answer.confirmed = json.value("confirmed", false);
  answer.body = reply.body;
  return answer;
}

std::optional<double> Sample(std::string_view metrics,
                             std::string_view series) {
  std::size_t at = 0;
  while (at < metrics.size()) {
    const std::size_t end = std::min(metrics.find('\n', at), metrics.size());
    const std::string_view line = metrics.substr(at, end - at);
    if (line.starts_with(series) && line.size() > series.size() &&
        line[series.size()] == ' ') {
      return std::atof(std::string(line.substr(series.size() + 1)).c_str());
    }
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace fleet
