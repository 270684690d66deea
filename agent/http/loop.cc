#include "agent/http/loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include "agent/base/check.h"

namespace http {
namespace {

using std::chrono::milliseconds;

constexpr int kEventsPerTurn = 128;
constexpr int kAcceptsPerTurn = 64;
constexpr base::Duration kAcceptPause = milliseconds(100);

// Who goes first when somebody must. Idle ones lose nothing but a connection; a
// deferred answer is worth most.
constexpr Phase kEvictionOrder[] = {Phase::kLingering, Phase::kIdle,
                                    Phase::kReading, Phase::kWriting,
                                    Phase::kWaiting};
// A request that is not whole by then goes before idle ones: no usual client
// takes so long, and idle ones may be pollers.
constexpr base::Duration kSlowRequest = milliseconds(100);

std::size_t Index(Phase phase) { return static_cast<std::size_t>(phase); }

std::uint32_t InterestOf(Phase phase) {
  switch (phase) {
    case Phase::kIdle:
    case Phase::kReading:
    case Phase::kLingering:
      return EPOLLIN;
    case Phase::kWriting:
      return EPOLLOUT;
    case Phase::kWaiting:
    case Phase::kClosed:
      return 0;  // EPOLLHUP and EPOLLERR come all the same.
  }
  return 0;
}

}  // namespace

Loop::Loop(const Limits& limits, Clock clock)
    : limits_(limits),
      clock_(std::move(clock)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      now_(clock_()) {
  CHECK(epoll_);
  Watch(io_.mailbox->fd(), &mailbox_source_, EPOLLIN);
}

base::Result<std::unique_ptr<Loop>> Loop::Create(
    std::vector<Endpoint> endpoints, const Limits& limits, Clock clock) {
  std::unique_ptr<Loop> loop(new Loop(limits, std::move(clock)));
  for (Endpoint& endpoint : endpoints) {
    if (const auto bound = loop->Bind(endpoint); !bound) return bound.error();
  }
  return loop;
}

base::Result<std::size_t> Loop::Bind(Endpoint& endpoint) {
  const std::size_t index = endpoints_.size();
  Served served{endpoint.host_rule, std::move(endpoint.handler), {}, {}};
  std::string missing = "there is no address to listen on";
  for (const Address& address : endpoint.addresses) {
    auto socket = Listen(address);
    if (!socket) {
      if (!socket.error().no_such_address) {
        return base::Error{socket.error().message};
      }
      missing = socket.error().message;
      continue;
    }
    served.bound.push_back(socket->address);
    listeners_.push_back(std::make_unique<Listener>(*std::move(socket), index));
    Listener& listener = *listeners_.back();
    Watch(listener.socket.fd.get(), &listener, EPOLLIN);
  }
  if (served.bound.empty()) return base::Error{missing};
  endpoints_.push_back(std::move(served));
  return index;
}

void Loop::Watch(int fd, Source* source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = source;
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

int Loop::WaitMs(base::Duration max_wait) const {
  base::Instant first = std::min(now_ + max_wait, accept_again_);
  for (const Served& served : endpoints_) {
    for (const List& list : served.waiting) {
      if (!list.empty()) first = std::min(first, list.front()->deadline_);
    }
  }
  const base::Duration left = first - now_;
  if (left <= base::Duration::zero()) return 0;
  // Rounded up: a wait that ends too early would end again and again.
  const std::int64_t ms = base::ToMs(left) + 1;
  return static_cast<int>(std::min<std::int64_t>(ms, 60'000));
}

void Loop::Turn(base::Duration max_wait) {
  epoll_event events[kEventsPerTurn];
  const int timeout = WaitMs(max_wait);
  const int count = epoll_wait(epoll_.get(), events, kEventsPerTurn, timeout);
  CHECK(count >= 0 || errno == EINTR);
  now_ = clock_();
  for (int i = 0; i < count; ++i) {
    auto* source = static_cast<Source*>(events[i].data.ptr);
    switch (source->kind) {
      case Source::Kind::kListener:
        OnListener(static_cast<Listener&>(*source));
        break;
      case Source::Kind::kMailbox:
        OnMailbox();
        break;
      case Source::Kind::kConnection:
        OnConnection(static_cast<Connection&>(*source), events[i].events);
        break;
    }
  }
  Expire();
  closed_.clear();
}

void Loop::OnListener(Listener& listener) {
  // Somebody is there: epoll says so.
  if (!AcceptOne(listener)) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    // No descriptor, or no memory. Without anybody to end for it the listener
    // would stay readable: look away.
    const bool room = std::any_of(endpoints_.begin(), endpoints_.end(),
                                  [this](Served& s) { return EvictFrom(s); });
    if (!room || !AcceptOne(listener)) PauseAccept(true);
    return;
  }
  // Without a free descriptor the kernel does not say whether more are there.
  for (int i = 1; i < kAcceptsPerTurn && AcceptOne(listener); ++i) {
  }
}

// False: errno says why not.
bool Loop::AcceptOne(Listener& listener) {
  Served& served = endpoints_[listener.endpoint];
  Fd socket(accept4(listener.socket.fd.get(), nullptr, nullptr,
                    SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) return false;
  if (served.connections >= limits_.connections) EvictFrom(served);

  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  List& idle = served.waiting[Index(Phase::kIdle)];
  idle.push_back(std::make_unique<Connection>(
      std::move(socket), served.host_rule, listener.socket.address.port(),
      &served.handler));
  Connection& connection = *idle.back();
  connection.endpoint_ = listener.endpoint;
  connection.place_ = std::prev(idle.end());
  connection.deadline_ = now_ + limits_.idle;
  connection.interest_ = EPOLLIN;
  Watch(connection.fd(), &connection, EPOLLIN);
  ++served.connections;
  return true;
}

void Loop::PauseAccept(bool pause) {
  accept_again_ = pause ? now_ + kAcceptPause : base::Instant::Never();
  for (const auto& listener : listeners_) {
    epoll_event event{};
    event.events = pause ? 0u : static_cast<std::uint32_t>(EPOLLIN);
    event.data.ptr = static_cast<Source*>(listener.get());
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener->socket.fd.get(), &event);
  }
}

void Loop::OnMailbox() {
  for (Mailbox::Letter& letter : io_.mailbox->Take()) {
    const auto found = deferred_.find(letter.serial);
    if (found == deferred_.end()) continue;  // The client has gone.
    Connection& connection = *found->second;
    deferred_.erase(found);
    const Phase before = connection.phase();
    const std::uint64_t requests = connection.requests();
    connection.OnAnswer(letter.make(), io_);
    Place(connection, before, requests);
  }
}

void Loop::OnConnection(Connection& connection, std::uint32_t events) {
  const Phase before = connection.phase();
  if (before == Phase::kClosed) return;  // Earlier in this turn.
  const std::uint64_t requests = connection.requests();
  if (events & EPOLLERR) {
    Close(connection);
    return;
  }
  if (before == Phase::kWriting) {
    connection.OnWritable(io_);
  } else if (before != Phase::kWaiting && (events & EPOLLIN)) {
    connection.OnReadable(io_);
  } else if (events & EPOLLHUP) {
    Close(connection);
    return;
  }
  Place(connection, before, requests);
}

void Loop::Expire() {
  if (accept_again_ <= now_) PauseAccept(false);
  for (Served& served : endpoints_) {
    for (List& list : served.waiting) {
      while (!list.empty() && list.front()->deadline_ <= now_) {
        Connection& connection = *list.front();
        const Phase before = connection.phase();
        deferred_.erase(connection.awaited());
        connection.OnTimeout(io_);
        Place(connection, before, connection.requests());
      }
    }
  }
}

base::Duration Loop::LimitOf(Phase phase) const {
  switch (phase) {
    case Phase::kIdle:
      return limits_.idle;
    case Phase::kReading:
      return limits_.request;
    case Phase::kWaiting:
      return limits_.deferred;
    case Phase::kWriting:
      return limits_.write;
    case Phase::kLingering:
    case Phase::kClosed:
      return limits_.linger;
  }
  return limits_.linger;
}

void Loop::Place(Connection& connection, Phase before, std::uint64_t requests) {
  const Phase phase = connection.phase();
  if (phase == Phase::kClosed) {
    Close(connection);
    return;
  }
  buffered_ += connection.buffered() - connection.accounted_;
  connection.accounted_ = connection.buffered();
  // Whoever goes on with the same wait keeps its deadline: bytes that drip in
  // do not prolong a request, nor bytes that drip out an answer.
  if (phase != before || connection.requests() != requests) {
    auto& waiting = endpoints_[connection.endpoint_].waiting;
    List& to = waiting[Index(phase)];
    to.splice(to.end(), waiting[Index(before)], connection.place_);
    connection.listed_ = phase;
    connection.deadline_ = now_ + LimitOf(phase);
    if (connection.awaited() != 0) {
      deferred_[connection.awaited()] = &connection;
    }
  }
  const std::uint32_t interest = InterestOf(phase);
  if (interest != connection.interest_) {
    epoll_event event{};
    event.events = interest;
    event.data.ptr = static_cast<Source*>(&connection);
    CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd(), &event) == 0);
    connection.interest_ = interest;
  }
  if (buffered_ > limits_.buffered_bytes) KeepWithinMemory();
}

void Loop::Close(Connection& connection) {
  Served& served = endpoints_[connection.endpoint_];
  if (connection.awaited() != 0) deferred_.erase(connection.awaited());
  buffered_ -= connection.accounted_;
  connection.accounted_ = 0;
  --served.connections;
  closed_.splice(closed_.end(), served.waiting[Index(connection.listed_)],
                 connection.place_);
  connection.phase_ = Phase::kClosed;
  connection.socket_.Close();
}

bool Loop::EvictFrom(Served& served) {
  const List& reading = served.waiting[Index(Phase::kReading)];
  if (!reading.empty() &&
      reading.front()->deadline_ - now_ <= limits_.request - kSlowRequest) {
    Close(*reading.front());
    return true;
  }
  for (const Phase phase : kEvictionOrder) {
    List& list = served.waiting[Index(phase)];
    if (list.empty()) continue;
    Close(*list.front());
    return true;
  }
  return false;
}

void Loop::KeepWithinMemory() {
  for (const Phase phase :
       {Phase::kWriting, Phase::kReading, Phase::kWaiting}) {
    for (Served& served : endpoints_) {
      List& list = served.waiting[Index(phase)];
      while (!list.empty() && buffered_ > limits_.buffered_bytes) {
        Close(*list.front());
      }
    }
  }
}

void Loop::CloseAll() {
  for (Served& served : endpoints_) {
    while (EvictFrom(served)) {
    }
  }
  closed_.clear();
  listeners_.clear();
}

std::size_t Loop::connections() const {
  std::size_t count = 0;
  for (const Served& served : endpoints_) count += served.connections;
  return count;
}

}  // namespace http
