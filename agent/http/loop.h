// Serves all connections of all endpoints in turns, on the thread that calls
// Turn. Says when a connection has had its time and which one goes when there
// are too many. Knows nothing of HTTP (connection.h) and starts no thread
// (server.h).
//
// Those that wait for the same thing have the same time limit, so each list is
// in the order of its deadlines: its front is next to time out and first to go.
#ifndef AGENT_HTTP_LOOP_H_
#define AGENT_HTTP_LOOP_H_

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/http/address.h"
#include "agent/http/connection.h"
#include "agent/http/limits.h"

namespace http {

// Addresses that get the same answers.
struct Endpoint {
  std::vector<Address> addresses;
  HostRule host_rule = HostRule::kAny;
  Handler handler;
};

using Clock = std::function<base::Instant()>;

class Loop {
 public:
  // Binds every address. One that this machine does not have ([::1] where IPv6
  // is off) is left out as long as another of the same endpoint is there.
  static base::Result<std::unique_ptr<Loop>> Create(
      std::vector<Endpoint> endpoints, const Limits& limits, Clock clock);

  // Waits for something to do, at most `max_wait`, and does it.
  void Turn(base::Duration max_wait);

  // Ends every connection and listens no more.
  void CloseAll();

  // What is listened on, with the ports that the kernel chose.
  const std::vector<Address>& bound(std::size_t endpoint) const {
    return endpoints_[endpoint].bound;
  }
  const std::shared_ptr<Mailbox>& mailbox() const { return io_.mailbox; }
  std::size_t connections() const;
  std::size_t buffered_bytes() const { return buffered_; }

 private:
  using List = std::list<std::unique_ptr<Connection>>;

  struct Listener : Source {
    Listener(ListenSocket from, std::size_t of)
        : Source(Kind::kListener), socket(std::move(from)), endpoint(of) {}
    ListenSocket socket;
    std::size_t endpoint;
  };

  struct Served {
    HostRule host_rule;
    Handler handler;
    std::vector<Address> bound;
    std::array<List, kPhases> waiting;
    std::size_t connections = 0;
  };

  Loop(const Limits& limits, Clock clock);

  base::Result<std::size_t> Bind(Endpoint& endpoint);
  void Watch(int fd, Source* source, std::uint32_t events);
  int WaitMs(base::Duration max_wait) const;
  void OnListener(Listener& listener);
  bool AcceptOne(Listener& listener);
  void OnMailbox();
  void OnConnection(Connection& connection, std::uint32_t events);
  void Expire();
  void PauseAccept(bool pause);

  base::Duration LimitOf(Phase phase) const;
  // Puts the connection where its phase belongs; `requests` were answered
  // before.
  void Place(Connection& connection, Phase before, std::uint64_t requests);
  void Close(Connection& connection);
  bool EvictFrom(Served& served);
  void KeepWithinMemory();

  const Limits limits_;
  const Clock clock_;
  Io io_;
  Source mailbox_source_{Source::Kind::kMailbox};
  Fd epoll_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Served> endpoints_;
  std::unordered_map<std::uint64_t, Connection*> deferred_;
  List closed_;  // Until the end of the turn: epoll may still name them.
  std::size_t buffered_ = 0;
  base::Instant now_;
  base::Instant accept_again_ = base::Instant::Never();  // Out of descriptors.
};

}  // namespace http

#endif  // AGENT_HTTP_LOOP_H_
