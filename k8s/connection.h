// One connection to the API server, plain or TLS, as a stream of bytes. Every
// call has an absolute deadline, which covers all it does. Thread: one.
#ifndef K8S_CONNECTION_H_
#define K8S_CONNECTION_H_

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/cluster_config.h"
#include "k8s/dial.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

class Connection {
 public:
  Connection(const ClusterConfig& config, Waiter& waiter);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects and, unless `tls` is null, makes the handshake. Empty if all went
  // well. Closes what was open before.
  std::optional<TransportFailure> Open(std::shared_ptr<SSL_CTX> tls,
                                       base::Instant deadline);
  void Close();
  bool is_open() const { return fd_ >= 0; }

  // Open, and the server has neither closed it nor said anything unasked.
  bool IsIdle();

  // After a failure of either the connection must be closed. Read() gives 0
  // when the server has closed in good order.
  std::optional<TransportFailure> Write(std::string_view bytes,
                                        base::Instant deadline);
  base::Result<std::size_t, TransportFailure> Read(char* buffer,
                                                   std::size_t size,
                                                   base::Instant deadline);

  // Whether the server that was opened last has answered. If not, and its name
  // has several addresses, the next Open() tries the others first.
  void Report(bool answered) { dialer_.Report(answered); }

  // "host:port" of the API server, be there a proxy or not.
  const std::string& where() const { return where_; }

 private:
  std::optional<TransportFailure> Reach(base::Instant deadline);
  std::optional<TransportFailure> Handshake(base::Instant deadline);
  std::optional<TransportFailure> WaitFor(short events, base::Instant deadline,
                                          const char* what);
  // For a call on ssl_ that returned `result`: waits if it wants to wait.
  std::optional<TransportFailure> AfterTls(int result, base::Instant deadline,
                                           const char* what);
  TransportFailure TlsFailure() const;
  TransportFailure Broken(int error) const;

  const std::string where_;
  const std::optional<Proxy> proxy_;
  const std::string server_name_;  // What its certificate must name.
  Waiter& waiter_;
  Dialer dialer_;
  int fd_ = -1;
  std::shared_ptr<SSL_CTX> context_;
  SSL* ssl_ = nullptr;
};

}  // namespace k8s

#endif  // K8S_CONNECTION_H_
