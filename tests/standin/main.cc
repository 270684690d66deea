// kube-standin: the Lease part of a Kubernetes API server in one process, for a
// demo on a machine without Kubernetes. It forgets everything when it ends.
// Never part of the agent, and no test of the agent's promise may rest on it:
// those run against the real API server.
//
// Prints "port=<n>" when it serves; writes a kubeconfig with its certificate
// authority and a token, both made anew at each start.
#include <openssl/rand.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/standin/lease_server.h"
#include "tests/standin/lease_store.h"
#include "tests/support/kubeconfig.h"

namespace {

struct Flags {
  int port = 0;
  std::string kubeconfig;
  std::vector<std::string> namespaces;
  int bookmark_seconds = 5;
  std::size_t events_kept = 1000;
};

std::string NewToken() {
  unsigned char bytes[24];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return "";
  return support::Base64({reinterpret_cast<char*>(bytes), sizeof bytes});
}

int Serve(Flags flags) {
  std::set<std::string> namespaces{"default"};
  namespaces.insert(flags.namespaces.begin(), flags.namespaces.end());
  standin::LeaseStore store(namespaces, flags.events_kept);

  support::Authority authority("kube-standin");
  const std::string token = NewToken();
  if (token.empty()) {
    std::fputs("kube-standin: no random bytes for a token\n", stderr);
    return 1;
  }
  standin::LeaseServer server(
      store, {.certificate = authority.Server(
                  "kube-standin", {"IP:127.0.0.1", "DNS:localhost"}),
              .token = token,
              .bookmark_every = std::chrono::seconds(flags.bookmark_seconds)});
  const int port = server.Bind(flags.port);
  if (port < 0) {
    std::fprintf(stderr, "kube-standin: port %d is in use\n", flags.port);
    return 1;
  }
  support::WriteKubeconfig(
      flags.kubeconfig,
      {.server = "https://127.0.0.1:" + std::to_string(port),
       .authority_pem = authority.certificate_pem(),
       .token = token,
       .name_space =
           flags.namespaces.empty() ? "default" : flags.namespaces.front()});
  std::printf("port=%d\n", port);
  std::fflush(stdout);
  server.Listen();
  return 1;  // It is ended by a signal, never by itself.
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  Flags flags;
  CLI::App app{"The Lease part of a Kubernetes API server, for demos"};
  app.add_option("--port", flags.port, "Port on 127.0.0.1; 0: any");
  app.add_option("--kubeconfig", flags.kubeconfig, "File to write")->required();
  app.add_option("--namespace", flags.namespaces,
                 "Namespace that exists, besides default; may be repeated");
  app.add_option("--bookmark-seconds", flags.bookmark_seconds,
                 "How often a watch gets a bookmark");
  app.add_option("--events-kept", flags.events_kept,
                 "How many changes a watch can go back");
  CLI11_PARSE(app, argc, argv);
  try {
    return Serve(flags);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kube-standin: %s\n", error.what());
    return 1;
  }
}
