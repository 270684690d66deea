#include "agent/http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "agent/base/check.h"

namespace http {
namespace {

// Answers to pipelined requests are sent before more of them are made.
constexpr std::size_t kOutHigh = 16 << 10;
// What is still read of a client that was refused, so that the reset of a
// closed socket does not overtake the refusal.
constexpr std::size_t kDiscardLimit = 64 << 10;

void Release(std::string& text) { std::string().swap(text); }

}  // namespace

Connection::Connection(Fd socket, HostRule rule, std::uint16_t port,
                       const Handler* handler)
    : Source(Kind::kConnection),
      socket_(std::move(socket)),
      rule_(rule),
      port_(port),
      handler_(handler) {}

Phase Connection::OnReadable(Io& io) {
  if (phase_ == Phase::kLingering) return Discard(io);
  const std::size_t have = in_.size();
  CHECK(have < io.in.size());
  if (have > 0) std::memcpy(io.in.data(), in_.data(), have);
  const ssize_t count = recv(fd(), io.in.data() + have, io.in.size() - have, 0);
  if (count < 0) {
    const bool later = errno == EAGAIN || errno == EINTR;
    return later ? phase_ : Become(Phase::kClosed);
  }
  if (count == 0) return Become(Phase::kClosed);
  return Advance({io.in.data(), have + static_cast<std::size_t>(count)}, io);
}

Phase Connection::OnWritable(Io& io) {
  io.out.clear();
  if (!Flush({})) return Become(Phase::kClosed);
  if (!out_.empty()) return Become(Phase::kWriting);
  std::memcpy(io.in.data(), in_.data(), in_.size());
  return Advance({io.in.data(), in_.size()}, io);
}

Phase Connection::OnAnswer(const Response& response, Io& io) {
  CHECK(awaited_ != 0);
  awaited_ = 0;
  io.out.clear();
  AppendResponse(response, framing_, io.out);
  last_ = !framing_.keep_alive;
  if (!Flush(io.out)) return Become(Phase::kClosed);
  if (!out_.empty()) return Become(Phase::kWriting);
  std::memcpy(io.in.data(), in_.data(), in_.size());
  return Advance({io.in.data(), in_.size()}, io);
}

Phase Connection::OnTimeout(Io& io) {
  if (phase_ != Phase::kReading && phase_ != Phase::kWaiting) {
    return Become(Phase::kClosed);
  }
  io.out.clear();
  if (phase_ == Phase::kReading) {
    framing_ = {};
    AppendLast(ErrorResponse(408, "the request took too long",
                             "send it whole within 2 seconds"),
               io);
  } else {
    awaited_ = 0;
    AppendLast(ErrorResponse(504, "no answer came in time",
                             "ask again, or without confirm"),
               io);
  }
  // Whoever does not take so few bytes at once does not get them.
  if (!Flush(io.out) || !out_.empty()) return Become(Phase::kClosed);
  return Finish();
}

// `data` is all that came and was not answered; it lies in io.in.
Phase Connection::Advance(std::string_view data, Io& io) {
  for (;;) {
    io.out.clear();
    const std::size_t before = data.size();
    if (!last_ && awaited_ == 0) data = AnswerRequests(data, io);
    if (!Flush(io.out)) return Become(Phase::kClosed);
    if (!out_.empty()) {
      Keep(data);
      return Become(Phase::kWriting);
    }
    if (last_) {
      refused_ = refused_ || !data.empty();
      return Finish();
    }
    if (awaited_ != 0) {
      Keep(data);
      return Become(Phase::kWaiting);
    }
    if (io.out.size() < kOutHigh || data.size() == before) break;
  }
  Keep(data);
  if (in_.empty()) return Become(Phase::kIdle);
  // A client that sends a request in pieces may wait for each to be
  // acknowledged, which the kernel would put off by 40 ms.
  const int on = 1;
  setsockopt(fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  return Become(Phase::kReading);
}

// Appends answers to io.out and returns what is left: a part of a request, or
// what must wait for the answers before it.
std::string_view Connection::AnswerRequests(std::string_view data, Io& io) {
  while (!data.empty() && io.out.size() < kOutHigh) {
    switch (parser_.Parse(data, io.request)) {
      case RequestParser::Outcome::kIncomplete:
        return data;
      case RequestParser::Outcome::kRefused: {
        const Refusal& refusal = parser_.refusal();
        ++requests_;
        framing_ = {};
        AppendLast(ErrorResponse(refusal.status, refusal.error, refusal.hint),
                   io);
        return data;
      }
      case RequestParser::Outcome::kComplete:
        AnswerRequest(io);
        data.remove_prefix(parser_.size());
        parser_.Reset();
        if (last_ || awaited_ != 0) return data;
    }
  }
  return data;
}

void Connection::AnswerRequest(Io& io) {
  const Request& request = io.request;
  ++requests_;
  framing_ = {request.method == "HEAD", request.http_1_0, request.keep_alive};
  std::optional<Response> response;
  if (rule_ == HostRule::kLoopback) {
    response = CheckLoopbackRequest(request, port_);
  }
  if (!response) {
    Exchange exchange(io.mailbox, io.next_serial);
    response = (*handler_)(request, exchange);
    CHECK(response.has_value() != exchange.deferred());
    if (!response) {
      awaited_ = io.next_serial++;
      return;
    }
  }
  AppendResponse(*response, framing_, io.out);
  last_ = !framing_.keep_alive;
}

void Connection::AppendLast(const Response& response, Io& io) {
  framing_.keep_alive = false;
  AppendResponse(response, framing_, io.out);
  last_ = true;
  refused_ = true;
}

// Sends what is left from before and then `bytes`; keeps what the client does
// not take. False: the client is gone.
bool Connection::Flush(std::string_view bytes) {
  const bool behind = !out_.empty();
  if (behind) out_.append(bytes);
  std::string_view rest = behind ? std::string_view(out_) : bytes;
  while (!rest.empty()) {
    const ssize_t count = send(fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (rest.empty()) {
    if (behind) Release(out_);
  } else if (behind) {
    out_.erase(0, out_.size() - rest.size());
  } else {
    out_.assign(rest);
  }
  return true;
}

Phase Connection::Finish() {
  Release(in_);
  if (!refused_) return Become(Phase::kClosed);
  shutdown(fd(), SHUT_WR);
  return Become(Phase::kLingering);
}

Phase Connection::Discard(Io& io) {
  const ssize_t count = recv(fd(), io.in.data(), io.in.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return phase_;
  if (count <= 0) return Become(Phase::kClosed);
  discarded_ += static_cast<std::size_t>(count);
  return discarded_ < kDiscardLimit ? phase_ : Become(Phase::kClosed);
}

void Connection::Keep(std::string_view data) {
  if (data.empty()) {
    if (!in_.empty()) Release(in_);
  } else {
    in_.assign(data);
  }
}

}  // namespace http
