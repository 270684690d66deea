#include "agent/runtime/ops_api.h"

namespace runtime {
namespace {

constexpr std::string_view kMetricsText =
    "text/plain; version=0.0.4; charset=utf-8";

// One line a check with ?verbose or when it fails, then the verdict.
http::Response Health(std::string_view path, std::string_view check_name,
                      const HealthCheck& check, bool verbose) {
  const std::optional<std::string> failure = check();
  http::Response response;
  response.content_type = http::kText;
  if (!failure && !verbose) {
    response.body = "ok";
    return response;
  }
  response.status = failure ? 500 : 200;
  response.body.append("[+]ping ok\n");
  response.body.append(failure ? "[-]" : "[+]").append(check_name);
  if (failure) {
    response.body.append(" failed: ").append(*failure).append("\n");
  } else {
    response.body.append(" ok\n");
  }
  response.body.append(path.substr(1));
  response.body.append(failure ? " check failed\n" : " check passed\n");
  return response;
}

}  // namespace

http::Response NotFound(std::string_view hint) {
  return http::ErrorResponse(404, "there is nothing at this path", hint);
}

http::Response MethodNotAllowed() {
  http::Response response =
      http::ErrorResponse(405, "this method is not allowed", "use GET or HEAD");
  response.extra_fields = "Allow: GET, HEAD\r\n";
  return response;
}

bool IsRead(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

std::optional<http::Response> OpsApi::AnswerIfKnown(
    const http::Request& request) const {
  const std::string_view path = request.path;
  const bool metrics = path == "/metrics";
  const bool live = path == "/livez" || path == "/healthz";
  const bool ready = path == "/readyz";
  if (!metrics && !live && !ready) return std::nullopt;
  if (!IsRead(request)) return MethodNotAllowed();
  if (metrics) {
    return http::Response{200, kMetricsText, sources_.metrics_text()};
  }
  const bool verbose = request.QueryValue("verbose").has_value();
  return live ? Health(path, "election-loop", sources_.alive, verbose)
              : Health(path, "started", sources_.ready, verbose);
}

http::Handler OpsApi::handler() const {
  return [this](const http::Request& request, http::Exchange&) {
    auto response = AnswerIfKnown(request);
    if (!response) {
      response = NotFound("try /metrics, /livez, /readyz or /healthz");
    }
    return response;
  };
}

}  // namespace runtime
