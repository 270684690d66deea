// Drives an http::Loop and its clients on the test's own thread, with a clock
// that stands still until the test moves it.
#ifndef TESTS_UNIT_HTTP_LOOP_DRIVER_H_
#define TESTS_UNIT_HTTP_LOOP_DRIVER_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/check.h"
#include "agent/http/loop.h"

namespace http {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(const Address& to)
      : fd_(socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    CHECK(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to.storage),
                  to.size) == 0);
  }

  // False: the server has closed.
  bool Send(std::string_view bytes) {
    return send(fd_.get(), bytes.data(), bytes.size(),
                MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(bytes.size());
  }
  void Receive() {
    char bytes[16384];
    const ssize_t count = recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    if (count == 0) ended_ = true;
    if (count < 0 && errno != EAGAIN) ended_ = reset_ = true;
  }
  // The next whole answer, or "" if it is not all there.
  std::string Take(bool head_only = false) {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == received_.npos) return "";
    std::size_t size = end + 4;
    const std::size_t at = received_.find("Content-Length: ");
    CHECK(at < end);
    if (!head_only) size += std::stoul(received_.substr(at + 16, 10));
    if (received_.size() < size) return "";
    const std::string answer = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }
  void SayNoMore() { shutdown(fd_.get(), SHUT_WR); }
  void Close() { fd_.Close(); }
  bool ended() const { return ended_; }
  bool reset() const { return reset_; }
  const std::string& received() const { return received_; }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

inline Address Loopback() { return *MakeAddress("127.0.0.1", 0); }

// Answers with the method and the path.
inline std::optional<Response> Echo(const Request& request, Exchange&) {
  Response response;
  response.content_type = kText;
  response.body.append(request.method).append(" ").append(request.path);
  return response;
}

class LoopDriver {
 public:
  explicit LoopDriver(Handler handler = Echo, Limits limits = {},
                      HostRule rule = HostRule::kAny)
      : LoopDriver({{{Loopback()}, rule, std::move(handler)}}, limits) {}
  LoopDriver(std::vector<Endpoint> endpoints, Limits limits) {
    auto loop =
        Loop::Create(std::move(endpoints), limits, [this] { return now_; });
    CHECK(loop);
    loop_ = *std::move(loop);
  }

  Client Connect(std::size_t endpoint = 0) {
    Client client(loop_->bound(endpoint)[0]);
    Settle();
    return client;
  }

  // Turns until everything that is there has been dealt with.
  void Settle() {
    for (int i = 0; i < 6; ++i) loop_->Turn(0ms);
  }
  void Pass(base::Duration time) {
    now_ = now_ + time;
    Settle();
  }

  template <typename Condition>
  bool TurnUntil(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      loop_->Turn(1ms);
    }
    return true;
  }

  // The next answer that `client` gets; "" if the server closes instead.
  std::string Answer(Client& client, bool head_only = false) {
    std::string answer;
    TurnUntil([&] {
      client.Receive();
      answer = client.Take(head_only);
      return !answer.empty() || client.ended();
    });
    return answer;
  }
  std::string Ask(Client& client, std::string_view bytes) {
    client.Send(bytes);
    return Answer(client);
  }
  bool IsClosed(Client& client) {
    return TurnUntil([&] {
      client.Receive();
      return client.ended();
    });
  }
  // Whether the connection is there and quiet, now.
  bool IsOpen(Client& client) {
    Settle();
    client.Receive();
    return !client.ended() && client.received().empty();
  }

  Loop& loop() { return *loop_; }
  void DestroyLoop() { loop_.reset(); }
  base::Instant now() const { return now_; }

 private:
  base::Instant now_{1h};
  std::unique_ptr<Loop> loop_;
};

inline constexpr std::string_view kGet =
    "GET /leader HTTP/1.1\r\nHost: localhost\r\n\r\n";

inline bool HasStatus(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

}  // namespace http

#endif  // TESTS_UNIT_HTTP_LOOP_DRIVER_H_
