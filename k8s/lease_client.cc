#include "k8s/lease_client.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "k8s/lease_json.h"
#include "k8s/lease_path.h"
#include "k8s/status.h"
#include "k8s/transport.h"

namespace k8s {
namespace {

using base::Duration;
using base::Instant;
using base::Result;

// What a failed write means for the lease. Anything that is not certain is
// kUnknown: it costs a read, whereas a wrong certainty may cost the lease.
WriteStatus StatusOf(const HttpAnswer& answer, bool creates) {
  switch (answer.status) {
    case 409:
      return WriteStatus::kConflict;
    case 422:
      return creates && SaysLeaseExists(answer) ? WriteStatus::kConflict
                                                : WriteStatus::kRejected;
    case 401:
    case 403:
    case 404:
    case 429:
      return WriteStatus::kRejected;
    default:
      return WriteStatus::kUnknown;
  }
}

}  // namespace

class LeaseClient::Impl {
 public:
  Impl(ClusterConfig config, LeaseName name, std::string user_agent,
       BootClock clock, RequestObserver observer)
      : name_(std::move(name)),
        observer_(std::move(observer)),
        transport_(std::move(config), std::move(user_agent), std::move(clock)) {
  }

  ReadAnswer Get(Instant deadline) {
    ReadAnswer read;
    const LeaseAction action{"get", name_};
    const HttpOutcome outcome = Call("GET", action, "", deadline);
    if (!outcome) {
      read.error = ErrorFromFailure(action, outcome.error());
      return read;
    }
    if (SaysLeaseIsAbsent(*outcome, name_)) {
      read.status = ReadStatus::kAbsent;
      return read;
    }
    if (outcome->status != 200) {
      read.error = ErrorFromAnswer(action, *outcome);
      return read;
    }
    Result<Lease> lease = DecodeLease(outcome->body, name_.name);
    if (!lease) {
      read.error =
          ErrorFromContent(action, outcome->status, lease.error().message);
      return read;
    }
    read.status = ReadStatus::kFound;
    read.lease = std::move(*lease);
    return read;
  }

  WriteAnswer Write(const LeaseWrite& write, Instant deadline) {
    WriteAnswer answer;
    const LeaseAction action{write.base ? "update" : "create", name_};
    const Result<std::string> body =
        EncodeLeaseWrite(write, name_.name_space, name_.name);
    if (!body) {
      answer.status = WriteStatus::kRejected;  // Nothing was sent.
      answer.error = ErrorFromContent(action, 0, body.error().message);
      return answer;
    }
    const HttpOutcome outcome = Call("PUT", action, *body, deadline);
    if (!outcome) {
      answer.status = outcome.error().maybe_sent ? WriteStatus::kUnknown
                                                 : WriteStatus::kRejected;
      answer.error = ErrorFromFailure(action, outcome.error());
      return answer;
    }
    if (outcome->status != 200 && outcome->status != 201) {
      answer.status = StatusOf(*outcome, !write.base);
      answer.error = ErrorFromAnswer(action, *outcome);
      return answer;
    }
    Result<Lease> lease = DecodeLease(outcome->body, name_.name);
    if (!lease) {
      answer.error =
          ErrorFromContent(action, outcome->status, lease.error().message);
      return answer;
    }
    answer.status = WriteStatus::kApplied;
    answer.lease = std::move(*lease);
    return answer;
  }

  void Cancel() { transport_.Cancel(); }

 private:
  HttpOutcome Call(const char* method, const LeaseAction& action,
                   const std::string& body, Instant deadline) {
    const Instant started = transport_.Now();
    // The server need not go on with what nobody waits for any more, and must
    // not store it later if that can be helped.
    const std::int64_t left =
        std::clamp<std::int64_t>(base::ToMs(deadline - started), 1, 60'000);
    const HttpRequest request{
        method, LeasePath(name_) + "?timeout=" + std::to_string(left) + "ms",
        body};
    const HttpOutcome outcome = transport_.Exchange(request, deadline);
    if (observer_) {
      observer_(action.verb, CodeOf(outcome), transport_.Now() - started);
    }
    return outcome;
  }

  const LeaseName name_;
  const RequestObserver observer_;
  Transport transport_;
};

LeaseClient::LeaseClient(ClusterConfig config, LeaseName name,
                         std::string user_agent, BootClock clock,
                         RequestObserver observer)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(name),
                                   std::move(user_agent), std::move(clock),
                                   std::move(observer))) {}

LeaseClient::~LeaseClient() = default;

ReadAnswer LeaseClient::Get(Instant deadline) { return impl_->Get(deadline); }

WriteAnswer LeaseClient::Write(const LeaseWrite& write, Instant deadline) {
  return impl_->Write(write, deadline);
}

void LeaseClient::Cancel() { impl_->Cancel(); }

}  // namespace k8s
