#include "agent/runtime/confirmer.h"

#include <utility>

#include "agent/base/check.h"
#include "agent/runtime/clock.h"
#include "agent/runtime/thread_name.h"

namespace runtime {
namespace {

// A whole local request has 2 s.
constexpr base::Duration kLimit = std::chrono::milliseconds(1500);

}  // namespace

Confirmer::Confirmer(std::unique_ptr<k8s::LeaseClient> client,
                     const Leadership& leadership,
                     std::function<void()> on_doubt)
    : client_(std::move(client)),
      leadership_(leadership),
      on_doubt_(std::move(on_doubt)),
      thread_([this] { Run(); }) {}

Confirmer::~Confirmer() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  client_->Cancel();
  thread_.join();
}

void Confirmer::Ask(ConfirmDone done) {
  {
    base::MutexLock lock(mutex_);
    CHECK(!asked_);
    asked_ = std::move(done);
  }
  changed_.notify_one();
}

void Confirmer::Run() {
  NameThisThread("confirm");
  while (true) {
    ConfirmDone done;
    {
      base::MutexLock lock(mutex_);
      while (!asked_ && !stopping_) changed_.wait(mutex_);
      if (stopping_) return;
      done = std::exchange(asked_, nullptr);
    }
    done(Read());
  }
}

ConfirmResult Confirmer::Read() {
  const k8s::ReadAnswer read = client_->Get(BootNow() + kLimit);
  if (read.status == k8s::ReadStatus::kFailed) {
    return {.answered = false, .holder = "", .error = read.error.message};
  }
  // Taken after the read: a term that began meanwhile is not contradicted.
  const election::View view = leadership_.Get().view;
  const std::string& holder = read.lease.record.holder;
  const bool ours = holder == leadership_.identity().incarnation;
  if (view.leads && (!ours || read.lease.record.uid != view.lease.uid)) {
    on_doubt_();
  }
  if (ours && read.lease.record.uid != view.lease.uid) {
    return {.answered = false,
            .holder = "",
            .error = "the lease was deleted and made again"};
  }
  return {.answered = true, .holder = holder, .error = ""};
}

}  // namespace runtime
