#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace support {
namespace {

using base::Duration;
using base::Instant;
using base::MutexLock;

// What waits in one pipe at most; then the sender has to.
constexpr std::size_t kMostQueued = 4 << 20;
constexpr std::size_t kReadSize = 64 << 10;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int NewSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw std::runtime_error("proxy: no socket");
  return fd;
}

void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void CloseSocket(int fd, Ending ending) {
  if (fd < 0) return;
  if (ending == Ending::kReset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(fd);
}

}  // namespace

TcpProxy::TcpProxy(int backend_port, int network)
    : network_(network), wake_fd_(eventfd(0, EFD_CLOEXEC)) {
  {
    const MutexLock lock(mutex_);
    backend_ = backend_port;
    Listen();
  }
  thread_ = std::thread([this] { Run(); });
}

TcpProxy::~TcpProxy() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    Wake();
  }
  thread_.join();
  const MutexLock lock(mutex_);
  for (auto& [id, c] : connections_) Close(c, Ending::kReset);
  StopListening();
  close(wake_fd_);
}

void TcpProxy::Listen() {
  if (listener_ >= 0) return;
  {
    const EnterNetwork clients(network_);
    listener_ = NewSocket();
  }
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = Loopback(port_.number());
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address),
           sizeof address) != 0 ||
      listen(listener_, 1024) != 0) {
    throw std::runtime_error("proxy: port " + port_.text() + ": " +
                             std::strerror(errno));
  }
}

void TcpProxy::StopListening() {
  // Closed is not enough while a poll() holds it.
  if (listener_ >= 0) shutdown(listener_, SHUT_RDWR);
  CloseSocket(std::exchange(listener_, -1), Ending::kFin);
}

void TcpProxy::Wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(wake_fd_, &one, sizeof one);
}

// ------------------------------------------------------------------ faults

void TcpProxy::SetBackend(int port) {
  const MutexLock lock(mutex_);
  backend_ = port;
}

void TcpProxy::SetFlow(Way way, Flow flow) {
  const MutexLock lock(mutex_);
  flow_[Index(way)] = flow;
  Wake();
}

void TcpProxy::SetDelay(Way way, Duration delay) {
  const MutexLock lock(mutex_);
  delay_[Index(way)] = delay;
}

void TcpProxy::Stall(Duration duration) {
  const MutexLock lock(mutex_);
  stalled_until_ = BootNow() + duration;
  Wake();
}

void TcpProxy::After(Way way, std::size_t bytes, Then then) {
  const MutexLock lock(mutex_);
  limit_[Index(way)] = Limit{bytes, then};
  Wake();
}

void TcpProxy::SetNewcomers(Newcomers newcomers) {
  const MutexLock lock(mutex_);
  newcomers_ = newcomers;
  if (newcomers == Newcomers::kRefuse) {
    StopListening();
  } else {
    Listen();
  }
  Wake();
}

void TcpProxy::SetMishaps(const Mishaps& mishaps, unsigned seed) {
  const MutexLock lock(mutex_);
  mishaps_ = mishaps;
  random_.seed(seed);
}

void TcpProxy::EndAll(Ending ending) {
  const MutexLock lock(mutex_);
  counts_.ended += static_cast<int>(connections_.size());
  for (auto& [id, c] : connections_) Close(c, ending);
  connections_.clear();
  Wake();
}

void TcpProxy::SilenceAll() {
  const MutexLock lock(mutex_);
  for (auto& [id, c] : connections_) c.silent = true;
  Wake();
}

void TcpProxy::BlackHole() {
  SetNewcomers(Newcomers::kIgnore);
  SilenceAll();
}

void TcpProxy::Heal() {
  const MutexLock lock(mutex_);
  for (const Way way : {Way::kToServer, Way::kToClient}) {
    flow_[Index(way)] = Flow::kPass;
    delay_[Index(way)] = {};
    limit_[Index(way)].reset();
  }
  stalled_until_ = {};
  newcomers_ = Newcomers::kAccept;
  mishaps_ = {};
  std::erase_if(connections_, [](const auto& entry) {
    if (!entry.second.silent) return false;
    Close(entry.second, Ending::kReset);
    return true;
  });
  Listen();
  Wake();
}

TcpProxy::Counts TcpProxy::counts() const {
  const MutexLock lock(mutex_);
  Counts counts = counts_;
  counts.open = static_cast<int>(connections_.size());
  for (const auto& [id, c] : connections_) {
    for (int i = 0; i < 2; ++i) counts.held[i] += c.pipes[i].queued;
  }
  return counts;
}

// ------------------------------------------------------------------- bytes

void TcpProxy::Run() {
  for (;;) {
    Round round;
    {
      const MutexLock lock(mutex_);
      if (stop_) return;
      Plan(round);
    }
    // Rounded up, or it would spin through the last millisecond.
    const std::int64_t ms =
        round.wait == Duration::max() ? -1 : base::ToMs(round.wait) + 1;
    poll(round.fds.data(), round.fds.size(),
         static_cast<int>(std::min<std::int64_t>(ms, 60'000)));
    const MutexLock lock(mutex_);
    if (round.fds[0].revents != 0) {
      std::uint64_t count;
      [[maybe_unused]] const ssize_t n = read(wake_fd_, &count, sizeof count);
    }
    Act(round);
    AcceptAll();
  }
}

// A socket with nothing to do is left out, or its errors would be told again
// and again.
void TcpProxy::Plan(Round& round) {
  round.fds = {{wake_fd_, POLLIN, 0}, {listener_, POLLIN, 0}};
  const Instant now = BootNow();
  for (const auto& [id, c] : connections_) {
    for (const Way way : {Way::kToServer, Way::kToClient}) {
      const Way back = way == Way::kToServer ? Way::kToClient : Way::kToServer;
      const Pipe& pipe = c.pipes[Index(way)];
      short events = 0;
      if (!c.silent && !pipe.ended && pipe.queued < kMostQueued) {
        events |= POLLIN;
      }
      const Instant due = Due(c, back);  // It leaves by the same socket.
      if (due <= now && To(c, back) >= 0) {
        events |= POLLOUT;
      } else if (!due.is_never()) {  // Also for a server to be connected to.
        round.wait = std::min(round.wait, std::max(due - now, Duration(0)));
      }
      round.fds.push_back({events == 0 ? -1 : From(c, way), events, 0});
      round.polled.emplace_back(id, way);
    }
  }
}

void TcpProxy::Act(const Round& round) {
  for (std::size_t i = 0; i < round.polled.size(); ++i) {
    const auto [id, way] = round.polled[i];
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;  // Ended meanwhile.
    const pollfd& fd = round.fds[i + 2];
    const bool readable = (fd.events & POLLIN) != 0 &&
                          (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
    Connection& c = found->second;
    if ((readable && !ReadFrom(c, way)) || !Serve(c)) connections_.erase(found);
  }
}

void TcpProxy::AcceptAll() {
  while (listener_ >= 0) {
    const int fd =
        accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    ++counts_.accepted;
    if (Happens(mishaps_.newcomer_dropped)) {
      ++counts_.dropped;
      CloseSocket(fd, Ending::kReset);
      continue;
    }
    SendAtOnce(fd);
    Connection c;
    c.client = fd;
    c.silent = newcomers_ == Newcomers::kIgnore;
    connections_.emplace(++last_id_, std::move(c));
  }
}

bool TcpProxy::Serve(Connection& c) {
  if (!Deliver(c, Way::kToServer) || !Deliver(c, Way::kToClient)) return false;
  if (c.pipes[0].shut && c.pipes[1].shut) {
    Close(c, Ending::kFin);
    return false;
  }
  return true;
}

bool TcpProxy::ReadFrom(Connection& c, Way way) {
  const int fd = From(c, way);
  Pipe& pipe = c.pipes[Index(way)];
  std::string bytes(kReadSize, '\0');
  const ssize_t n = recv(fd, bytes.data(), bytes.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (n > 0) {
    bytes.resize(static_cast<std::size_t>(n));
    return TakeBytes(c, way, std::move(bytes));
  }
  pipe.ended = true;
  if (flow_[Index(way)] == Flow::kSwallow) return true;
  pipe.queue.push_back({BootNow() + delay_[Index(way)], "",
                        n == 0 ? Ending::kFin : Ending::kReset});
  return true;
}

bool TcpProxy::TakeBytes(Connection& c, Way way, std::string bytes) {
  const std::size_t i = Index(way);
  if (way == Way::kToServer && Happens(mishaps_.request_reset)) {
    ++counts_.reset;
    Close(c, Ending::kReset);
    return false;
  }
  if (flow_[i] == Flow::kSwallow) {
    counts_.swallowed[i] += bytes.size();
    return true;
  }
  c.pipes[i].queued += bytes.size();
  c.pipes[i].queue.push_back({BootNow() + delay_[i], std::move(bytes)});
  return true;
}

Instant TcpProxy::Due(const Connection& c, Way way) const {
  const Pipe& pipe = c.pipes[Index(way)];
  if (c.silent || pipe.queue.empty() || flow_[Index(way)] == Flow::kHold) {
    return Instant::Never();
  }
  return std::max(pipe.queue.front().due, stalled_until_);
}

bool TcpProxy::Deliver(Connection& c, Way way) {
  for (bool more = true; more && Due(c, way) <= BootNow();) {
    if (To(c, way) < 0 && !Connect(c)) return false;
    if (!SendFront(c, way, more)) return false;
  }
  return true;
}

bool TcpProxy::Connect(Connection& c) {
  c.server = NewSocket();
  SendAtOnce(c.server);
  const sockaddr_in address = Loopback(backend_);
  if (connect(c.server, reinterpret_cast<const sockaddr*>(&address),
              sizeof address) == 0) {
    return true;
  }
  if (errno == EINPROGRESS) return true;
  Close(c, Ending::kReset);
  return false;
}

// Clears `more` when the receiver takes nothing more for now.
bool TcpProxy::SendFront(Connection& c, Way way, bool& more) {
  const std::size_t i = Index(way);
  Pipe& pipe = c.pipes[i];
  if (flow_[i] == Flow::kSwallow) {  // Since it was queued.
    counts_.swallowed[i] += pipe.queued;
    pipe.queue.clear();
    pipe.queued = 0;
    return true;
  }
  Chunk& front = pipe.queue.front();
  if (front.end == Ending::kReset) {
    Close(c, Ending::kReset);
    return false;
  }
  if (front.end) {
    shutdown(To(c, way), SHUT_WR);
    pipe.shut = true;
    pipe.queue.pop_front();
    return true;
  }
  std::size_t size = front.bytes.size();
  if (limit_[i]) size = std::min(size, limit_[i]->bytes);
  const ssize_t n =
      size == 0 ? 0 : send(To(c, way), front.bytes.data(), size, MSG_NOSIGNAL);
  if (n < 0) {
    more = false;
    if (errno == EAGAIN || errno == EINTR || errno == ENOTCONN) return true;
    Close(c, Ending::kReset);  // Nobody there, or gone.
    return false;
  }
  const auto sent = static_cast<std::size_t>(n);
  counts_.passed[i] += sent;
  pipe.queued -= sent;
  front.bytes.erase(0, sent);
  if (front.bytes.empty()) pipe.queue.pop_front();
  if (!limit_[i]) return true;
  limit_[i]->bytes -= sent;
  return limit_[i]->bytes > 0 || ReachLimit(c, way);
}

bool TcpProxy::ReachLimit(Connection& c, Way way) {
  const Then then = std::exchange(limit_[Index(way)], std::nullopt)->then;
  if (then == Then::kHold || then == Then::kSwallow) {
    flow_[Index(way)] = then == Then::kHold ? Flow::kHold : Flow::kSwallow;
    return true;
  }
  ++counts_.ended;
  Close(c, then == Then::kFin ? Ending::kFin : Ending::kReset);
  return false;
}

void TcpProxy::Close(const Connection& c, Ending ending) {
  CloseSocket(c.client, ending);
  CloseSocket(c.server, ending);
}

bool TcpProxy::Happens(double share) {
  return share > 0 && std::uniform_real_distribution<>(0, 1)(random_) < share;
}

}  // namespace support
