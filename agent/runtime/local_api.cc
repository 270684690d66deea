#include "agent/runtime/local_api.h"

#include <nlohmann/json.hpp>

#include "agent/runtime/identity.h"
#include "k8s/micro_time.h"

namespace runtime {
namespace {

using election::State;
using election::View;

// Go's zero time, which readers of the old sidecar's answer can parse.
constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";

std::string Quote(std::string_view text) {
  // What is not UTF-8 is replaced, not thrown at.
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

std::string Time(k8s::MicroTime time) {
  return time == 0 ? std::string(kNoTime) : k8s::FormatMicroTime(time);
}

void Add(std::string& body, std::string_view key, std::string_view value) {
  body.append(",\"").append(key).append("\":").append(value);
}

void Add(std::string& body, std::string_view key, std::int64_t value) {
  Add(body, key, std::string_view(std::to_string(value)));
}

std::string_view Bool(bool value) { return value ? "true" : "false"; }

// Why this pod does not lead.
std::string_view Reason(const View& view, const Identity& we,
                        base::Instant now) {
  if (view.leads) return "our term has ended and was not renewed in time";
  switch (view.state) {
    case State::kStarting:
      return "nothing has been seen of the lease yet";
    case State::kFollowing:
    case State::kLeading:
      break;
    case State::kDraining:
      return "this pod gave up leading and waits for its main container";
    case State::kPaused:
      return "this pod is paused and does not take part";
    case State::kUnhealthy:
      return "the main container is not healthy";
    case State::kRefusing:
      return "the store of the API server has gone back in time";
    case State::kStopped:
      return "this sidecar has stopped";
  }
  if (!view.lease_exists) return "the lease does not exist yet";
  if (view.lease.holder.empty()) return "nobody holds the lease";
  if (view.lease.holder == we.incarnation) {
    return "our term has ended and was not renewed in time";
  }
  if (now >= view.lease_expires_at) return "the holder's lease has run out";
  return "another holds the lease";
}

}  // namespace

LocalApi::LocalApi(const Leadership* leadership, const OpsApi* ops,
                   Confirm confirm, std::function<base::Instant()> now)
    : leadership_(leadership),
      ops_(ops),
      now_(std::move(now)),
      gate_(std::make_shared<ConfirmGate>(std::move(confirm), now_)) {}

LocalApi::~LocalApi() { gate_->Close(); }

http::Handler LocalApi::handler() {
  return [this](const http::Request& request, http::Exchange& exchange) {
    return Answer(request, exchange);
  };
}

std::optional<http::Response> LocalApi::Answer(const http::Request& request,
                                               http::Exchange& exchange) {
  const bool leader = request.path == "/leader";
  if (!leader && request.path != "/") {
    auto response = ops_->AnswerIfKnown(request);
    if (!response) {
      response =
          NotFound("try /leader, /, /metrics, /livez, /readyz or /healthz");
    }
    return response;
  }
  if (!IsRead(request)) return MethodNotAllowed();
  if (!leader) return OldSidecar();
  // A misspelled confirm must not look like a confirmed answer.
  if (!request.QueryHasOnly({"confirm"})) {
    return http::ErrorResponse(400, "unknown query parameter",
                               "/leader knows confirm=1 alone");
  }
  const auto confirm = request.QueryValue("confirm");
  if (!confirm || confirm == "0") return Leader(nullptr);
  if (confirm != "1") {
    return http::ErrorResponse(400, "confirm must be 0 or 1",
                               "try /leader?confirm=1");
  }
  // The read may be answered before Ask returns: the right to answer comes
  // first.
  const http::Later later = exchange.Defer();
  const bool asked = gate_->Ask([this, later](const ConfirmResult& result) {
    later.Complete([this, result] { return Leader(&result); });
  });
  if (!asked) {
    later.Complete([] {
      http::Response response = http::ErrorResponse(
          429, "too many confirmations",
          "at most 5 a second; ask without confirm or wait");
      response.extra_fields = "Retry-After: 1\r\n";
      return response;
    });
  }
  return std::nullopt;
}

http::Response LocalApi::Leader(const ConfirmResult* confirmed) {
  Refresh();
  // The clock comes last: what is answered was true at this instant.
  const base::Instant now = now_();
  const bool holds = confirmed == nullptr ||
                     (confirmed->answered &&
                      confirmed->holder == leadership_->identity().incarnation);
  const bool leads = view_.LeadsAt(now) && holds;
  const State state = view_.state == State::kLeading && !view_.LeadsAt(now)
                          ? State::kFollowing
                          : view_.state;
  http::Response response;
  response.status = leads ? 200 : 503;
  std::string& body = response.body;
  body.reserve(512);
  body.append("{\"isLeader\":").append(Bool(leads));
  body.append(",\"state\":\"").append(ToString(state)).append("\"");
  body.append(texts_.us);
  if (leads) Add(body, "fencingToken", view_.fencing_token);
  Add(body, "validForMs", leads ? base::ToMs(view_.valid_until - now) : 0);
  if (leads) {
    Add(body, "deadlineBoottimeNs", view_.valid_until.since_boot.count());
  }
  Add(body, "jeopardy", Bool(leads && now >= view_.jeopardy_at));
  body.append(texts_.record);
  if (confirmed != nullptr) Add(body, "confirmed", Bool(holds));
  if (!leads) {
    body.append(",\"reason\":");
    if (!view_.LeadsAt(now)) {
      body.append("\"")
          .append(Reason(view_, leadership_->identity(), now))
          .append("\"");
    } else if (!confirmed->answered) {
      body.append(Quote("not confirmed: " + confirmed->error));
    } else {
      body.append("\"the API server names another holder\"");
    }
  }
  body.append("}\n");
  return response;
}

http::Response LocalApi::OldSidecar() {
  Refresh();
  const base::Instant now = now_();
  // Who compares the name with its own asks "do I lead?": our name stands there
  // only while we do, even if it is a former life or a twin of ours that holds.
  const Identity& we = leadership_->identity();
  const bool ours = view_.lease.holder == we.incarnation;
  const bool named_as_we = BareIdentity(view_.lease.holder) == we.identity;
  const bool held =
      ours ? view_.LeadsAt(now) : !named_as_we && now < view_.lease_expires_at;
  http::Response response;
  response.body.append("{\"name\":").append(held ? texts_.holder : "\"\"");
  response.body.append(",\"last_update\":\"").append(texts_.last_update);
  response.body.append("\"}\n");
  return response;
}

void LocalApi::Refresh() {
  if (version_ == leadership_->version()) return;
  const Leadership::Snapshot snapshot = leadership_->Get();
  version_ = snapshot.version;
  view_ = snapshot.view;
  const Identity& we = leadership_->identity();
  const k8s::LeaseRecord& lease = view_.lease;
  const std::string holder = view_.lease_exists ? lease.holder : "";

  texts_ = {};
  Add(texts_.us, "identity", Quote(we.identity));
  Add(texts_.us, "incarnation", Quote(we.incarnation));
  Add(texts_.us, "leader", Quote(holder));
  Add(texts_.us, "lease", Quote(we.lease_namespace + "/" + we.lease_name));
  if (view_.lease_exists) {
    Add(texts_.record, "leaseTransitions", lease.transitions);
    Add(texts_.record, "acquireTime", Quote(Time(lease.acquire_time)));
  }
  texts_.holder = Quote(BareIdentity(holder));
  texts_.last_update = Time(view_.lease_exists ? lease.renew_time : 0);
}

}  // namespace runtime
