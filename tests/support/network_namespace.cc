#include "tests/support/network_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "tests/support/file_port_wait.h"
#include "tests/support/process.h"

namespace support {
namespace {

int OpenOwn() {
  const int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("no network namespaces here");
  return fd;
}

void Enter(int fd) {
  if (setns(fd, CLONE_NEWNET) != 0) {
    throw std::runtime_error(std::string("setns: ") + std::strerror(errno));
  }
}

// In the network that the thread is in.
void RaiseLoopback() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const int result = ioctl(fd, SIOCSIFFLAGS, &request);
  close(fd);
  if (result != 0) throw std::runtime_error("loopback stays down");
}

std::string Find(const std::string& program) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/"}) {
    if (access((folder + program).c_str(), X_OK) == 0) return folder + program;
  }
  throw std::runtime_error(program + " is missing");
}

}  // namespace

NetworkNamespace::NetworkNamespace() {
  const int own = OpenOwn();
  if (unshare(CLONE_NEWNET) != 0) {
    close(own);
    throw std::runtime_error(std::string("unshare: ") + std::strerror(errno));
  }
  fd_ = OpenOwn();
  RaiseLoopback();
  Enter(own);
  close(own);
}

NetworkNamespace::~NetworkNamespace() { close(fd_); }

std::optional<std::string> NetworkNamespace::WhyNot() {
  try {
    NetworkNamespace().Iptables({"-S"});
  } catch (const std::runtime_error& error) {
    return std::string("no network of its own for a test: ") + error.what();
  }
  return std::nullopt;
}

std::string NetworkNamespace::Iptables(
    const std::vector<std::string>& args) const {
  std::vector<std::string> all = {"-w"};
  all.insert(all.end(), args.begin(), args.end());
  const TempDir folder;
  const EnterNetwork inside(fd_);
  Process process({.program = Find("iptables"),
                   .args = std::move(all),
                   .output = folder / "out"});
  const auto status = process.Wait(std::chrono::seconds(60));
  if (status != ExitStatus{.code = 0}) {
    throw std::runtime_error("iptables failed: " + process.Output());
  }
  return process.Output();
}

EnterNetwork::EnterNetwork(int network) {
  if (network == kThisNetwork) return;
  back_ = OpenOwn();
  Enter(network);
}

EnterNetwork::~EnterNetwork() {
  if (back_ < 0) return;
  // A thread in a network that it does not know of would test nothing.
  if (setns(back_, CLONE_NEWNET) != 0) std::abort();
  close(back_);
}

}  // namespace support
