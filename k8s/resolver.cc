#include "k8s/resolver.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/base/check.h"
#include "k8s/server_url.h"

namespace k8s {
namespace {

using base::Duration;
using base::Instant;
using base::MutexLock;
using base::Result;
using std::chrono::seconds;
using Kind = TransportFailure::Kind;

// A burst of new connections asks once.
constexpr Duration kFresh = seconds(5);
// How long a call waits for a new answer while it has an old one. Never more
// than a quarter of what it has left.
constexpr Duration kPatience = seconds(1);
// glibc gives up long before, whatever resolv.conf says that people write.
constexpr Duration kGivenUpAfter = seconds(60);
constexpr std::size_t kMaxGivenUp = 3;

LookupAnswer GetAddrInfo(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  LookupAnswer answer;
  answer.error =
      getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (answer.error != 0) return answer;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    address.size = at->ai_addrlen;
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    answer.addresses.push_back(address);
  }
  freeaddrinfo(found);
  return answer;
}

}  // namespace

bool SocketAddress::operator==(const SocketAddress& other) const {
  return size == other.size && std::memcmp(&bytes, &other.bytes, size) == 0;
}

LookupAnswer AskSystem(const std::string& host, int port) {
  return GetAddrInfo(host, port, 0);
}

// Shared with a detached thread. `answer` is written before `done`, and read
// after it.
struct Resolver::Job {
  const Instant started;
  const int done_fd = eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> done{false};
  LookupAnswer answer;
  bool in_vain = false;  // Somebody has waited long enough. By Resolver.

  explicit Job(Instant at) : started(at) { CHECK(done_fd >= 0); }
  ~Job() { close(done_fd); }
};

Resolver::Resolver(std::string host, int port, LookUp look_up)
    : host_(std::move(host)),
      port_(port),
      where_(HostAndPort(host_, port_)),
      look_up_(std::move(look_up)),
      is_address_(GetAddrInfo(host_, port_, AI_NUMERICHOST).error == 0) {
  if (is_address_) {
    addresses_ = GetAddrInfo(host_, port_, AI_NUMERICHOST).addresses;
  }
}

// False if no thread can be had.
bool Resolver::Start(Instant now) {
  std::erase_if(given_up_, [](const auto& job) { return job.expired(); });
  if (given_up_.size() >= kMaxGivenUp) return false;
  auto job = std::make_shared<Job>(now);
  try {
    std::thread([job, look_up = look_up_, host = host_, port = port_] {
      pthread_setname_np(pthread_self(), "resolver");
      job->answer = look_up(host, port);
      job->done = true;
      const std::uint64_t one = 1;
      [[maybe_unused]] auto n = write(job->done_fd, &one, sizeof(one));
    }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  job_ = std::move(job);
  return true;
}

// What it says is as old as the question.
void Resolver::TakeUp(const Job& job) {
  error_ = job.answer.error;
  if (error_ == 0 && job.answer.addresses.empty()) error_ = EAI_NONAME;
  if (error_ != 0) return;
  addresses_ = job.answer.addresses;
  looked_up_ = job.started;
  std::erase_if(failed_, [&known = addresses_](const SocketAddress& failed) {
    return std::find(known.begin(), known.end(), failed) == known.end();
  });
}

Resolution Resolver::Known(std::string doubt) const {
  const auto rank = [&failed = failed_](const SocketAddress& address) {
    const auto at = std::find(failed.begin(), failed.end(), address);
    return at == failed.end() ? -1 : at - failed.begin();
  };
  Resolution known{addresses_, std::move(doubt)};
  std::stable_sort(known.addresses.begin(), known.addresses.end(),
                   [&](const SocketAddress& a, const SocketAddress& b) {
                     return rank(a) < rank(b);
                   });
  return known;
}

Result<Resolution, TransportFailure> Resolver::Resolve(Waiter& waiter,
                                                       Instant deadline) {
  const Instant now = waiter.Now();
  std::shared_ptr<Job> job;
  Instant until = deadline;
  {
    const MutexLock lock(mutex_);
    // It came when nobody waited any more.
    if (job_ && job_->done) TakeUp(*std::exchange(job_, nullptr));
    if (is_address_ || (looked_up_ && now < *looked_up_ + kFresh)) {
      return Known("");
    }
    if (job_ && now >= job_->started + kGivenUpAfter) {
      given_up_.push_back(std::exchange(job_, nullptr));
    }
    if (!job_ && !Start(now)) {
      if (!addresses_.empty()) return Known("its name cannot be looked up");
      return TransportFailure{Kind::kConnection, false,
                              "no thread could be started to look up " + host_};
    }
    job = job_;
    if (!addresses_.empty()) {
      const Duration quarter =
          deadline.is_never() ? kPatience : (deadline - now) / 4;
      until = job->in_vain ? now : now + std::min(kPatience, quarter);
    }
  }
  const auto outcome = waiter.Wait(job->done_fd, POLLIN, until);
  const MutexLock lock(mutex_);
  if (outcome == Waiter::Outcome::kCanceled) {
    return TransportFailure{Kind::kCanceled, false, "the call was canceled"};
  }
  if (job->done) {
    // Several calls may have waited for it.
    if (job_ == job) TakeUp(*std::exchange(job_, nullptr));
    if (error_ == 0) return Known("");
    const std::string why = gai_strerror(error_);
    if (!addresses_.empty()) {
      return Known("its name cannot be looked up any more: " + why);
    }
    return TransportFailure{
        Kind::kConnection, false,
        "the name \"" + host_ + "\" cannot be looked up: " + why};
  }
  if (addresses_.empty()) {
    return TransportFailure{Kind::kTimeout, false, "to look up its name"};
  }
  job->in_vain = true;
  return Known("its name is still being looked up");
}

void Resolver::Worked(const SocketAddress& address) {
  const MutexLock lock(mutex_);
  std::erase(failed_, address);
}

void Resolver::Failed(const SocketAddress& address) {
  const MutexLock lock(mutex_);
  std::erase(failed_, address);
  failed_.push_back(address);
}

void Resolver::Distrust() {
  const MutexLock lock(mutex_);
  looked_up_ = std::nullopt;
}

}  // namespace k8s
