// Asks an agent on loopback as its main container would: one kept-alive
// connection, one GET at a time, each stamped with the boot clock before the
// send and after the receipt. Not RestClient, which opens a connection a
// request and cannot be timed so closely. Thread: any one.
#ifndef TESTS_FLEET_LOCAL_CLIENT_H_
#define TESTS_FLEET_LOCAL_CLIENT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"
#include "tests/fleet/claims.h"
#include "tests/support/network_namespace.h"

namespace fleet {

struct Reply {
  base::Instant sent;
  base::Instant received;
  int status = 0;
  std::string body;
};

class LocalClient {
 public:
  // `network` is where the agent is.
  explicit LocalClient(int port, int network = support::kThisNetwork)
      : port_(port), network_(network) {}
  ~LocalClient() { Disconnect(); }
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;

  // Empty when there is no whole answer within `limit`: nobody listens, the
  // agent is stopped, or it ended. The next call connects anew.
  std::optional<Reply> Get(std::string_view path, base::Duration limit);

  // Get in two halves, for what happens in between. When Receive's limit is
  // over it may be called again, as long as the answer is `pending`.
  bool Send(std::string_view path);
  std::optional<Reply> Receive(base::Duration limit);
  bool pending() const { return fd_ >= 0; }
  void Disconnect();

 private:
  bool Connect();
  bool ReadSome(base::Instant deadline);  // False: out of time, or the end.
  // True once `buffer_` holds a whole answer; then it is in `reply`.
  bool TakeReply(Reply& reply);

  const int port_;
  const int network_;
  int fd_ = -1;
  base::Instant sent_;
  std::string buffer_;
};

// What GET /leader said.
struct LeaderAnswer {
  Told told;
  int status = 0;
  std::string state;
  std::string reason;
  std::string incarnation;
  std::string holder;
  bool confirmed = false;
  std::string body;
};
// Throws nlohmann::json::exception if it is not what the agent promises.
LeaderAnswer ParseLeader(const Reply& reply);

// Of the Prometheus text: the value of the line that begins with `series`, its
// labels included. Empty if there is none.
std::optional<double> Sample(std::string_view metrics, std::string_view series);

}  // namespace fleet

#endif  // TESTS_FLEET_LOCAL_CLIENT_H_
