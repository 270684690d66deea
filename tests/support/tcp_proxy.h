// A TCP proxy on a free loopback port, whose faults a test switches on and off
// while bytes flow through it. Knows nothing of TLS or HTTP, so a client sees
// the very server behind it, certificate and all (api_gateway.h speaks HTTP).
// Connects to 127.0.0.1 only. Runs on a thread of its own; calls may come from
// any thread, and what they say is in force when they return.
//
// Counts say that a fault has really happened: a test asserts one of them.
#ifndef TESTS_SUPPORT_TCP_PROXY_H_
#define TESTS_SUPPORT_TCP_PROXY_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/base/time.h"
#include "tests/support/file_port_wait.h"
#include "tests/support/network_namespace.h"

namespace support {

enum class Way { kToServer, kToClient };

// What happens to bytes that go one way, on every connection.
enum class Flow {
  kPass,
  kHold,  // Kept in order, ends of streams too, until kPass.
  // Taken and forgotten, ends of streams too. A TLS connection that has lost
  // bytes is of no use any more: EndAll before kPass.
  kSwallow,
};

enum class Newcomers {
  kAccept,
  kRefuse,  // Nobody listens: ECONNREFUSED.
  kIgnore,  // They connect, and nothing more ever happens: half-open.
};

enum class Ending { kFin, kReset };

// What After() does once so many bytes have gone one way.
enum class Then { kHold, kSwallow, kFin, kReset };

// How often chance strikes, from 0 to 1.
struct Mishaps {
  double newcomer_dropped = 0;  // Reset as soon as it is connected.
  double request_reset = 0;     // Bytes from a client reset its connection.
};

class TcpProxy {
 public:
  struct Counts {
    int accepted = 0;               // The dropped and the ignored included.
    int dropped = 0;                // By Mishaps: newcomers,
    int reset = 0;                  // and connections in use.
    int ended = 0;                  // By EndAll and After.
    int open = 0;                   // Now.
    std::size_t passed[2] = {};     // Bytes each Way, from the start.
    std::size_t swallowed[2] = {};  // The same.
    std::size_t held[2] = {};       // Bytes each Way that wait now.

    std::size_t Passed(Way way) const { return passed[Index(way)]; }
    std::size_t Swallowed(Way way) const { return swallowed[Index(way)]; }
    std::size_t Held(Way way) const { return held[Index(way)]; }
  };

  // Clients are in `network`, the server is where the caller is.
  explicit TcpProxy(int backend_port, int network = kThisNetwork);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_.number(); }

  // Where connections go that speak for the first time from now on. If nobody
  // listens there, they are reset.
  void SetBackend(int port);

  void SetFlow(Way way, Flow flow);
  // Each byte that comes from now on arrives so much later. Zero: no delay.
  void SetDelay(Way way, base::Duration delay);
  // Nothing moves for so long, either way; then it goes on by itself.
  void Stall(base::Duration duration);
  // Lets `bytes` more go that way, on all connections together. kHold and
  // kSwallow then are the flow of that way; kFin and kReset end the connection
  // that it happened on.
  void After(Way way, std::size_t bytes, Then then);

  void SetNewcomers(Newcomers newcomers);
  void SetMishaps(const Mishaps& mishaps, unsigned seed = 1);
  // Every connection there is, to both sides. What is held is lost.
  void EndAll(Ending ending);

  // Those there are go silent for ever, half-open; newcomers are served.
  void SilenceAll();
  // The same, and newcomers connect to nothing.
  void BlackHole();
  // All faults off; what was held goes on. Half-open connections are reset.
  void Heal();

  Counts counts() const;

 private:
  struct Chunk {
    base::Instant due;
    std::string bytes;
    std::optional<Ending> end = {};  // Set: no bytes, the end of the stream.
  };
  // One direction of a connection.
  struct Pipe {
    std::deque<Chunk> queue = {};
    std::size_t queued = 0;
    bool ended = false;  // Nothing more comes.
    bool shut = false;   // And the other side knows.
  };
  struct Connection {
    int client = -1;
    int server = -1;      // Not before the client's first byte has to go there.
    bool silent = false;  // For ever.
    Pipe pipes[2];
  };
  struct Limit {
    std::size_t bytes;
    Then then;
  };
  // What one poll() waits for.
  struct Round {
    std::vector<pollfd> fds = {};
    std::vector<std::pair<int, Way>> polled = {};  // fds from the third on.
    base::Duration wait = base::Duration::max();
  };

  static constexpr std::size_t Index(Way way) {
    return way == Way::kToServer ? 0 : 1;
  }
  static int From(const Connection& c, Way way) {
    return way == Way::kToServer ? c.client : c.server;
  }
  static int To(const Connection& c, Way way) {
    return way == Way::kToServer ? c.server : c.client;
  }

  void Run();
  void Plan(Round& round) REQUIRES(mutex_);
  void Act(const Round& round) REQUIRES(mutex_);
  void Listen() REQUIRES(mutex_);
  void StopListening() REQUIRES(mutex_);
  void Wake() const;
  void AcceptAll() REQUIRES(mutex_);
  // These three: false, and the connection is gone.
  bool Serve(Connection& c) REQUIRES(mutex_);
  bool ReadFrom(Connection& c, Way way) REQUIRES(mutex_);
  bool Deliver(Connection& c, Way way) REQUIRES(mutex_);
  bool Connect(Connection& c) REQUIRES(mutex_);
  bool TakeBytes(Connection& c, Way way, std::string bytes) REQUIRES(mutex_);
  bool SendFront(Connection& c, Way way, bool& more) REQUIRES(mutex_);
  bool ReachLimit(Connection& c, Way way) REQUIRES(mutex_);
  static void Close(const Connection& c, Ending ending);
  // When the first chunk of that pipe may go; Never if there is none.
  base::Instant Due(const Connection& c, Way way) const REQUIRES(mutex_);
  bool Happens(double share) REQUIRES(mutex_);

  FreePort port_;
  const int network_;
  int wake_fd_ = -1;
  mutable base::Mutex mutex_;
  bool stop_ GUARDED_BY(mutex_) = false;
  int listener_ GUARDED_BY(mutex_) = -1;
  int backend_ GUARDED_BY(mutex_) = 0;
  Flow flow_[2] GUARDED_BY(mutex_) = {Flow::kPass, Flow::kPass};
  base::Duration delay_[2] GUARDED_BY(mutex_) = {};
  std::optional<Limit> limit_[2] GUARDED_BY(mutex_);
  base::Instant stalled_until_ GUARDED_BY(mutex_);
  Newcomers newcomers_ GUARDED_BY(mutex_) = Newcomers::kAccept;
  Mishaps mishaps_ GUARDED_BY(mutex_);
  std::mt19937 random_ GUARDED_BY(mutex_);
  Counts counts_ GUARDED_BY(mutex_);
  int last_id_ GUARDED_BY(mutex_) = 0;
  std::map<int, Connection> connections_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_TCP_PROXY_H_
