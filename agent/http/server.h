// Runs a Loop on a thread of its own, `http`, until it is stopped.
#ifndef AGENT_HTTP_SERVER_H_
#define AGENT_HTTP_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "agent/http/loop.h"

namespace http {

class Server {
 public:
  // Binds, then serves. Errors: an address is in use, not one of this machine,
  // or not permitted; the message names it. Handlers are called on the `http`
  // thread and must be usable until Stop has returned.
  static base::Result<std::unique_ptr<Server>> Start(
      std::vector<Endpoint> endpoints, const Limits& limits, Clock clock);
  ~Server() { Stop(); }

  // Closes everything and joins the thread, within 100 ms unless a handler
  // blocks. Answers under way are lost. Not from a handler.
  void Stop();

  // What is listened on, in the order asked for; an address that this machine
  // lacks is missing. With port 0 this tells the port.
  const std::vector<Address>& bound(std::size_t endpoint) const {
    return loop_->bound(endpoint);
  }

 private:
  explicit Server(std::unique_ptr<Loop> loop);
  void Run();

  std::unique_ptr<Loop> loop_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace http

#endif  // AGENT_HTTP_SERVER_H_
