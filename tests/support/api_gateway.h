// A load balancer in front of a real API server that ends TLS and speaks HTTP,
// so that a test can do to single requests and watch events what TcpProxy
// cannot: answer with an error, wait before or after one kind of request, drop
// or repeat an event. It asks the server as `upstream` says, whoever asks it.
// Runs on threads of its own; calls may come from any thread.
//
// A watch is always answered with 200; when the server refuses it, it ends.
#ifndef TESTS_SUPPORT_API_GATEWAY_H_
#define TESTS_SUPPORT_API_GATEWAY_H_

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "tests/support/certificates.h"
#include "tests/support/rest_client.h"
#include "tests/support/tcp_proxy.h"

namespace support {

enum class RequestKind { kRead, kWrite, kWatch };

struct HttpFault {
  // Answered with this instead of asking the API server, unless 0.
  int status = 0;
  std::string body = {};
  std::string content_type = "application/json";
  std::string retry_after = {};
  // Waits so long before it asks the server, and so long before it hands the
  // answer on. Not for watches.
  base::Duration before{0};
  base::Duration after{0};
  // It is over by itself after so many requests; negative: not by itself.
  int times = -1;
};

// A metav1.Status, as the API server writes errors.
std::string StatusBody(int code, const std::string& reason,
                       const std::string& message);

class ApiGateway {
 public:
  // What a watcher gets instead of one event: nothing, or one, or more.
  using WatchFilter =
      std::function<std::vector<nlohmann::json>(const nlohmann::json& event)>;

  // `certificate` is for 127.0.0.1.
  ApiGateway(const KeyPair& certificate, Endpoint upstream);
  ~ApiGateway();

  int port() const;

  void Set(RequestKind kind, HttpFault fault);
  void Heal(RequestKind kind) { Set(kind, {}); }
  void SetWatchFilter(WatchFilter filter);  // {}: all events as they are.
  // Where the watches of all clients go through, and nothing else.
  TcpProxy& watch_road();

  int requests(RequestKind kind) const;  // All that came.
  int struck(RequestKind kind) const;    // Those with a fault.

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A validating admission webhook that allows everything, late.
class SleepingWebhook {
 public:
  explicit SleepingWebhook(const KeyPair& certificate);
  ~SleepingWebhook();

  // Of a ValidatingWebhookConfiguration's clientConfig.
  std::string url() const;
  void SetSleep(base::Duration sleep);
  int calls() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_API_GATEWAY_H_
