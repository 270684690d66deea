// leader-elector: reads the configuration, wires the parts together, waits for
// a signal, and ends in good order. Decides nothing.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "agent/http/server.h"
#include "agent/inject/command.h"
#include "agent/runtime/clock.h"
#include "agent/runtime/config.h"
#include "agent/runtime/confirmer.h"
#include "agent/runtime/election_loop.h"
#include "agent/runtime/identity.h"
#include "agent/runtime/leadership.h"
#include "agent/runtime/listen_address.h"
#include "agent/runtime/local_api.h"
#include "agent/runtime/log.h"
#include "agent/runtime/metrics.h"
#include "agent/runtime/ops_api.h"
#include "agent/runtime/reminder.h"
#include "k8s/cluster_config.h"

namespace {

using base::Error;
using base::Result;

// Whoever starts us with stderr closed must not get log lines into a socket
// that takes its number.
void OpenStandardStreams() {
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
  if (fd >= 0) close(fd);
}

// Tokens and keys are in our memory: whoever gets a core dump of us shall not
// get them. The filter counts also where dumps are piped to a program, which
// the limit does not stop.
void KeepMemoryOutOfCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  // A kernel without core dumps has no such file, and nothing to filter.
  [[maybe_unused]] const ssize_t written = write(fd, "0", 1);
  close(fd);
}

// Blocked before any thread starts, so that all of them leave signals to main.
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  // Whoever starts us may ignore it, and then the kernel tells nobody how an
  // exec plugin has ended.
  signal(SIGCHLD, SIG_DFL);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return stop;
}

// The configuration has been checked: what it holds can be parsed.
Result<std::vector<http::Address>> ToAddresses(
    const std::vector<std::string>& texts) {
  std::vector<http::Address> addresses;
  for (const std::string& text : texts) {
    const Result<std::vector<runtime::ListenAddress>> parsed =
        runtime::ParseListenAddresses(text, runtime::UnnamedHost::kLoopback);
    if (!parsed) return parsed.error();
    for (const runtime::ListenAddress& listen : *parsed) {
      Result<http::Address> address =
          http::MakeAddress(listen.host, listen.port);
      if (!address) return address.error();
      addresses.push_back(*address);
    }
  }
  return addresses;
}

Result<std::unique_ptr<http::Server>> Listen(const runtime::Config& config,
                                             runtime::LocalApi& local,
                                             const runtime::OpsApi& ops) {
  Result<std::vector<http::Address>> loopback =
      ToAddresses(config.http_addresses);
  if (!loopback) return loopback.error();
  Result<std::vector<http::Address>> cluster =
      ToAddresses(config.metrics_addresses);
  if (!cluster) return cluster.error();
  std::vector<http::Endpoint> endpoints;
  endpoints.push_back({*loopback, http::HostRule::kLoopback, local.handler()});
  if (!cluster->empty()) {
    endpoints.push_back({*cluster, http::HostRule::kAny, ops.handler()});
  }
  return http::Server::Start(std::move(endpoints), http::Limits{},
                             runtime::BootNow);
}

// What the kernel chose, for whoever asked for port 0.
void LogAddresses(const http::Server& server, std::size_t endpoints,
                  runtime::Log& log) {
  for (std::size_t i = 0; i < endpoints; ++i) {
    for (const http::Address& address : server.bound(i)) {
      log.Info(i == 0 ? "serving /leader" : "serving /metrics",
               {{"address", address.ToString()}});
    }
  }
}

// Waits for SIGTERM or SIGINT, then for the elector to stop; a second signal
// ends the wait. The elector's own limit makes it bounded.
void WaitForEnd(const sigset_t& stop, runtime::ElectionLoop& loop,
                runtime::Reminder& reminder, runtime::Log& log) {
  const http::Fd signals(signalfd(-1, &stop, SFD_CLOEXEC));
  bool asked = false;
  while (true) {
    pollfd fds[] = {{signals.get(), POLLIN, 0}, {loop.stopped_fd(), POLLIN, 0}};
    const int count = poll(fds, 2, reminder.PollMs(runtime::BootNow()));
    reminder.Remind(runtime::BootNow());
    if (count <= 0) continue;
    if (fds[1].revents != 0) return;
    if (fds[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signals.get(), &info, sizeof info) != sizeof info) continue;
    const char* name = info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT";
    if (asked) {
      log.Warn("ended without releasing", {{"signal", name}});
      return;
    }
    asked = true;
    log.Info("was asked to stop", {{"signal", name}});
    loop.Post(election::StopRequested{});
  }
}

std::optional<Error> Run(runtime::Config config, runtime::Log& log) {
  const sigset_t stop = BlockSignals();
  const Result<k8s::ClusterConfig> cluster =
      k8s::LoadClusterConfig(config.kubeconfig, config.context);
  if (!cluster) return cluster.error();
  if (config.lease_namespace.empty()) {
    config.lease_namespace = cluster->default_namespace;
  }
  config.election.incarnation = runtime::MakeIncarnation(config.identity);
  runtime::Leadership leadership({config.identity, config.election.incarnation,
                                  config.lease_namespace, config.lease_name});
  runtime::Metrics metrics(leadership, runtime::BootNow, runtime::Version());
  const std::string user_agent =
      "leader-elector/" + std::string(runtime::Version());
  log.Info("started leader-elector",
           {{"version", runtime::Version()},
            {"incarnation", config.election.incarnation},
            {"lease", config.lease_namespace + "/" + config.lease_name},
            {"cluster", cluster->origin}});
  runtime::LogConfig(config, log);
  const std::string note = k8s::NoteAbout(*cluster);
  if (!note.empty()) log.Info("ignored a proxy", {{"note", note}});
  runtime::Reminder reminder(k8s::WarningsAbout(*cluster), log);
  reminder.Remind(runtime::BootNow());

  // The listeners need the loop for liveness, and nothing may contend before
  // they are open; so the loop comes last and is looked up when asked.
  std::unique_ptr<runtime::ElectionLoop> loop;
  std::atomic<runtime::ElectionLoop*> running = nullptr;
  runtime::Confirmer confirmer(
      std::make_unique<k8s::LeaseClient>(
          *cluster, k8s::LeaseName{config.lease_namespace, config.lease_name},
          user_agent, runtime::BootNow,
          [&](const char* verb, const std::string& code, base::Duration took) {
            metrics.OnRequest(verb, code, took);
          }),
      leadership, [&] {
        if (runtime::ElectionLoop* l = running) l->Post(election::Doubt{});
      });
  const runtime::OpsApi ops(
      {.metrics_text = [&] { return metrics.Text(); },
       .alive = [&]() -> std::optional<std::string> {
         runtime::ElectionLoop* l = running;
         std::string why = l ? l->WhyStuck(runtime::BootNow()) : "";
         return why.empty() ? std::nullopt : std::optional(std::move(why));
       },
       .ready = [] { return std::optional<std::string>(); }});
  runtime::LocalApi local(
      &leadership, &ops,
      [&](runtime::ConfirmDone done) { confirmer.Ask(std::move(done)); },
      runtime::BootNow);
  Result<std::unique_ptr<http::Server>> server = Listen(config, local, ops);
  if (!server) return server.error();
  LogAddresses(**server, config.metrics_addresses.empty() ? 1 : 2, log);

  loop = std::make_unique<runtime::ElectionLoop>(
      config.election, *cluster, user_agent, leadership, metrics, log);
  running = loop.get();
  WaitForEnd(stop, *loop, reminder, log);
  (*server)->Stop();
  running = nullptr;
  log.Info("ended", {{"lease", leadership.identity().lease_name}});
  return std::nullopt;
}

// A pipe or disk that does not take all of it must not look like success.
int Print(const runtime::Exit& exit) {
  std::fwrite(exit.out.data(), 1, exit.out.size(), stdout);
  std::fputs(exit.err.c_str(), stderr);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit.code;
  std::perror("leader-elector: stdout");
  return runtime::kExitRuntime;
}

}  // namespace

int main(int argc, char** argv) {
  OpenStandardStreams();
  KeepMemoryOutOfCoreDumps();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "inject") {
    return Print(inject::RunCommand({arguments.begin() + 1, arguments.end()}));
  }
  Result<runtime::Config, runtime::Exit> config =
      runtime::LoadConfig(arguments, runtime::ReadSurroundings());
  if (!config) return Print(config.error());
  runtime::Log log(config->log_level, config->log_format, STDERR_FILENO,
                   runtime::WallNow);
  const std::optional<Error> error = Run(*config, log);
  if (!error) return 0;
  log.Error("could not start", {{"error", error->message}});
  return runtime::kExitRuntime;
}
