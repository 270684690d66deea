#include "tests/support/rest_client.h"

#include <httplib.h>

#include <csignal>
#include <memory>

namespace support {
namespace {

std::unique_ptr<httplib::SSLClient> Connect(const Endpoint& endpoint,
                                            base::Duration limit) {
  // OpenSSL writes to connections the server has reset; a test must not die of
  // that. process.cc gives children the default back.
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<httplib::SSLClient> client;
  if (endpoint.client) {
    const std::string& certificate = endpoint.client->certificate_pem;
    const std::string& key = endpoint.client->key_pem;
    client = std::make_unique<httplib::SSLClient>(
        endpoint.host, endpoint.port,
        httplib::SSLClient::PemMemory{certificate.data(), certificate.size(),
                                      key.data(), key.size(), nullptr});
  } else {
    client = std::make_unique<httplib::SSLClient>(endpoint.host, endpoint.port);
  }
  client->load_ca_cert_store(endpoint.authority_pem.data(),
                             endpoint.authority_pem.size());
  client->enable_server_certificate_verification(true);
  client->set_path_encode(false);
  client->set_connection_timeout(limit);
  client->set_read_timeout(limit);
  client->set_write_timeout(limit);
  client->set_max_timeout(limit);
  return client;
}

httplib::Request Start(const Endpoint& endpoint, const std::string& method,
                       const std::string& path) {
  httplib::Request request;
  request.method = method;
  request.path = path;
  // send() counts max_timeout from here, and does not set it by itself.
  request.start_time_ = std::chrono::steady_clock::now();
  request.set_header("Accept", "application/json");
  if (!endpoint.token.empty()) {
    request.set_header("Authorization", "Bearer " + endpoint.token);
  }
  return request;
}

// Cuts a stream of bytes into JSON values, one a line.
class Lines {
 public:
  explicit Lines(const std::function<bool(const nlohmann::json&)>& on_event)
      : on_event_(on_event) {}

  bool Add(const char* data, std::size_t size) {
    rest_.append(data, size);
    for (;;) {
      const auto end = rest_.find('\n');
      if (end == std::string::npos) return true;
      const auto event = nlohmann::json::parse(rest_.substr(0, end));
      rest_.erase(0, end + 1);
      if (!on_event_(event)) return false;
    }
  }

 private:
  const std::function<bool(const nlohmann::json&)>& on_event_;
  std::string rest_;
};

}  // namespace

nlohmann::json Answer::Json() const {
  auto value = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? nlohmann::json() : value;
}

Answer RestClient::Request(const std::string& method, const std::string& path,
                           const nlohmann::json& body,
                           base::Duration limit) const {
  return RequestText(
      method, path, body.is_null() ? "" : body.dump(),
      method == "PATCH" ? "application/merge-patch+json" : "application/json",
      limit);
}

Answer RestClient::RequestText(const std::string& method,
                               const std::string& path, const std::string& body,
                               const std::string& content_type,
                               base::Duration limit) const {
  auto client = Connect(endpoint_, limit);
  httplib::Request request = Start(endpoint_, method, path);
  if (!body.empty()) {
    request.body = body;
    request.set_header("Content-Type", content_type);
  }
  const httplib::Result result = client->send(request);
  if (!result) return {0, httplib::to_string(result.error()), ""};
  return {result->status, "", result->body};
}

Answer RestClient::Watch(
    const std::string& path,
    const std::function<bool(const nlohmann::json&)>& on_event,
    base::Duration limit, const std::function<void()>& on_open) const {
  auto client = Connect(endpoint_, limit);
  httplib::Request request = Start(endpoint_, "GET", path);
  Answer answer;
  Lines lines(on_event);
  request.response_handler = [&](const httplib::Response& response) {
    answer.status = response.status;
    if (answer.ok() && on_open) on_open();
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, auto,
                                 auto) {
    if (answer.ok()) return lines.Add(data, size);
    answer.body.append(data, size);
    return true;
  };
  const httplib::Result result = client->send(request);
  if (!result) answer.error = httplib::to_string(result.error());
  return answer;
}

}  // namespace support
