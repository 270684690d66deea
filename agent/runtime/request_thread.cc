#include "agent/runtime/request_thread.h"

#include <utility>

#include "agent/base/check.h"
#include "agent/runtime/thread_name.h"

namespace runtime {

RequestThread::RequestThread(std::unique_ptr<k8s::LeaseClient> client,
                             Done done)
    : client_(std::move(client)),
      done_(std::move(done)),
      thread_([this] { Run(); }) {}

RequestThread::~RequestThread() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  client_->Cancel();
  thread_.join();
}

void RequestThread::Submit(Request request) {
  {
    base::MutexLock lock(mutex_);
    CHECK(!next_);
    next_ = std::move(request);
  }
  changed_.notify_one();
}

void RequestThread::Run() {
  NameThisThread("api");
  while (true) {
    Request request;
    {
      base::MutexLock lock(mutex_);
      while (!next_ && !stopping_) changed_.wait(mutex_);
      if (stopping_) return;
      request = *std::exchange(next_, std::nullopt);
    }
    std::visit([this](const auto& r) { Execute(r); }, request);
  }
}

void RequestThread::Execute(const election::Read& read) {
  k8s::ReadAnswer answer = client_->Get(read.deadline);
  election::ReadDone done{
      .id = read.id,
      .status = answer.status,
      .lease = std::move(answer.lease),
      .retry_after = answer.error.retry_after.value_or(base::Duration::zero())};
  done_(std::move(done),
        answer.status == k8s::ReadStatus::kFailed ? &answer.error : nullptr);
}

void RequestThread::Execute(const election::Write& write) {
  k8s::WriteAnswer answer = client_->Write(write.write, write.deadline);
  election::WriteDone done{
      .id = write.id,
      .status = answer.status,
      .lease = std::move(answer.lease),
      .renew_time = write.write.record.renew_time,
      .retry_after = answer.error.retry_after.value_or(base::Duration::zero())};
  // A conflict is how two candidates meet, not an error.
  const bool failed = answer.status == k8s::WriteStatus::kRejected ||
                      answer.status == k8s::WriteStatus::kUnknown;
  done_(std::move(done), failed ? &answer.error : nullptr);
}

}  // namespace runtime
