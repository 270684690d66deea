// HTTP/1.1 with the API server over one connection that is kept: one request at
// a time, sent once, with one deadline over everything. Knows nothing of
// leases. Thread: one; Cancel() may come from any.
#ifndef K8S_TRANSPORT_H_
#define K8S_TRANSPORT_H_

#include <functional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/cluster_config.h"
#include "k8s/connection.h"
#include "k8s/credentials.h"
#include "k8s/http_response.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

struct HttpRequest {
  std::string method;
  std::string target;  // "/apis/...?...", after the base path of the cluster.
  std::string body;    // JSON, or "".
};

struct HttpAnswer {
  int status = 0;
  std::string body;         // At most 1 MiB.
  std::string retry_after;  // The header as it came.
};

using HttpOutcome = base::Result<HttpAnswer, TransportFailure>;

// Takes a 200 answer that does not end while it comes in.
struct HttpStream {
  base::Instant open_by;  // The header must have come by then.
  base::Instant end_by;   // The stream must have ended by then.
  std::function<void()> on_open;
  // False ends the stream with kCanceled.
  std::function<bool(std::string_view)> on_bytes;
};

class Transport {
 public:
  // `user_agent` must be printable ASCII.
  Transport(ClusterConfig config, std::string user_agent,
            std::function<base::Instant()> boot_clock);

  // One request, one answer of any status. A connection that the server has
  // closed while it was idle is replaced before anything is sent; a request
  // that may have been sent is never sent again. Except: after a 401, and after
  // a server that is not trusted, the files are read again, or the exec plugin
  // runs again, and if that brings a change the request is made once more: it
  // was not served, or never sent.
  HttpOutcome Exchange(const HttpRequest& request, base::Instant deadline);

  // The same with a 200 answer handed over as it comes. Its answer has no body,
  // and means that the stream has ended in good order.
  HttpOutcome Follow(const HttpRequest& request, const HttpStream& stream);

  // Makes the call in progress and all later ones fail with kCanceled, until
  // Reset().
  void Cancel() { waiter_.Cancel(); }
  void Reset() { waiter_.Reset(); }
  // Waits until then, or less if canceled.
  void Pause(base::Instant until) { waiter_.Wait(-1, 0, until); }
  base::Instant Now() const { return waiter_.Now(); }

 private:
  HttpOutcome Run(const HttpRequest& request, const HttpStream& stream);
  HttpOutcome RunOnce(const HttpRequest& request, const HttpStream& stream);
  // Closes the connection after a failure.
  void Drop(const TransportFailure& failure);
  HttpOutcome Receive(const HttpStream& stream);
  std::string Head(const HttpRequest& request) const;
  TransportFailure Explain(TransportFailure failure, bool maybe_sent,
                           base::Instant started) const;

  const ClusterConfig config_;
  const std::string user_agent_;
  Waiter waiter_;
  Credentials credentials_;
  Connection connection_;
  std::shared_ptr<SSL_CTX> connected_with_;
};

// For one segment of a path or one value of a query.
std::string PercentEncode(std::string_view text);

}  // namespace k8s

#endif  // K8S_TRANSPORT_H_
