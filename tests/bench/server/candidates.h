// The servers that are compared, each in a process of its own so that its
// memory can be read. All give the answers of runtime::LocalApi for a pod that
// leads.
#ifndef TESTS_BENCH_SERVER_CANDIDATES_H_
#define TESTS_BENCH_SERVER_CANDIDATES_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

// In the child: serves as `kind` says, writes "<port> <second port>" to stdout
// and ends with stdin. `kind` is "owned" or "httplib-<threads>".
int Serve(const std::string& kind);

struct Memory {
  std::size_t now_kib = 0;
  std::size_t peak_kib = 0;
};

class Candidate {
 public:
  // `kind` as above, or "go:<path of the lab's client-go-peer>".
  explicit Candidate(const std::string& kind);
  ~Candidate();  // Kills it.

  std::uint16_t port() const { return port_; }
  std::uint16_t second_port() const { return second_port_; }
  Memory memory() const;
  double cpu_seconds() const;  // Of all its threads, in user space and kernel.

 private:
  void Spawn(char* const* argv, bool reads_ports);

  pid_t pid_ = 0;
  int stdin_ = -1;
  std::uint16_t port_ = 0;
  std::uint16_t second_port_ = 0;
};

}  // namespace bench

#endif  // TESTS_BENCH_SERVER_CANDIDATES_H_
