// A network of its own for a program under test: loopback and nothing else, so
// that packet filters there meet nobody's traffic but its own. It has no name
// and is gone with the last process, socket and object that is in it, however
// the test ends. Needs root. Thread: any; what `EnterNetwork` changes is the
// calling thread's alone.
#ifndef TESTS_SUPPORT_NETWORK_NAMESPACE_H_
#define TESTS_SUPPORT_NETWORK_NAMESPACE_H_

#include <optional>
#include <string>
#include <vector>

namespace support {

// Of functions that take a network: the one the caller is in.
inline constexpr int kThisNetwork = -1;

class NetworkNamespace {
 public:
  // Throws std::runtime_error, without the right to make one for example.
  NetworkNamespace();
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  // Empty where one can be made; else the reason.
  static std::optional<std::string> WhyNot();

  int fd() const { return fd_; }

  // Runs iptables in it and returns what it printed. Throws if it fails.
  std::string Iptables(const std::vector<std::string>& args) const;

 private:
  int fd_ = -1;
};

// While it lives, sockets that this thread makes, and programs and threads that
// it starts, are in that network.
class EnterNetwork {
 public:
  explicit EnterNetwork(int network);  // kThisNetwork: nothing happens.
  ~EnterNetwork();
  EnterNetwork(const EnterNetwork&) = delete;
  EnterNetwork& operator=(const EnterNetwork&) = delete;

 private:
  int back_ = -1;
};

}  // namespace support

#endif  // TESTS_SUPPORT_NETWORK_NAMESPACE_H_
