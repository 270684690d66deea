// Serves a LeaseStore as the Lease part of a Kubernetes API: HTTPS with one
// bearer token. No roles, no other resources, no PATCH.
// Thread: Listen() takes its caller's; each connection has one of its own.
#ifndef TESTS_STANDIN_LEASE_SERVER_H_
#define TESTS_STANDIN_LEASE_SERVER_H_

#include <chrono>
#include <memory>
#include <string>

#include "tests/standin/lease_store.h"
#include "tests/support/certificates.h"

namespace standin {

struct ServerOptions {
  support::KeyPair certificate = {};
  std::string token = {};
  // Real API servers send one a minute, and one shortly before a watch times
  // out.
  std::chrono::seconds bookmark_every{5};
};

class LeaseServer {
 public:
  LeaseServer(LeaseStore& store, ServerOptions options);
  ~LeaseServer();

  // On 127.0.0.1. `port` 0: any. Returns the port, or -1 when it is taken.
  int Bind(int port);
  // Serves until the process ends.
  void Listen();

 private:
  class Routes;
  std::unique_ptr<Routes> routes_;
};

}  // namespace standin

#endif  // TESTS_STANDIN_LEASE_SERVER_H_
