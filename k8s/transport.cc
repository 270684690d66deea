#include "k8s/transport.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "agent/base/check.h"

namespace k8s {
namespace {

using base::Duration;
using base::Instant;
using Kind = TransportFailure::Kind;

constexpr std::size_t kMaxBody = 1 << 20;
constexpr std::size_t kReadSize = 16 << 10;  // One TLS record.

std::string Seconds(Duration duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", base::ToSeconds(duration));
  return text.data();
}

}  // namespace

Transport::Transport(ClusterConfig config, std::string user_agent,
                     std::function<Instant()> boot_clock)
    : config_(std::move(config)),
      user_agent_(std::move(user_agent)),
      waiter_(std::move(boot_clock)),
      credentials_(config_),
      connection_(config_, waiter_) {
  CHECK(std::all_of(user_agent_.begin(), user_agent_.end(),
                    [](char c) { return c >= ' ' && c < 0x7f; }));
}

HttpOutcome Transport::Exchange(const HttpRequest& request, Instant deadline) {
  HttpStream whole;
  whole.open_by = deadline;
  whole.end_by = deadline;
  return Run(request, whole);
}

HttpOutcome Transport::Follow(const HttpRequest& request,
                              const HttpStream& stream) {
  return Run(request, stream);
}

HttpOutcome Transport::Run(const HttpRequest& request,
                           const HttpStream& stream) {
  HttpOutcome outcome = RunOnce(request, stream);
  const bool refused = outcome ? outcome->status == 401
                               : outcome.error().kind == Kind::kTls &&
                                     !outcome.error().maybe_sent;
  if (!refused) return outcome;
  if (config_.exec_source && outcome) {
    const bool renewed = config_.exec_source->Renew(credentials_.taken(),
                                                    waiter_, stream.open_by);
    return renewed ? RunOnce(request, stream) : outcome;
  }
  const auto changed = credentials_.Refresh(waiter_.Now(), /*force=*/true);
  if (!changed || !*changed) return outcome;
  return RunOnce(request, stream);
}

HttpOutcome Transport::RunOnce(const HttpRequest& request,
                               const HttpStream& stream) {
  const Instant started = waiter_.Now();
  if (started >= stream.open_by) {
    return TransportFailure{
        Kind::kTimeout, false,
        "the time was over before " + connection_.where() + " was asked"};
  }
  const auto fresh = credentials_.Refresh(started, /*force=*/false);
  if (!fresh) {
    return TransportFailure{Kind::kCredentials, false, fresh.error().message};
  }
  if (config_.exec_source) {
    const auto credential = config_.exec_source->Get(waiter_, stream.open_by);
    if (!credential) {
      return Explain(credential.error(), /*maybe_sent=*/false, started);
    }
    const auto taken = credentials_.Take(*credential);
    if (!taken) {
      return TransportFailure{Kind::kCredentials, false, taken.error().message};
    }
  }
  if (connected_with_ != credentials_.tls() || !connection_.IsIdle()) {
    connection_.Close();
  }
  if (!connection_.is_open()) {
    connected_with_ = credentials_.tls();
    const auto failure = connection_.Open(connected_with_, stream.open_by);
    if (failure) return Explain(*failure, /*maybe_sent=*/false, started);
  }
  const auto failure =
      connection_.Write(Head(request) + request.body, stream.open_by);
  if (failure) {
    Drop(*failure);
    return Explain(*failure, /*maybe_sent=*/true, started);
  }
  HttpOutcome outcome = Receive(stream);
  if (!outcome) {
    Drop(outcome.error());
    return Explain(outcome.error(), /*maybe_sent=*/true, started);
  }
  return outcome;
}

void Transport::Drop(const TransportFailure& failure) {
  if (failure.kind != Kind::kCanceled) connection_.Report(false);
  connection_.Close();
}

// Leaves the connection open only if another request may use it.
HttpOutcome Transport::Receive(const HttpStream& stream) {
  HttpResponse response;
  HttpAnswer answer;
  std::array<char, kReadSize> buffer;
  bool opened = false;
  while (response.state() != HttpResponse::State::kDone) {
    const auto count = connection_.Read(
        buffer.data(), buffer.size(), opened ? stream.end_by : stream.open_by);
    if (!count) return count.error();
    if (*count == 0) {
      response.Close();
    } else {
      response.Feed({buffer.data(), *count}, answer.body);
    }
    if (response.state() == HttpResponse::State::kBad) {
      return TransportFailure{Kind::kAnswer, true, response.problem()};
    }
    if (response.state() == HttpResponse::State::kHead) continue;
    connection_.Report(true);
    if (stream.on_bytes && response.status() == 200) {
      if (!opened) stream.on_open();
      opened = true;
      if (!answer.body.empty() && !stream.on_bytes(answer.body)) {
        return TransportFailure{Kind::kCanceled, true, "the stream was ended"};
      }
      answer.body.clear();
    }
    if (answer.body.size() > kMaxBody) {
      return TransportFailure{Kind::kAnswer, true, "it is larger than 1 MiB"};
    }
  }
  answer.status = response.status();
  answer.retry_after = response.retry_after();
  if (!response.keeps_connection()) connection_.Close();
  return answer;
}

std::string Transport::Head(const HttpRequest& request) const {
  std::string head = request.method + " " + config_.base_path + request.target +
                     " HTTP/1.1\r\nHost: " + connection_.where() +
                     "\r\nUser-Agent: " + user_agent_ +
                     "\r\nAccept: application/json\r\n";
  if (!credentials_.token().empty()) {
    head += "Authorization: Bearer " + credentials_.token() + "\r\n";
  }
  if (!request.body.empty()) {
    head += "Content-Type: application/json\r\nContent-Length: " +
            std::to_string(request.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

TransportFailure Transport::Explain(TransportFailure failure, bool maybe_sent,
                                    Instant started) const {
  failure.maybe_sent = maybe_sent;
  const std::string& where = connection_.where();
  if (failure.kind == Kind::kTimeout) {
    // The detail is what was waited for: "to connect", "for the answer".
    const std::string waited = Seconds(waiter_.Now() - started);
    failure.detail = maybe_sent
                         ? "no answer within " + waited + " from " + where
                         : "no connection within " + waited + " to " + where +
                               " (waited " + failure.detail + ")";
  } else if (failure.kind == Kind::kAnswer) {
    failure.detail =
        "the answer of " + where + " is of no use: " + failure.detail;
  }
  return failure;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                       c == '_' || c == '~';
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0xf];
  }
  return encoded;
}

}  // namespace k8s
