// The main container of the cluster's tests: asks its sidecar every few
// milliseconds and reports each answer, and what happens to itself, to the test
// as one datagram each. Not a judge. One thread. No library but libc, so that
// it runs as the only file of an image.
//
//   WITNESS_REPORT_TO   address of the test, "10.250.0.1"; WITNESS_PORT its
//   port WITNESS_POD         its name in the reports WITNESS_STOP_MS     how
//   long it goes on after SIGTERM; -1: until it is killed
//
// Datagrams, all times in ns of the boot clock:
//   POD PROCESS SEQUENCE started AT
//   POD PROCESS SEQUENCE told SENT RECEIVED STATUS TOKEN DEADLINE   status 0:
//   none POD PROCESS SEQUENCE asked-to-stop AT POD PROCESS SEQUENCE ended AT
// SIGUSR1: takes memory until it is killed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

volatile sig_atomic_t asked_to_stop = 0;
volatile sig_atomic_t asked_to_eat = 0;

std::int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

sockaddr_in AddressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

class Reporter {
 public:
  Reporter()
      : pod_(Environment("WITNESS_POD")),
        process_(Now()),
        socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        test_(AddressOf(Environment("WITNESS_REPORT_TO"),
                        std::atoi(Environment("WITNESS_PORT").c_str()))) {}

  __attribute__((format(printf, 2, 3))) void Say(const char* format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const std::string all = pod_ + ' ' + std::to_string(process_) + ' ' +
                            std::to_string(sequence_++) + ' ' + text;
    sendto(socket_, all.data(), all.size(), 0,
           reinterpret_cast<const sockaddr*>(&test_), sizeof test_);
  }

 private:
  const std::string pod_;
  const std::int64_t process_;  // When it started: pods restart containers.
  const int socket_;
  const sockaddr_in test_;
  int sequence_ = 0;  // A hole in the numbers is a lost report.
};

// The whole answer to GET /leader, or "" when there is none within a second.
std::string AskLeader() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval second{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
  const sockaddr_in agent = AddressOf("127.0.0.1", 4040);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&agent), sizeof agent) ==
      0) {
    const std::string request =
        "GET /leader HTTP/1.1\r\nHost: 127.0.0.1:4040\r\n"
        "Connection: close\r\n\r\n";
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[4096];
    while (true) {
      const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      answer.append(buffer, static_cast<std::size_t>(count));
    }
  }
  close(fd);
  return answer;
}

std::int64_t Number(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\"" + name + "\":");
  if (at == std::string::npos) return 0;
  return std::atoll(answer.c_str() + at + name.size() + 3);
}

void Ask(Reporter& reporter) {
  const std::int64_t sent = Now();
  const std::string answer = AskLeader();
  const std::int64_t received = Now();
  const int status =
      answer.rfind("HTTP/1.1 ", 0) == 0 ? std::atoi(answer.c_str() + 9) : 0;
  reporter.Say("told %lld %lld %d %lld %lld", static_cast<long long>(sent),
               static_cast<long long>(received), status,
               static_cast<long long>(Number(answer, "fencingToken")),
               static_cast<long long>(Number(answer, "deadlineBoottimeNs")));
}

[[noreturn]] void EatMemory() {
  while (true) {
    constexpr std::size_t kSize = 1 << 20;
    auto* block = static_cast<volatile char*>(std::malloc(kSize));
    for (std::size_t i = 0; block != nullptr && i < kSize; i += 4096) {
      block[i] = 1;
    }
  }
}

}  // namespace

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_stop = 1; };
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = [](int) { asked_to_eat = 1; };
  sigaction(SIGUSR1, &action, nullptr);
  const std::int64_t stop_ms =
      std::atoll(Environment("WITNESS_STOP_MS").c_str());
  Reporter reporter;
  reporter.Say("started %lld", static_cast<long long>(Now()));
  std::int64_t stop_at = INT64_MAX;
  while (Now() < stop_at) {
    if (asked_to_eat) EatMemory();
    if (asked_to_stop == 1) {
      asked_to_stop = 2;
      reporter.Say("asked-to-stop %lld", static_cast<long long>(Now()));
      if (stop_ms >= 0) stop_at = Now() + stop_ms * kNsPerMs;
    }
    Ask(reporter);
    usleep(5000);
  }
  reporter.Say("ended %lld", static_cast<long long>(Now()));
  return 0;
}
