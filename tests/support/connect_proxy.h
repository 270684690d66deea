// A proxy on loopback for tests of the ways to an API server: HTTP CONNECT as
// company networks have it, or, with a fixed target, another address for it.
// Knows no faults (tcp_proxy.h does). Connects to 127.0.0.1 only. One thread
// accepts, one more serves each connection.
#ifndef TESTS_SUPPORT_CONNECT_PROXY_H_
#define TESTS_SUPPORT_CONNECT_PROXY_H_

#include <string>
#include <thread>
#include <vector>

#include "agent/base/mutex.h"

namespace support {

struct ConnectProxyOptions {
  std::string address = "127.0.0.1";  // To listen on; "::1" is the other one.
  // Not 0: nothing is asked for, each connection goes there.
  int fixed_port = 0;
  // The Proxy-Authorization that is wanted; others get 407. "": none.
  std::string authorization = {};
};

class ConnectProxy {
 public:
  // Throws std::runtime_error if it cannot listen.
  explicit ConnectProxy(ConnectProxyOptions options = {});
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  int port() const { return port_; }

  // The targets that were asked for and connected to: "127.0.0.1:6443".
  std::vector<std::string> targets() const;
  int connections() const;  // Accepted so far.

 private:
  void Accept();
  void Serve(int client);
  // The port to connect to, or 0 if the client was sent away.
  int Negotiate(int client);

  const ConnectProxyOptions options_;
  int listener_ = -1;
  int port_ = 0;
  mutable base::Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<int> open_ GUARDED_BY(mutex_);
  std::vector<std::string> targets_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::thread accept_thread_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_CONNECT_PROXY_H_
