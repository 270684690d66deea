#include "tests/unit/k8s/loopback_server.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/base/check.h"
#include "k8s/socket_bio.h"

namespace k8s {

using base::MutexLock;

std::string Peer::Receive() {
  std::array<char, 4096> buffer{};
  const int count =
      ssl_ != nullptr
          ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
          : static_cast<int>(recv(fd_, buffer.data(), buffer.size(), 0));
  if (count <= 0) return "";
  return {buffer.data(), static_cast<std::size_t>(count)};
}

std::string Peer::ReadRequest() {
  std::size_t wanted = std::string::npos;
  while (read_.size() < wanted) {
    const std::size_t end = read_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::string kLength = "Content-Length: ";
      const std::size_t at = read_.find(kLength);
      const std::size_t body =
          at < end ? std::stoul(read_.substr(at + kLength.size())) : 0;
      wanted = end + 4 + body;
      if (read_.size() >= wanted) break;
    }
    const std::string more = Receive();
    if (more.empty()) return "";
    read_ += more;
  }
  std::string request = read_.substr(0, wanted);
  read_.erase(0, wanted);
  const MutexLock lock(server_.mutex_);
  server_.requests_.push_back(request);
  return request;
}

bool Peer::Send(const std::string& bytes) {
  if (ssl_ != nullptr) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
}

void Peer::Answer(int status, const std::string& body,
                  const std::string& headers) {
  Send("HTTP/1.1 " + std::to_string(status) +
       " X\r\nContent-Type: application/json\r\n" + headers +
       "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

void Peer::AwaitClose() {
  while (!Receive().empty()) {
  }
}

void Peer::Close() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  shutdown(fd_, SHUT_RDWR);
}

// A socket that is connected to nothing any more sends a reset.
void Peer::Reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  sockaddr nothing{};
  nothing.sa_family = AF_UNSPEC;
  CHECK(connect(fd_, &nothing, sizeof(nothing)) == 0);
}

std::string Peer::ClientName() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr) return "";
  std::array<char, 64> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                            name.data(), static_cast<int>(name.size()));
  return name.data();
}

LoopbackServer::LoopbackServer(Script script, std::shared_ptr<SSL_CTX> tls)
    : script_(std::move(script)), tls_(std::move(tls)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CHECK(bind(fd_, generic, size) == 0);
  CHECK(listen(fd_, 16) == 0);
  CHECK(getsockname(fd_, generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  accept_thread_ = std::thread([this] { Accept(); });
}

LoopbackServer::~LoopbackServer() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    shutdown(fd_, SHUT_RDWR);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  accept_thread_.join();
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    threads = std::move(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  close(fd_);
}

void LoopbackServer::Accept() {
  for (int index = 0;; ++index) {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    const MutexLock lock(mutex_);
    if (fd < 0 || stopping_) {
      if (fd >= 0) close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd, index] { Serve(fd, index); });
  }
}

void LoopbackServer::Serve(int fd, int index) {
  Peer peer(fd, *this);
  bool ready = true;
  if (tls_) {
    peer.ssl_ = SSL_new(tls_.get());
    BIO* bio = NewSocketBio(fd);
    SSL_set_bio(peer.ssl_, bio, bio);
    ready = SSL_accept(peer.ssl_) == 1;
  }
  if (ready) script_(peer, index);
  SSL_free(peer.ssl_);
  const MutexLock lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  close(fd);
}

std::vector<std::string> LoopbackServer::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

ClusterConfig LoopbackServer::Config() const {
  ClusterConfig config;
  config.host = "127.0.0.1";
  config.port = port_;
  config.tls = false;
  return config;
}

}  // namespace k8s
