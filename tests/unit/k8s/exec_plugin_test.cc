// What a plugin is told, and what is told of it. Each is a real program: a
// small script.
#include "k8s/exec_plugin.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "k8s/base64.h"
#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

using base::Instant;
using nlohmann::json;

constexpr char kVersion[] = "client.authentication.k8s.io/v1";

class ExecPluginTest : public testing::Test {
 protected:
  ExecPluginTest() { plugin_.api_version = kVersion; }

  base::Result<std::string> Run(const std::string& lines) {
    plugin_.command = folder_.Put("plugin", "#!/bin/sh\n" + lines);
    chmod(plugin_.command.c_str(), 0700);
    Waiter waiter([] { return Instant{std::chrono::hours(1)}; });
    return RunExecPlugin(plugin_, waiter, Instant::Never());
  }
  std::string ErrorOf(const std::string& lines) {
    const auto printed = Run(lines);
    return printed ? "no error" : printed.error().message;
  }
  // What it is told.
  json Info() {
    const auto printed = Run("printf '%s' \"$KUBERNETES_EXEC_INFO\"");
    EXPECT_TRUE(printed) << printed.error().message;
    return printed ? json::parse(*printed) : json();
  }

  const TemporaryFolder folder_;
  ExecPlugin plugin_;
};

TEST_F(ExecPluginTest, IsToldThatNobodyIsThereToAsk) {
  EXPECT_EQ(Info(), (json{{"kind", "ExecCredential"},
                          {"apiVersion", kVersion},
                          {"spec", {{"interactive", false}}}}));
}

TEST_F(ExecPluginTest, IsToldTheClusterIfItWantsTo) {
  plugin_.cluster = ExecCluster{.server = "https://api.example:6443",
                                .tls_server_name = "api",
                                .insecure_skip_tls_verify = false,
                                .ca = {folder_.Put("ca.crt", "PEM"), ""},
                                .proxy_url = "http://proxy",
                                .config = R"({"audience":"me"})"};
  EXPECT_EQ(Info()["spec"]["cluster"],
            (json{{"server", "https://api.example:6443"},
                  {"tls-server-name", "api"},
                  {"certificate-authority-data", EncodeBase64("PEM")},
                  {"proxy-url", "http://proxy"},
                  {"config", {{"audience", "me"}}}}));
}

TEST_F(ExecPluginTest, WhatItSaidIsTold) {
  EXPECT_EQ(ErrorOf("printf 'log\\033[1m in\\nfirst' >&2; echo s3cret; exit 3"),
            "the exec plugin " + folder_.path() +
                "/plugin ended with code 3: log [1m in first");
}

TEST_F(ExecPluginTest, WhatItSaidIsShortened) {
  const std::string error =
      ErrorOf("head -c 5000 /dev/zero | tr '\\0' x >&2; kill -KILL $$");
  EXPECT_EQ(error, "the exec plugin " + folder_.path() +
                       "/plugin ended with signal 9: " + std::string(300, 'x') +
                       "...");
}

TEST_F(ExecPluginTest, OneThatIsNotInstalledIsToldWithTheHint) {
  plugin_.command = "no-such-plugin";
  plugin_.install_hint = "Get it from\nexample.com.";
  EXPECT_EQ(WhyNotInstalled(plugin_)->message,
            "the exec plugin no-such-plugin is not a program that can be run, "
            "nor in PATH; Get it from example.com.");
}

}  // namespace
}  // namespace k8s
