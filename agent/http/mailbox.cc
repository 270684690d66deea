#include "agent/http/mailbox.h"

#include <sys/eventfd.h>

#include "agent/base/check.h"

namespace http {

Mailbox::Mailbox() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(event_);
}

void Mailbox::Post(std::uint64_t serial, MakeResponse make) {
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    letters_.push_back({serial, std::move(make)});
  }
  Wake();
}

void Mailbox::Wake() { eventfd_write(event_.get(), 1); }

void Mailbox::Close() {
  std::vector<Letter> dropped;
  base::MutexLock lock(mutex_);
  closed_ = true;
  dropped.swap(letters_);
}

std::vector<Mailbox::Letter> Mailbox::Take() {
  eventfd_t ignored = 0;
  eventfd_read(event_.get(), &ignored);
  std::vector<Letter> letters;
  base::MutexLock lock(mutex_);
  letters.swap(letters_);
  return letters;
}

}  // namespace http
