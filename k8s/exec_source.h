// Keeps the credential of an exec plugin at hand: one plugin for all
// connections, run on a thread of its own, "exec", so that one that hangs costs
// nobody a lease that the credential at hand could keep. Any thread.
#ifndef K8S_EXEC_SOURCE_H_
#define K8S_EXEC_SOURCE_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "agent/base/mutex.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/exec_plugin.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

// Never null. Another pointer means another credential.
using ExecCredentialPtr = std::shared_ptr<const ExecCredential>;

class ExecSource {
 public:
  // Blocks; see RunExecPlugin().
  using Run = std::function<base::Result<std::string>(Waiter& waiter)>;
  struct Clocks {
    std::function<base::Instant()> boot;
    std::function<MicroTime()> wall;  // For what expires at a wall time.
  };

  explicit ExecSource(ExecPlugin plugin);
  // For a test: `run` is the plugin.
  ExecSource(std::string api_version, Run run, Clocks clocks);
  // Kills the plugin if it runs.
  ~ExecSource();
  ExecSource(const ExecSource&) = delete;
  ExecSource& operator=(const ExecSource&) = delete;

  // At once while there is a credential that has not expired; shortly before it
  // does, the plugin runs beside. Else waits for the plugin until `deadline`.
  base::Result<ExecCredentialPtr, TransportFailure> Get(Waiter& waiter,
                                                        base::Instant deadline);

  // The server does not accept `refused`: runs the plugin, unless it has just
  // run, and waits for it until `deadline`. True if there is another
  // credential now. `refused` is still what Get() gives until then: servers
  // err, and plugins hang.
  bool Renew(const ExecCredentialPtr& refused, Waiter& waiter,
             base::Instant deadline);

 private:
  struct Job;

  std::shared_ptr<Job> Start(bool refused) REQUIRES(mutex_);
  void Work(const std::shared_ptr<Job>& job);
  void Take(const base::Result<ExecCredential>& got, bool refused)
      REQUIRES(mutex_);
  TransportFailure Failure() const REQUIRES(mutex_);

  const std::string api_version_;
  const Run run_;
  const Clocks clocks_;
  Waiter waiter_;  // Of the thread.

  base::Mutex mutex_;
  ExecCredentialPtr credential_ GUARDED_BY(mutex_);
  base::Instant renew_at_ GUARDED_BY(mutex_);    // Of the credential.
  base::Instant use_until_ GUARDED_BY(mutex_);   // Of the credential.
  std::string error_ GUARDED_BY(mutex_);         // Of the last run.
  base::Duration pause_ GUARDED_BY(mutex_);      // Between runs.
  base::Instant next_run_ GUARDED_BY(mutex_);    // Not before.
  std::shared_ptr<Job> job_ GUARDED_BY(mutex_);  // Null: it does not run.
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace k8s

#endif  // K8S_EXEC_SOURCE_H_
