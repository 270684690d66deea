// How much of us a client may use, and for how long. Values only.
#ifndef AGENT_HTTP_LIMITS_H_
#define AGENT_HTTP_LIMITS_H_

#include <chrono>
#include <cstddef>

#include "agent/base/time.h"

namespace http {

struct Limits {
  // Of one endpoint, all its addresses together. One more, and the connection
  // that has waited longest is ended in its favour, idle ones first.
  std::size_t connections = 512;
  // What all connections may hold in memory. More, and the ones that have held
  // it longest are ended.
  std::size_t buffered_bytes = 4 << 20;

  // From the first byte of a request to its last.
  base::Duration request = std::chrono::seconds(2);
  // Between requests.
  base::Duration idle = std::chrono::minutes(2);
  // For an answer that the handler has put off.
  base::Duration deferred = std::chrono::seconds(5);
  // For the client to take what it was answered.
  base::Duration write = std::chrono::seconds(5);
  // For the client to read why it was refused.
  base::Duration linger = std::chrono::milliseconds(500);
};

}  // namespace http

#endif  // AGENT_HTTP_LIMITS_H_
