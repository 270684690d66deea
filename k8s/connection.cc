#include "k8s/connection.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "agent/base/check.h"
#include "k8s/proxy_tunnel.h"
#include "k8s/resolver.h"
#include "k8s/server_url.h"
#include "k8s/socket_bio.h"

namespace k8s {
namespace {

using base::Instant;
using Kind = TransportFailure::Kind;

bool IsAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// Only this client's own mistakes make these fail.
void WantServer(SSL* ssl, const std::string& host) {
  if (IsAddress(host)) {
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    CHECK(X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1);
    return;
  }
  // The name in a certificate's subject is whatever its owner asked for.
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                             X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  CHECK(SSL_set1_host(ssl, host.c_str()) == 1);
  // SSL_set_tlsext_host_name without the old-style cast in it.
  CHECK(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str())) == 1);
}

std::string WhyNotTrusted(long verdict, const std::string& host) {
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is not for \"" + host +
             "\"; use one of the names in it as server or tls-server-name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it has expired, or the clock of this machine is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid yet, or the clock of this machine is wrong";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return std::string(X509_verify_cert_error_string(verdict)) +
             "; check certificate-authority (in a pod: ca.crt)";
    default:
      return X509_verify_cert_error_string(verdict);
  }
}

}  // namespace

Connection::Connection(const ClusterConfig& config, Waiter& waiter)
    : where_(HostAndPort(config.host, config.port)),
      proxy_(config.proxy),
      server_name_(config.tls_server_name.empty() ? config.host
                                                  : config.tls_server_name),
      waiter_(waiter),
      dialer_(config.resolver ? config.resolver : MakeResolver(config),
              waiter) {}

Connection::~Connection() { Close(); }

void Connection::Close() {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    // Says good-bye if the socket takes it at once; a server does not mind.
    if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ssl_ = nullptr;
    ERR_clear_error();
  }
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

std::optional<TransportFailure> Connection::Open(std::shared_ptr<SSL_CTX> tls,
                                                 Instant deadline) {
  Close();
  context_ = std::move(tls);
  auto failure = Reach(deadline);
  if (!failure && context_) failure = Handshake(deadline);
  if (failure) {
    if (is_open() && failure->kind != Kind::kCanceled) Report(false);
    Close();
  }
  return failure;
}

// Connects to the server, by way of the proxy if there is one.
std::optional<TransportFailure> Connection::Reach(Instant deadline) {
  const auto fd = dialer_.Dial(deadline);
  if (fd) {
    fd_ = *fd;
    if (!proxy_) return std::nullopt;
    return OpenTunnel(fd_, *proxy_, where_, waiter_, deadline);
  }
  TransportFailure failure = fd.error();
  if (proxy_ && failure.kind == Kind::kConnection) {
    failure.detail = "the proxy cannot be reached: " + failure.detail;
  } else if (proxy_ && failure.kind == Kind::kTimeout) {
    failure.detail += ", the proxy is " + dialer_.where();
  }
  return failure;
}

std::optional<TransportFailure> Connection::Handshake(Instant deadline) {
  ssl_ = SSL_new(context_.get());
  CHECK(ssl_ != nullptr);
  WantServer(ssl_, server_name_);
  BIO* bio = NewSocketBio(fd_);
  SSL_set_bio(ssl_, bio, bio);
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_);
    if (result == 1) return std::nullopt;
    auto failure = AfterTls(result, deadline, "for the TLS handshake");
    if (failure) return failure;
  }
}

bool Connection::IsIdle() {
  if (!is_open()) return false;
  char byte = 0;
  if (ssl_ == nullptr) {
    const ssize_t count = recv(fd_, &byte, 1, MSG_PEEK);
    return count < 0 && errno == EAGAIN;
  }
  ERR_clear_error();
  const int result = SSL_peek(ssl_, &byte, 1);
  return result <= 0 && SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ;
}

std::optional<TransportFailure> Connection::Write(std::string_view bytes,
                                                  Instant deadline) {
  while (!bytes.empty()) {
    if (ssl_ == nullptr) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN || errno == EINTR) {
        auto failure = WaitFor(POLLOUT, deadline, "to send the request");
        if (failure) return failure;
      } else {
        return Broken(errno);
      }
      continue;
    }
    ERR_clear_error();
    const int sent =
        SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    auto failure = AfterTls(sent, deadline, "to send the request");
    if (failure) return failure;
  }
  return std::nullopt;
}

base::Result<std::size_t, TransportFailure> Connection::Read(char* buffer,
                                                             std::size_t size,
                                                             Instant deadline) {
  constexpr char kWhat[] = "for the answer";
  // A server that always has one more byte to say must not outrun the deadline.
  if (waiter_.Wait(-1, 0, waiter_.Now()) == Waiter::Outcome::kCanceled) {
    return TransportFailure{Kind::kCanceled, false, "the call was canceled"};
  }
  if (waiter_.Now() >= deadline) {
    return TransportFailure{Kind::kTimeout, false, kWhat};
  }
  while (true) {
    if (ssl_ == nullptr) {
      const ssize_t count = recv(fd_, buffer, size, 0);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EAGAIN && errno != EINTR) return Broken(errno);
      auto failure = WaitFor(POLLIN, deadline, kWhat);
      if (failure) return *failure;
      continue;
    }
    ERR_clear_error();
    const int count = SSL_read(ssl_, buffer, static_cast<int>(size));
    if (count > 0) return static_cast<std::size_t>(count);
    if (SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN) {
      return std::size_t{0};
    }
    auto failure = AfterTls(count, deadline, kWhat);
    if (failure) return *failure;
  }
}

std::optional<TransportFailure> Connection::WaitFor(short events,
                                                    Instant deadline,
                                                    const char* what) {
  switch (waiter_.Wait(fd_, events, deadline)) {
    case Waiter::Outcome::kReady:
      return std::nullopt;
    case Waiter::Outcome::kTimeout:
      return TransportFailure{Kind::kTimeout, false, what};
    case Waiter::Outcome::kCanceled:
      break;
  }
  return TransportFailure{Kind::kCanceled, false, "the call was canceled"};
}

std::optional<TransportFailure> Connection::AfterTls(int result,
                                                     Instant deadline,
                                                     const char* what) {
  const int error = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return WaitFor(POLLIN, deadline, what);
    case SSL_ERROR_WANT_WRITE:
      return WaitFor(POLLOUT, deadline, what);
    case SSL_ERROR_ZERO_RETURN:
      return Broken(0);
    case SSL_ERROR_SYSCALL:
      return Broken(error);
    default:
      return TlsFailure();
  }
}

TransportFailure Connection::TlsFailure() const {
  const unsigned long error = ERR_peek_error();
  if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
      ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return Broken(0);
  }
  const long verdict = SSL_get_verify_result(ssl_);
  const bool verifies = SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE;
  if (verifies && verdict != X509_V_OK) {
    return {Kind::kTls, false,
            "the certificate of " + where() +
                " is not trusted: " + WhyNotTrusted(verdict, server_name_)};
  }
  const char* reason = ERR_reason_error_string(error);
  std::string detail = "TLS with " + where() + " failed: ";
  detail += reason == nullptr ? "unknown reason" : reason;
  if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
      ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) {
    detail += "; is it a plain http port?";
  }
  return {Kind::kTls, false, detail};
}

TransportFailure Connection::Broken(int error) const {
  if (error == 0) {
    return {Kind::kConnection, false,
            where() + " closed the connection without a whole answer"};
  }
  return {Kind::kConnection, false,
          "the connection to " + where() + " broke: " + std::strerror(error)};
}

}  // namespace k8s
