// Raw requests to a Kubernetes API server, for tests that look at what the
// server answers, or that change a lease behind the agent's back. Not our k8s
// client: that one is what is tested. Each request has its own connection.
// Thread: any; one object is not shared between threads.
#ifndef TESTS_SUPPORT_REST_CLIENT_H_
#define TESTS_SUPPORT_REST_CLIENT_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "agent/base/time.h"
#include "tests/support/certificates.h"

namespace support {

inline constexpr base::Duration kRequestLimit = std::chrono::seconds(10);

struct Endpoint {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string authority_pem = {};
  std::optional<KeyPair> client = {};  // Shown to the server when set.
  std::string token = {};              // Sent as a bearer token when not empty.
};

struct Answer {
  int status = 0;  // 0: no answer; `error` says why.
  std::string error;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
  nlohmann::json Json() const;  // Null when the body is not JSON.
};

class RestClient {
 public:
  explicit RestClient(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  const Endpoint& endpoint() const { return endpoint_; }

  // `path` with its query, already encoded. `limit` covers the whole call.
  Answer Request(const std::string& method, const std::string& path,
                 const nlohmann::json& body = nullptr,
                 base::Duration limit = kRequestLimit) const;
  Answer RequestText(const std::string& method, const std::string& path,
                     const std::string& body,
                     const std::string& content_type = "application/json",
                     base::Duration limit = kRequestLimit) const;

  // Opens a watch and hands over each event until `on_event` says false, the
  // server ends the stream, or `limit` is over. `on_open` runs once the server
  // has answered 200. Any other answer is returned with its body.
  Answer Watch(const std::string& path,
               const std::function<bool(const nlohmann::json&)>& on_event,
               base::Duration limit = kRequestLimit,
               const std::function<void()>& on_open = {}) const;

 private:
  Endpoint endpoint_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_REST_CLIENT_H_
