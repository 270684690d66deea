// Clients that misuse a server, or just use it, until they are destroyed.
// Bounded in number; loopback only. A crowd is one thread.
#ifndef TESTS_BENCH_SERVER_CROWD_H_
#define TESTS_BENCH_SERVER_CROWD_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "agent/http/fd.h"

namespace bench {

enum class Habit {
  kIdle,           // Connects and says nothing.
  kSlowHeader,     // One byte of a header every 50 ms.
  kKeepAlive,      // A poll every 10 ms.
  kEndlessHeader,  // Header after header, as fast as they are taken.
  kEndlessChunks,  // POST with chunks, as fast as they are taken.
};

class Crowd {
 public:
  Crowd(Habit habit, int count, std::uint16_t port, std::string path);
  ~Crowd();

 private:
  struct Client {
    http::Fd socket;
    std::size_t sent = 0;  // Of the opening; then what repeats.
  };
  void Run();
  bool Step(Client& client);

  const Habit habit_;
  const std::uint16_t port_;
  std::string opening_;
  std::string repeated_;
  std::vector<Client> clients_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// A blocking connection to the port, with a time limit of 2 s for each call.
http::Fd Connect(std::uint16_t port);

// Asks on a connection of its own: milliseconds until the whole answer was
// there, or -1 when there was none with status 200 within 2 s.
double AskOnce(std::uint16_t port, const std::string& path);

// Requests a second of `clients` keep-alive connections, one thread.
double Throughput(std::uint16_t port, const std::string& path, int clients,
                  double run_seconds);

}  // namespace bench

#endif  // TESTS_BENCH_SERVER_CROWD_H_
