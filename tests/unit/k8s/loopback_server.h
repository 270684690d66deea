// A server on 127.0.0.1 whose every byte the test decides: a script runs for
// each connection, on a thread of its own. Speaks TLS if it is given a context.
#ifndef TESTS_UNIT_K8S_LOOPBACK_SERVER_H_
#define TESTS_UNIT_K8S_LOOPBACK_SERVER_H_

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/mutex.h"
#include "k8s/cluster_config.h"

namespace k8s {

class LoopbackServer;

// The server's end of one connection.
class Peer {
 public:
  // The next request, head and body; "" once the client has gone.
  std::string ReadRequest();
  // False once the client has gone.
  bool Send(const std::string& bytes);
  // A JSON answer with a length.
  void Answer(int status, const std::string& body,
              const std::string& headers = "");
  // Returns when the client has closed its end.
  void AwaitClose();
  // Ends the connection: in good order, or with a reset.
  void Close();
  void Reset();
  // The common name in the client's certificate, "" without one.
  std::string ClientName() const;

 private:
  friend class LoopbackServer;
  Peer(int fd, LoopbackServer& server) : fd_(fd), server_(server) {}
  std::string Receive();

  const int fd_;
  LoopbackServer& server_;
  SSL* ssl_ = nullptr;
  std::string read_;
};

class LoopbackServer {
 public:
  // `index` counts connections from 0.
  using Script = std::function<void(Peer& peer, int index)>;

  explicit LoopbackServer(Script script, std::shared_ptr<SSL_CTX> tls = {});
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  int port() const { return port_; }
  // Every request read so far, on any connection.
  std::vector<std::string> requests() const;
  // How to reach it, without TLS.
  ClusterConfig Config() const;

 private:
  friend class Peer;
  void Accept();
  void Serve(int fd, int index);

  const Script script_;
  const std::shared_ptr<SSL_CTX> tls_;
  int fd_ = -1;
  int port_ = 0;
  mutable base::Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<int> open_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  std::thread accept_thread_;
};

}  // namespace k8s

#endif  // TESTS_UNIT_K8S_LOOPBACK_SERVER_H_
