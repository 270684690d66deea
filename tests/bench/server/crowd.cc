#include "tests/bench/server/crowd.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "agent/base/check.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string Get(std::uint16_t port, const std::string& path,
                const std::string& more) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" + more;
}

milliseconds Interval(Habit habit) {
  switch (habit) {
    case Habit::kIdle:
      return milliseconds(100);
    case Habit::kSlowHeader:
      return milliseconds(50);
    case Habit::kKeepAlive:
      return milliseconds(10);
    case Habit::kEndlessHeader:
    case Habit::kEndlessChunks:
      return milliseconds(1);
  }
  return milliseconds(1);
}

// The length of one whole answer at the front of `text`, 0 if it is not there.
std::size_t AnswerSize(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return 0;
  const std::size_t at = text.find("Content-Length: ");
  CHECK(at < end);
  const std::size_t size = end + 4 + std::stoul(text.substr(at + 16, 10));
  return text.size() >= size ? size : 0;
}

}  // namespace

http::Fd Connect(std::uint16_t port) {
  http::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(fd);
  const timeval limit{2, 0};
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    return http::Fd();
  }
  return fd;
}

double AskOnce(std::uint16_t port, const std::string& path) {
  const auto start = Clock::now();
  const http::Fd fd = Connect(port);
  const std::string ask = Get(port, path, "Connection: close\r\n\r\n");
  std::string answer;
  if (!fd || send(fd.get(), ask.data(), ask.size(), MSG_NOSIGNAL) < 0) {
    return -1;
  }
  char bytes[4096];
  for (;;) {
    const ssize_t count = recv(fd.get(), bytes, sizeof bytes, 0);
    if (count < 0 || Clock::now() - start > std::chrono::seconds(2)) return -1;
    if (count == 0) break;
    answer.append(bytes, static_cast<std::size_t>(count));
  }
  if (!answer.starts_with("HTTP/1.1 200") || AnswerSize(answer) == 0) return -1;
  return std::chrono::duration<double, std::milli>(Clock::now() - start)
      .count();
}

Crowd::Crowd(Habit habit, int count, std::uint16_t port, std::string path)
    : habit_(habit), port_(port), clients_(static_cast<std::size_t>(count)) {
  switch (habit) {
    case Habit::kIdle:
      break;
    case Habit::kSlowHeader:
      opening_ = Get(port, path, "X-Slow: ");
      repeated_ = "a";
      break;
    case Habit::kKeepAlive:
      repeated_ = Get(port, path, "\r\n");
      break;
    case Habit::kEndlessHeader:
      opening_ = Get(port, path, "");
      while (repeated_.size() < 64'000) repeated_ += "X-More: and more\r\n";
      break;
    case Habit::kEndlessChunks:
      opening_ = "POST " + Get(port, path, "").substr(4) +
                 "Transfer-Encoding: chunked\r\n\r\n";
      while (repeated_.size() < 64'000) repeated_ += "8\r\nabcdefgh\r\n";
      break;
  }
  thread_ = std::thread([this] { Run(); });
}

Crowd::~Crowd() {
  stopping_ = true;
  thread_.join();
}

void Crowd::Run() {
  while (!stopping_) {
    const auto next = Clock::now() + Interval(habit_);
    for (Client& client : clients_) {
      if (stopping_) return;
      if (!client.socket || !Step(client)) {
        client = {Connect(port_), 0};
      }
    }
    std::this_thread::sleep_until(next);
  }
}

// False: the server has ended the connection.
bool Crowd::Step(Client& client) {
  char bytes[16384];
  const ssize_t count =
      recv(client.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
  // A poller waits for its answer.
  if (habit_ == Habit::kKeepAlive && client.sent > 0 && count < 0) return true;
  if (habit_ == Habit::kIdle) return true;
  const std::string& text =
      client.sent < opening_.size() ? opening_ : repeated_;
  const ssize_t sent = send(client.socket.get(), text.data(), text.size(),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) client.sent += static_cast<std::size_t>(sent);
  return sent > 0 || errno == EAGAIN;
}

double Throughput(std::uint16_t port, const std::string& path, int clients,
                  double run_seconds) {
  const std::string ask = Get(port, path, "\r\n");
  const http::Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  std::vector<http::Fd> sockets;
  std::vector<std::string> answers(static_cast<std::size_t>(clients));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    sockets.push_back(Connect(port));
    CHECK(sockets.back());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    CHECK(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, sockets.back().get(), &event) ==
          0);
    CHECK(send(sockets.back().get(), ask.data(), ask.size(), MSG_NOSIGNAL) > 0);
  }
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(run_seconds);
  std::uint64_t answered = 0;
  while (Clock::now() < end) {
    epoll_event events[64];
    const int count = epoll_wait(epoll.get(), events, 64, 1000);
    for (int i = 0; i < count; ++i) {
      const std::size_t who = events[i].data.u64;
      char bytes[4096];
      const ssize_t got = recv(sockets[who].get(), bytes, sizeof bytes, 0);
      if (got <= 0) return -1;
      answers[who].append(bytes, static_cast<std::size_t>(got));
      if (AnswerSize(answers[who]) == 0) continue;
      answers[who].clear();
      ++answered;
      if (send(sockets[who].get(), ask.data(), ask.size(), MSG_NOSIGNAL) < 0) {
        return -1;
      }
    }
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  return static_cast<double>(answered) / took.count();
}

}  // namespace bench
