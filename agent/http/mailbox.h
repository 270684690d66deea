// How an answer that was put off reaches the `http` thread. Any thread may
// post; the mailbox outlives the server for whoever still holds a Later.
#ifndef AGENT_HTTP_MAILBOX_H_
#define AGENT_HTTP_MAILBOX_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/http/fd.h"
#include "agent/http/message.h"

namespace http {

// Makes the answer on the `http` thread, right before it is sent: what depends
// on the time is as fresh as that of an answer given at once.
using MakeResponse = std::function<Response()>;

class Mailbox {
 public:
  struct Letter {
    std::uint64_t serial = 0;
    MakeResponse make;
  };

  Mailbox();

  void Post(std::uint64_t serial, MakeResponse make);
  void Wake();   // Makes fd() readable. Safe in any thread.
  void Close();  // What is posted from now on is dropped.

  // `http` thread: what came in, and fd() is quiet again.
  std::vector<Letter> Take();
  int fd() const { return event_.get(); }

 private:
  const Fd event_;
  base::Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<Letter> letters_ GUARDED_BY(mutex_);
};

// The right to answer one request later, from any thread. Copies stand for the
// same request: the first Complete counts. When the client or the server has
// gone, nothing happens. Never completed: the client gets 504 after
// Limits::deferred.
class Later {
 public:
  Later(std::shared_ptr<Mailbox> mailbox, std::uint64_t serial)
      : mailbox_(std::move(mailbox)), serial_(serial) {}

  void Complete(MakeResponse make) const {
    mailbox_->Post(serial_, std::move(make));
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t serial_;
};

// What a handler has in hand besides the request. `http` thread.
class Exchange {
 public:
  Exchange(const std::shared_ptr<Mailbox>& mailbox, std::uint64_t serial)
      : mailbox_(mailbox), serial_(serial) {}

  Later Defer() {
    deferred_ = true;
    return Later(mailbox_, serial_);
  }
  bool deferred() const { return deferred_; }

 private:
  const std::shared_ptr<Mailbox>& mailbox_;
  const std::uint64_t serial_;
  bool deferred_ = false;
};

}  // namespace http

#endif  // AGENT_HTTP_MAILBOX_H_
