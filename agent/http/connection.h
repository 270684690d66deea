// One client: the bytes between its socket and the handler. Holds memory only
// for a request that has come in part and for answers that the client has not
// taken; an idle connection holds none. Knows no time: loop.h does. `http`
// thread.
#ifndef AGENT_HTTP_CONNECTION_H_
#define AGENT_HTTP_CONNECTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"
#include "agent/http/fd.h"
#include "agent/http/host_rule.h"
#include "agent/http/mailbox.h"
#include "agent/http/message.h"
#include "agent/http/parser.h"

namespace http {

// Answers `request`, or calls exchange.Defer() and returns nothing. Must not
// block: all connections wait for it. `http` thread.
using Handler =
    std::function<std::optional<Response>(const Request&, Exchange&)>;

// What all connections share while one of them has its turn.
struct Io {
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::uint64_t next_serial = 1;
  Request request;
  std::string out;
  std::array<char, 2 * kHeadLimit> in;
};

// What a connection waits for. Each has its own time limit: Limits.
enum class Phase {
  kIdle,       // The first byte of a request.
  kReading,    // The rest of a request.
  kWaiting,    // A deferred answer.
  kWriting,    // The client, to take what was answered.
  kLingering,  // The client, to read a refusal before the connection ends.
  kClosed,
};
inline constexpr std::size_t kPhases = 5;  // Without kClosed.

// What epoll hands back.
struct Source {
  enum class Kind { kListener, kMailbox, kConnection };
  explicit Source(Kind of) : kind(of) {}
  const Kind kind;
};

class Connection : public Source {
 public:
  // `handler` outlives the connection; `port` is the one it came in at.
  Connection(Fd socket, HostRule rule, std::uint16_t port,
             const Handler* handler);

  // Each does what can be done now and says what to wait for next.
  Phase OnReadable(Io& io);
  Phase OnWritable(Io& io);
  Phase OnAnswer(const Response& response, Io& io);
  Phase OnTimeout(Io& io);

  Phase phase() const { return phase_; }
  int fd() const { return socket_.get(); }
  // How many requests were answered or put off.
  std::uint64_t requests() const { return requests_; }
  // The deferred answer waited for; 0: none.
  std::uint64_t awaited() const { return awaited_; }
  // Memory held.
  std::size_t buffered() const { return in_.size() + out_.size(); }

 private:
  friend class Loop;

  Phase Become(Phase phase) { return phase_ = phase; }
  Phase Advance(std::string_view data, Io& io);
  std::string_view AnswerRequests(std::string_view data, Io& io);
  void AnswerRequest(Io& io);
  void AppendLast(const Response& response, Io& io);
  bool Flush(std::string_view bytes);
  Phase Finish();
  Phase Discard(Io& io);
  void Keep(std::string_view data);

  Fd socket_;
  const HostRule rule_;
  const std::uint16_t port_;
  const Handler* const handler_;
  Phase phase_ = Phase::kIdle;

  RequestParser parser_;
  std::string in_;        // What came of a request that is not complete.
  std::string out_;       // What the client has not taken.
  Framing framing_;       // Of the answer that is due.
  bool last_ = false;     // The connection ends with what was answered.
  bool refused_ = false;  // Unread bytes may follow: end gently.
  std::uint64_t requests_ = 0;
  std::uint64_t awaited_ = 0;
  std::size_t discarded_ = 0;

  // Of the loop: when the wait ends, and the place among those who wait.
  std::size_t endpoint_ = 0;
  std::uint32_t interest_ = 0;
  std::size_t accounted_ = 0;
  base::Instant deadline_;
  Phase listed_ = Phase::kIdle;
  std::list<std::unique_ptr<Connection>>::iterator place_;
};

}  // namespace http

#endif  // AGENT_HTTP_CONNECTION_H_
