#include "tests/bench/server/candidates.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

#include "agent/base/check.h"
#include "agent/http/server.h"
#include "agent/runtime/clock.h"
#include "agent/runtime/local_api.h"
#include "agent/runtime/ops_api.h"

namespace bench {
namespace {

using std::chrono::seconds;

// A pod that leads for the next ten minutes.
struct LeadingPod {
  LeadingPod()
      : leadership({"web-7c9", "web-7c9_k3f9q2x0ab", "shop", "web"}),
        ops({[] { return std::string(20'000, '#'); },
             [] { return std::nullopt; }, [] { return std::nullopt; }}),
        api(
            &leadership, &ops,
            [](const runtime::ConfirmDone& done) { done({}); },
            runtime::BootNow) {
    election::View view;
    view.state = election::State::kLeading;
    view.leads = true;
    view.valid_until = runtime::BootNow() + std::chrono::minutes(10);
    view.lease_expires_at = view.valid_until;
    view.fencing_token = 183204;
    view.lease_exists = true;
    view.lease.holder = leadership.identity().incarnation;
    view.lease.acquire_time = view.lease.renew_time = runtime::WallNow();
    leadership.Publish(view);
  }

  runtime::Leadership leadership;
  runtime::OpsApi ops;
  runtime::LocalApi api;
};

void PrintPorts(int port, int second_port) {
  std::printf("%d %d\n", port, second_port);
  std::fflush(stdout);
}

void WaitForEndOfStdin() {
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

void ServeOwned() {
  LeadingPod pod;
  auto server = http::Server::Start({{{*http::MakeAddress("127.0.0.1", 0)},
                                      http::HostRule::kLoopback,
                                      pod.api.handler()},
                                     {{*http::MakeAddress("127.0.0.1", 0)},
                                      http::HostRule::kAny,
                                      pod.ops.handler()}},
                                    {}, runtime::BootNow);
  CHECK(server);
  PrintPorts((*server)->bound(0)[0].port(), (*server)->bound(1)[0].port());
  WaitForEndOfStdin();
}

// As well tuned as it can be: enough threads, short time limits, no bodies.
void Tune(httplib::Server& server, std::size_t threads,
          const http::Handler& handler) {
  server.new_task_queue = [threads] {
    return new httplib::ThreadPool(std::min<std::size_t>(threads, 64), threads,
                                   512);
  };
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_keep_alive_timeout(5);
  server.set_read_timeout(0, 500'000);
  server.set_write_timeout(0, 500'000);
  server.set_payload_max_length(1);
  server.set_tcp_nodelay(true);
  server.set_pre_routing_handler(
      [&handler](const httplib::Request& from, httplib::Response& to) {
        http::Request request;
        request.method = from.method;
        request.path = from.path;
        const auto mailbox = std::make_shared<http::Mailbox>();
        http::Exchange exchange(mailbox, 1);
        const auto response = handler(request, exchange);
        to.status = response->status;
        to.set_content(response->body, std::string(response->content_type));
        return httplib::Server::HandlerResponse::Handled;
      });
}

void ServeHttplib(std::size_t threads) {
  LeadingPod pod;
  // LocalApi keeps a cache for one thread; here every thread needs its own.
  const http::Handler leader = [&pod](const http::Request& request,
                                      http::Exchange& exchange) {
    thread_local runtime::LocalApi api(
        &pod.leadership, &pod.ops,
        [](const runtime::ConfirmDone& done) { done({}); }, runtime::BootNow);
    return api.Answer(request, exchange);
  };
  const http::Handler ops = pod.ops.handler();
  httplib::Server first;
  httplib::Server second;
  Tune(first, threads, leader);
  Tune(second, threads, ops);
  const int port = first.bind_to_any_port("127.0.0.1");
  const int second_port = second.bind_to_any_port("127.0.0.1");
  std::thread a([&first] { first.listen_after_bind(); });
  std::thread b([&second] { second.listen_after_bind(); });
  PrintPorts(port, second_port);
  WaitForEndOfStdin();
  _exit(0);  // Its pool waits for connections that are open.
}

// A port that was free a moment ago, for a program that cannot take port 0.
std::uint16_t FreePort() {
  auto listener = http::Listen(*http::MakeAddress("127.0.0.1", 0));
  CHECK(listener);
  return listener->address.port();
}

}  // namespace

int Serve(const std::string& kind) {
  if (kind == "owned") {
    ServeOwned();
  } else {
    ServeHttplib(std::stoul(kind.substr(kind.find('-') + 1)));
  }
  return 0;
}

Candidate::Candidate(const std::string& kind) {
  if (!kind.starts_with("go:")) {
    std::string self = "/proc/self/exe";
    std::string serve = "serve";
    std::string name = kind;
    char* argv[] = {self.data(), serve.data(), name.data(), nullptr};
    Spawn(argv, /*reads_ports=*/true);
    return;
  }
  // It serves without an API server; this one is not there.
  char config[] = "/tmp/server_bench_XXXXXX";
  const int fd = mkstemp(config);
  CHECK(fd >= 0);
  const std::string text =
      "{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, "
      "cluster: {server: 'http://127.0.0.1:1'}}], contexts: [{name: c, "
      "context: {cluster: c, user: u}}], users: [{name: u, user: {}}]}";
  CHECK(write(fd, text.data(), text.size()) ==
        static_cast<ssize_t>(text.size()));
  close(fd);
  port_ = FreePort();
  std::string path = kind.substr(3);
  std::string id = "--id=bench";
  std::string kubeconfig = std::string("--kubeconfig=") + config;
  std::string http = "--http=127.0.0.1:" + std::to_string(port_);
  char* argv[] = {path.data(), id.data(), kubeconfig.data(), http.data(),
                  nullptr};
  Spawn(argv, /*reads_ports=*/false);
  std::this_thread::sleep_for(seconds(1));
  unlink(config);
}

void Candidate::Spawn(char* const* argv, bool reads_ports) {
  int in[2];
  int out[2];
  CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    if (!reads_ports) dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execv(argv[0], argv);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  stdin_ = in[1];
  if (reads_ports) {
    FILE* file = fdopen(out[0], "r");
    CHECK(fscanf(file, "%hu %hu", &port_, &second_port_) == 2);
    fclose(file);
  } else {
    close(out[0]);
  }
}

Candidate::~Candidate() {
  close(stdin_);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Memory Candidate::memory() const {
  Memory memory;
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    std::size_t value = 0;
    words >> key >> value;
    if (key == "VmRSS:") memory.now_kib = value;
    if (key == "VmHWM:") memory.peak_kib = value;
  }
  return memory;
}

double Candidate::cpu_seconds() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(file, text);
  // What follows the name in brackets; utime and stime are fields 14 and 15.
  std::istringstream words(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) words >> skipped;
  double user = 0;
  double kernel = 0;
  words >> user >> kernel;
  return (user + kernel) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace bench
