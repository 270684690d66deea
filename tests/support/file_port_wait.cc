#include "tests/support/file_port_wait.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "agent/runtime/clock.h"

namespace support {
namespace {

// Linux hands out 32768 and up by itself.
constexpr int kFirstPort = 10000;
constexpr int kLastPort = 32000;

// An abstract socket name is held by one process of a network namespace, as a
// port is, and is gone with that process. Returns -1 if somebody has it.
int Claim(int port) {
  const std::string name = "leader-elector-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) return fd;
  close(fd);
  return -1;
}

// Nobody listens on it, on any address.
bool CanBind(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool bound =
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return bound;
}

}  // namespace

base::Instant BootNow() { return runtime::BootNow(); }

bool Eventually(base::Duration limit, const std::function<bool()>& condition,
                base::Duration every) {
  const base::Instant deadline = BootNow() + limit;
  while (!condition()) {
    if (BootNow() >= deadline) return false;
    const auto ns = every.count();
    const timespec pause{ns / 1'000'000'000, ns % 1'000'000'000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

TempDir::TempDir() {
  path_ = std::filesystem::temp_directory_path() / "leader-elector-test.XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::runtime_error(path_ + ": " + std::strerror(errno));
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

FreePort::FreePort() {
  std::random_device seed;
  std::uniform_int_distribution<int> draw(kFirstPort, kLastPort);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    number_ = draw(seed);
    claim_ = Claim(number_);
    if (claim_ < 0) continue;
    if (CanBind(number_)) return;
    close(claim_);
  }
  throw std::runtime_error("no free port in 1000 draws");
}

FreePort::~FreePort() {
  if (claim_ >= 0) close(claim_);
}

FreePort::FreePort(FreePort&& other) noexcept
    : number_(other.number_), claim_(std::exchange(other.claim_, -1)) {}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file) throw std::runtime_error("cannot read " + path);
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, std::string_view content) {
  const std::string draft = path + ".new";
  const int fd =
      open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && write(fd, content.data(), content.size()) ==
                                      static_cast<ssize_t>(content.size());
  if (fd >= 0) close(fd);
  if (!written || rename(draft.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write " + path);
  }
}

bool InCi() {
  const char* value = std::getenv("CI");
  return value != nullptr && std::string_view(value) == "true";
}

}  // namespace support
