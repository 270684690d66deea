// Carries out the elector's reads and writes, one at a time, on a connection of
// its own. Decides nothing: every outcome goes back as an event.
#ifndef AGENT_RUNTIME_REQUEST_THREAD_H_
#define AGENT_RUNTIME_REQUEST_THREAD_H_

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <variant>

#include "agent/base/mutex.h"
#include "agent/election/types.h"
#include "k8s/lease_client.h"

namespace runtime {

using Request = std::variant<election::Read, election::Write>;

class RequestThread {
 public:
  // What came of a request: the event for the elector and, unless all went
  // well, the error for people. Called on the thread `api`.
  using Done = std::function<void(election::Event, const k8s::ApiError*)>;

  RequestThread(std::unique_ptr<k8s::LeaseClient> client, Done done);
  // Ends a call in progress and joins.
  ~RequestThread();

  // At most one at a time: the next only after Done. The write's renewTime is
  // stamped already.
  void Submit(Request request);

 private:
  void Run();
  void Execute(const election::Read& read);
  void Execute(const election::Write& write);

  const std::unique_ptr<k8s::LeaseClient> client_;
  const Done done_;
  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::optional<Request> next_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_REQUEST_THREAD_H_
