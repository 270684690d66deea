// What kubelet and Prometheus ask: /metrics, /livez, /readyz, /healthz (as
// /livez). Text in the style of the Kubernetes API server. Says nothing of
// leadership. Serves the second listener, and the first through LocalApi.
// Thread: `http`.
// Source: kubernetes.io/docs/reference/using-api/health-checks.
#ifndef AGENT_RUNTIME_OPS_API_H_
#define AGENT_RUNTIME_OPS_API_H_

#include <functional>
#include <optional>
#include <string>

#include "agent/http/connection.h"
#include "agent/http/message.h"

namespace runtime {

// Nothing: well. Else one sentence, shown with ?verbose. Must not block.
using HealthCheck = std::function<std::optional<std::string>()>;

struct OpsSources {
  std::function<std::string()> metrics_text;  // Prometheus text format 0.0.4.
  // Fails only when the election loop is stuck: kubelet then restarts us.
  HealthCheck alive;
  // Follows neither leadership nor the API server: an outage must not take
  // every pod out of its Service.
  HealthCheck ready;
};

// 404 and 405 of both listeners.
http::Response NotFound(std::string_view hint);
http::Response MethodNotAllowed();
bool IsRead(const http::Request& request);  // GET or HEAD.

class OpsApi {
 public:
  explicit OpsApi(OpsSources sources) : sources_(std::move(sources)) {}

  // Nothing if the path is not one of the four.
  std::optional<http::Response> AnswerIfKnown(
      const http::Request& request) const;

  // For the second listener.
  http::Handler handler() const;

 private:
  const OpsSources sources_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_OPS_API_H_
