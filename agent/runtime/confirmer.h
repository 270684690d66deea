// Asks the API server whether the lease is ours, for `GET /leader?confirm=1`.
// On its own connection and thread, `confirm`, so that it never delays a
// renewal. What it sees is not leadership: the answer still needs the snapshot
// and the clock.
#ifndef AGENT_RUNTIME_CONFIRMER_H_
#define AGENT_RUNTIME_CONFIRMER_H_

#include <functional>
#include <memory>
#include <thread>

#include "agent/base/mutex.h"
#include "agent/runtime/confirm_gate.h"
#include "agent/runtime/leadership.h"
#include "k8s/lease_client.h"

namespace runtime {

class Confirmer {
 public:
  // `on_doubt`: the API server contradicts the snapshot.
  Confirmer(std::unique_ptr<k8s::LeaseClient> client,
            const Leadership& leadership, std::function<void()> on_doubt);
  // Ends a question in progress and joins.
  ~Confirmer();

  // One at a time: the next only after the answer, which comes on the thread
  // `confirm`, within 1.5 s.
  void Ask(ConfirmDone done);

 private:
  void Run();
  ConfirmResult Read();

  const std::unique_ptr<k8s::LeaseClient> client_;
  const Leadership& leadership_;
  const std::function<void()> on_doubt_;
  base::Mutex mutex_;
  base::ConditionVariable changed_;
  ConfirmDone asked_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_CONFIRMER_H_
