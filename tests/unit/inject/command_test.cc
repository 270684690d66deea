// The flags of `leader-elector inject`, and how it ends.
#include "agent/inject/command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace inject {
namespace {

using Words = std::vector<std::string>;

// What -f web.yaml and `words` are read as.
Command Good(Words words) {
  words.insert(words.end(), {"-f", "web.yaml"});
  const auto command = ReadCommand(words);
  EXPECT_TRUE(command) << command.error().err;
  return command ? *command : Command();
}

// The errors of -f web.yaml and `words`, without the last line.
std::string Errors(Words words) {
  words.insert(words.begin(), {"-f", "web.yaml"});
  const auto command = ReadCommand(words);
  if (command) return "none";
  EXPECT_EQ(command.error().code, runtime::kExitUsage);
  std::string text = command.error().err;
  const std::string last = "leader-elector inject --help lists all flags\n";
  EXPECT_TRUE(text.ends_with(last)) << text;
  return text.substr(0, text.size() - last.size());
}

TEST(CommandTest, DefaultsAreThoseOfTheCharts) {
  const Command command = Good({});
  EXPECT_EQ(command.file, "web.yaml");
  EXPECT_FALSE(command.remove);
  EXPECT_EQ(command.options.file, "web.yaml");
  EXPECT_EQ(command.options.rbac, Rbac::kAppend);
  EXPECT_EQ(command.options.sidecar.image, "leader-elector:dev");
  EXPECT_EQ(command.options.sidecar.leader_address, "127.0.0.1:4040");
  EXPECT_EQ(command.options.sidecar.metrics_port, 4041);
}

TEST(CommandTest, ValuesComeBehindAnEqualsSignOrAsTheNextWord) {
  for (const Words& words :
       {Words{"--image=a:1", "--lease-name=b", "--namespace=c", "--rbac=only"},
        Words{"--image", "a:1", "--lease-name", "b", "-n", "c", "--rbac",
              "only"}}) {
    const Options options = Good(words).options;
    EXPECT_EQ(options.sidecar.image, "a:1");
    EXPECT_EQ(options.lease_name, "b");
    EXPECT_EQ(options.name_space, "c");
    EXPECT_EQ(options.rbac, Rbac::kOnly);
  }
}

TEST(CommandTest, FlagsOfTheSidecarGoIntoItsArguments) {
  const SidecarOptions sidecar = Good({"--lease-duration=30s", "--log-format",
                                       "json", "--trust-new-lease"})
                                     .options.sidecar;
  EXPECT_EQ(sidecar.arguments,
            (Words{"--lease-duration=30s", "--log-format=json",
                   "--trust-new-lease"}));
}

TEST(CommandTest, PortsAreToldToTheOtherContainersAndTheKubelet) {
  const SidecarOptions sidecar =
      Good({"--http-address=localhost:4050", "--metrics-address=:4051"})
          .options.sidecar;
  EXPECT_EQ(sidecar.leader_address, "127.0.0.1:4050");
  EXPECT_EQ(sidecar.metrics_port, 4051);
}

TEST(CommandTest, TheSidecarJudgesItsFlagsAsItWouldAtItsStart) {
  EXPECT_EQ(Errors({"--lease-duration=5s"}),
            "leader-elector: --lease-duration is 5s; it must be longer than "
            "--renew-deadline (10s by default)\n");
  EXPECT_EQ(Errors({"--lease-name=A"}),
            "leader-elector: --lease-name is A; it must be a name as "
            "Kubernetes takes it: lower case letters, digits, '-' and '.', at "
            "most 253, such as web\n");
}

TEST(CommandTest, WhatInjectDecidesItselfIsNoFlag) {
  EXPECT_EQ(Errors({"--stop-order=together"}),
            "leader-elector: --stop-order is no flag of inject: it follows "
            "from --classic\n");
  EXPECT_EQ(Errors({"--identity", "a"}),
            "leader-elector: --identity is no flag of inject: each replica is "
            "called by its pod's name\n");
  for (const std::string word : {"--host-network", "--host-network=true"}) {
    EXPECT_EQ(Errors({word}),
              "leader-elector: --host-network is no flag of inject: a pod with "
              "hostNetwork is not injected at all\n");
  }
}

TEST(CommandTest, TheKubeletMustReachTheProbes) {
  EXPECT_EQ(Errors({"--metrics-address=off"}),
            "leader-elector: --metrics-address is off; the kubelet's probes "
            "must reach it\n");
  EXPECT_EQ(Errors({"--metrics-address=127.0.0.1:4041"}),
            "leader-elector: --metrics-address is 127.0.0.1:4041; the "
            "kubelet's probes must reach it\n");
  EXPECT_NE(Errors({"--http-address=:0"}), "none");
}

TEST(CommandTest, WrongFlagsAreSaid) {
  EXPECT_EQ(Errors({"--lease-nam=a"}),
            "leader-elector: --lease-nam is no flag of leader-elector inject; "
            "did you mean --lease-name?\n");
  EXPECT_EQ(Errors({"web.yaml"}),
            "leader-elector: web.yaml is no flag; name a file with -f FILE\n");
  EXPECT_EQ(Errors({"--rbac=all"}),
            "leader-elector: --rbac is all; it must be append, only or none\n");
  EXPECT_EQ(Errors({"--image"}),
            "leader-elector: --image has no value; give it one\n");
  EXPECT_EQ(Errors({"--classic=yes"}),
            "leader-elector: --classic takes no value\n");
  EXPECT_EQ(Errors({"--image=a", "--image=b"}),
            "leader-elector: --image is given twice; give it once\n");
  EXPECT_EQ(Errors({"--image=a b"}),
            "leader-elector: --image is \"a b\"; it must be the name of an "
            "image\n");
  EXPECT_EQ(Errors({"--namespace=A"}),
            "leader-elector: --namespace is A; it must be the name of a "
            "namespace: lower case letters, digits and '-', at most 63\n");
}

TEST(CommandTest, RemoveTakesNothingElse) {
  EXPECT_EQ(Errors({"--remove"}), "none");
  EXPECT_EQ(Errors({"--remove", "--image=a"}),
            "leader-elector: --remove takes -f and nothing else: it finds what "
            "was put in\n");
  EXPECT_NE(Errors({"--remove", "--lease-duration=30s"}), "none");
}

TEST(CommandTest, AFileMustBeNamed) {
  const auto command = ReadCommand({"--remove"});
  ASSERT_FALSE(command);
  EXPECT_TRUE(command.error().err.starts_with(
      "leader-elector: -f is not set; name a file, or - for stdin\n"));
}

TEST(CommandTest, HelpIsPrinted) {
  const runtime::Exit exit = RunCommand({"--help"});
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(exit.out, CommandHelp());
}

TEST(CommandTest, AFileThatCannotBeReadIsAnError) {
  const runtime::Exit exit = RunCommand({"-f", "/nowhere/web.yaml"});
  EXPECT_EQ(exit.code, runtime::kExitRuntime);
  EXPECT_EQ(exit.err,
            "leader-elector: /nowhere/web.yaml: No such file or directory\n");
  EXPECT_EQ(exit.out, "");
}

}  // namespace
}  // namespace inject
