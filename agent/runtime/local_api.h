// What the main container asks on loopback: GET or HEAD of /leader,
// /leader?confirm=1 and /, and of OpsApi's paths. Decides nothing: reads the
// snapshot, then the boot clock, and compares. Thread: `http`.
//
// /leader answers 200 or 503 with one JSON object:
//   isLeader, state, identity, incarnation, lease   always
//   leader       holderIdentity as last seen; "" if nobody holds it or nothing
//                was seen
//   validForMs   how long isLeader is true, rounded down; 0 with 503
//   jeopardy     true while leading without an answer of the API server
//   fencingToken, deadlineBoottimeNs                only with 200
//   leaseTransitions, acquireTime                   only if a lease was seen
//   confirmed    only with confirm=1: the API server named this incarnation
//   reason       only with 503: one sentence
// A snapshot that says "leading" past its deadline shows as "following".
#ifndef AGENT_RUNTIME_LOCAL_API_H_
#define AGENT_RUNTIME_LOCAL_API_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"
#include "agent/http/connection.h"
#include "agent/http/message.h"
#include "agent/runtime/confirm_gate.h"
#include "agent/runtime/leadership.h"
#include "agent/runtime/ops_api.h"

namespace runtime {

class LocalApi {
 public:
  // `leadership` and `ops` outlive this; this outlives the server. `now` is
  // BootNow outside tests.
  LocalApi(const Leadership* leadership, const OpsApi* ops, Confirm confirm,
           std::function<base::Instant()> now);
  ~LocalApi();

  http::Handler handler();
  std::optional<http::Response> Answer(const http::Request& request,
                                       http::Exchange& exchange);

 private:
  // The texts that change only with the snapshot.
  struct Texts {
    std::string us;  // "identity":...,"incarnation":...,"leader":...,"lease":
    std::string record;  // "leaseTransitions":...,"acquireTime":...
    std::string holder;  // The bare identity as a JSON string.
    std::string last_update;
  };

  http::Response Leader(const ConfirmResult* confirmed);
  http::Response OldSidecar();
  void Refresh();

  const Leadership* const leadership_;
  const OpsApi* const ops_;
  const std::function<base::Instant()> now_;
  const std::shared_ptr<ConfirmGate> gate_;

  std::optional<std::uint64_t> version_;  // Of the two below.
  election::View view_;
  Texts texts_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_LOCAL_API_H_
