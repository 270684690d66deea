// What goes in where, and what is refused with which words.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/inject/manifests.h"

namespace inject {
namespace {

constexpr char kContainers[] = "  containers:\n  - name: main\n";

std::string ErrorFor(const std::string& text, const Options& options = {}) {
  return ErrorOf(Add(text, options));
}

std::string Deployment(const std::string& name, const std::string& rest = "") {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name +
         "\n" + rest +
         "spec:\n  template:\n    spec:\n      containers:\n      - name: "
         "main\n";
}

TEST(AddTest, TheSidecarIsTheLastInitContainer) {
  const YAML::Node pod =
      YAML::Load(Added(PodWith("  initContainers:\n  - name: a\n  - name: b\n" +
                               std::string(kContainers))));
  const YAML::Node list = pod["spec"]["initContainers"];
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[2]["name"].Scalar(), "leader-elector");
  EXPECT_EQ(list[2]["restartPolicy"].Scalar(), "Always");
  EXPECT_EQ(list[2]["args"][0].Scalar(), "--lease-name=web");
  EXPECT_EQ(list[2]["args"][1].Scalar(), "--stop-order=sidecar-last");
}

TEST(AddTest, TheSidecarsVariablesAreThoseOfTheExample) {
  const auto fields = [](const YAML::Node& deployment) {
    const YAML::Node pod = deployment["spec"]["template"]["spec"];
    std::vector<std::pair<std::string, std::string>> variables;
    for (const YAML::Node& item : pod["initContainers"][0]["env"]) {
      const YAML::Node field = item["valueFrom"]["fieldRef"]["fieldPath"];
      variables.emplace_back(item["name"].Scalar(), field.Scalar());
    }
    return variables;
  };
  const auto expected = fields(YAML::LoadFile(EXAMPLE_DEPLOYMENT));
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(fields(YAML::Load(Added(Deployment("web")))), expected);
}

TEST(AddTest, AClassicSidecarIsTheLastContainer) {
  Options options = NoRbac();
  options.sidecar.classic = true;
  const YAML::Node spec =
      YAML::Load(Added(PodWith(kContainers), options))["spec"];
  ASSERT_EQ(spec["containers"].size(), 2U);
  const YAML::Node sidecar = spec["containers"][1];
  EXPECT_EQ(sidecar["name"].Scalar(), "leader-elector");
  EXPECT_EQ(sidecar["args"][1].Scalar(), "--stop-order=together");
  EXPECT_FALSE(sidecar["restartPolicy"]);
  EXPECT_FALSE(sidecar["startupProbe"]);
  EXPECT_FALSE(spec["initContainers"]);
}

TEST(AddTest, EveryMainContainerLearnsWhereToAsk) {
  const YAML::Node spec = YAML::Load(Added(PodWith(
      "  containers:\n  - name: a\n  - name: b\n    env: [{name: X}]\n")))
      ["spec"];
  EXPECT_EQ(spec["containers"][0]["env"][0]["name"].Scalar(), "LEADER_URL");
  EXPECT_EQ(spec["containers"][1]["env"][1]["value"].Scalar(),
            "http://127.0.0.1:4040/leader");
}

TEST(AddTest, AnAddressOfTheUsersOwnStays) {
  const std::string text = PodWith(
      "  containers:\n  - name: a\n    env:\n    - name: LEADER_URL\n"
      "      value: http://[::1]:4040/leader\n");
  const std::string result = Added(text);
  const YAML::Node env = YAML::Load(result)["spec"]["containers"][0]["env"];
  EXPECT_EQ(env.size(), 1U);
  EXPECT_EQ(Removed(result), text);
}

TEST(AddTest, TheTokenIsForTheSidecarAlone) {
  const YAML::Node spec = YAML::Load(Added(PodWith(kContainers)))["spec"];
  EXPECT_EQ(spec["volumes"][0]["name"].Scalar(), "leader-elector-token");
  EXPECT_EQ(spec["initContainers"][0]["volumeMounts"][0]["name"].Scalar(),
            "leader-elector-token");
  EXPECT_FALSE(spec["containers"][0]["volumeMounts"]);
}

TEST(AddTest, OptionsGoIntoTheSidecar) {
  Options options = NoRbac();
  options.lease_name = "other";
  options.sidecar.image = "registry.example:5000/le@sha256:01";
  options.sidecar.arguments = {"--http-address=[::1]:4050"};
  options.sidecar.leader_address = "[::1]:4050";
  options.sidecar.metrics_port = 4051;
  const YAML::Node spec =
      YAML::Load(Added(PodWith(kContainers), options))["spec"];
  const YAML::Node sidecar = spec["initContainers"][0];
  EXPECT_EQ(sidecar["image"].Scalar(), "registry.example:5000/le@sha256:01");
  EXPECT_EQ(sidecar["args"][0].Scalar(), "--lease-name=other");
  EXPECT_EQ(sidecar["args"][2].Scalar(), "--http-address=[::1]:4050");
  EXPECT_EQ(sidecar["ports"][0]["containerPort"].Scalar(), "4051");
  EXPECT_EQ(spec["containers"][0]["env"][0]["value"].Scalar(),
            "http://[::1]:4050/leader");
}

TEST(AddTest, NewOptionsReplaceThoseOfAnEarlierCall) {
  const std::string text = PodWith(kContainers);
  Options newer = NoRbac();
  newer.sidecar.image = "leader-elector:2";
  EXPECT_EQ(Added(Added(text), newer), Added(text, newer));
}

TEST(AddTest, OtherKindsArePassedOn) {
  const std::string other =
      "apiVersion: batch.example/v1\nkind: Job\nspec: {template: {spec: "
      "{containers: [{name: a}]}}}\n---\n";
  EXPECT_TRUE(Added(other + PodWith(kContainers)).starts_with(other));
  EXPECT_EQ(ErrorFor(other),
            "manifest: there is no Pod, Deployment, StatefulSet, DaemonSet, "
            "Job or CronJob");
}

TEST(AddTest, TheRoleIsForTheLeaseAndTheServiceAccount) {
  const std::string result = Added(Deployment("web", "  namespace: shop\n") +
                                       "      serviceAccountName: clerk\n",
                                   Options());
  const std::vector<YAML::Node> documents = YAML::LoadAll(result);
  ASSERT_EQ(documents.size(), 3U);
  const YAML::Node rule = documents[1]["rules"][0];
  EXPECT_EQ(documents[1]["metadata"]["namespace"].Scalar(), "shop");
  EXPECT_EQ(rule["resourceNames"][0].Scalar(), "web");
  EXPECT_EQ(rule["verbs"].size(), 4U);
  EXPECT_EQ(documents[2]["roleRef"]["name"].Scalar(), "web-leader-election");
  EXPECT_EQ(documents[2]["subjects"][0]["name"].Scalar(), "clerk");
  EXPECT_EQ(documents[2]["subjects"][0]["namespace"].Scalar(), "shop");
}

TEST(AddTest, TheGivenNamespaceIsForThoseThatNameNone) {
  Options options;
  options.name_space = "bakery";
  options.rbac = Rbac::kOnly;
  const std::string roles =
      Added(Deployment("a") + "---\n" + Deployment("b", "  namespace: shop\n"),
            options);
  const std::vector<YAML::Node> documents = YAML::LoadAll(roles);
  ASSERT_EQ(documents.size(), 4U);
  EXPECT_EQ(documents[0]["metadata"]["namespace"].Scalar(), "bakery");
  EXPECT_EQ(documents[2]["metadata"]["namespace"].Scalar(), "shop");
}

TEST(AddTest, JsonTakesNoFurtherDocuments) {
  const std::string json =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},)"
      R"("spec":{"containers":[{"name":"b"}]}})";
  EXPECT_EQ(ErrorFor(json),
            "manifest: JSON takes no further documents; give --rbac=none, and "
            "print Role and RoleBinding with --rbac=only");
  EXPECT_EQ(Removed(Added(json)), json);
}

TEST(AddTest, JsonObjectsOneAfterTheOtherAreJson) {
  const std::string a =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},)"
      R"("spec":{"containers":[{"name":"b"}]}})";
  std::string b = a;
  Replace(b, R"("name":"a")", R"("name":"b")");
  for (const std::string between : {"\n", "\r\n", "\n\n"}) {
    const std::string json = a + between + b + between;
    EXPECT_TRUE(Contains(ErrorFor(json), "JSON takes no further documents"));
    const std::string result = Added(json);
    EXPECT_FALSE(Contains(result, "#"));
    EXPECT_EQ(Removed(result), json);
  }
  // That is YAML in flow style.
  EXPECT_EQ(ErrorFor(a + "\n---\n" + b + "\n"), "none");
}

TEST(AddTest, TwoWorkloadsNeverShareALease) {
  EXPECT_EQ(ErrorFor(Deployment("web") + "---\n" + PodWith(kContainers)),
            "manifest:11: Pod web in line 11 and Deployment web in line 1 "
            "would compete for the one lease web; inject them one by one, each "
            "with its --lease-name");
  Options options;
  options.lease_name = "one";
  EXPECT_EQ(ErrorFor(Deployment("a") + "---\n" + Deployment("b"), options),
            "manifest:11: --lease-name is for one workload, and there are 2: "
            "they would compete with each other");
  EXPECT_EQ(ErrorFor(Deployment("web", "  namespace: a\n") + "---\n" +
                     Deployment("web", "  namespace: b\n")),
            "none");
  // It may be applied to that very namespace.
  EXPECT_TRUE(Contains(ErrorFor(Deployment("web", "  namespace: a\n") +
                                "---\n" + Deployment("web")),
                       "would compete for the one lease web"));
}

TEST(AddTest, AWorkloadWithoutANameNeedsALeaseName) {
  const std::string text =
      "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec:\n" +
      std::string(kContainers);
  EXPECT_EQ(ErrorFor(text),
            "manifest:1: Pod in line 1 has no metadata.name to call the lease "
            "by; give --lease-name");
  Options options;
  options.lease_name = "a";
  EXPECT_EQ(ErrorFor(text, options), "none");
  EXPECT_EQ(ErrorFor(Deployment("${NAME}")),
            "manifest:1: Deployment ${NAME} in line 1 has a name that no lease "
            "can have; give --lease-name");
}

TEST(AddTest, HostNetworkIsRefusedWithTheReason) {
  EXPECT_EQ(
      ErrorFor(PodWith("  hostNetwork: yes\n" + std::string(kContainers))),
      "manifest:6: hostNetwork is true; leader-elector answers on loopback, "
      "which would be the node's: every process there would be told who leads");
  EXPECT_EQ(
      ErrorFor(PodWith("  hostNetwork: false\n" + std::string(kContainers))),
      "none");
}

TEST(AddTest, WhatFinishesByItselfTakesNoClassicSidecar) {
  Options options;
  options.sidecar.classic = true;
  EXPECT_EQ(
      ErrorFor(PodWith("  restartPolicy: Never\n" + std::string(kContainers)),
               options),
      "manifest:1: Pod web in line 1 would never finish beside an ordinary "
      "container; leave --classic out (Kubernetes 1.29 or newer)");
  std::string job = Deployment("a");
  Replace(job, "apps/v1\nkind: Deployment", "batch/v1\nkind: Job");
  EXPECT_TRUE(Contains(ErrorFor(job, options), "would never finish"));
  EXPECT_EQ(ErrorFor(job), "none");
}

TEST(AddTest, NullWhereAListIsWantedIsRefused) {
  EXPECT_EQ(ErrorFor(PodWith(std::string(kContainers) + "  volumes:\n")),
            "manifest:8: volumes has no value; write \"volumes: []\" or drop "
            "the line");
  EXPECT_EQ(
      ErrorFor(PodWith("  initContainers: ~\n" + std::string(kContainers))),
      "manifest:6: initContainers has no value; write \"initContainers: "
      "[]\" or drop the line");
  EXPECT_EQ(ErrorFor(PodWith(std::string(kContainers) + "    env: {a: b}\n")),
            "manifest:8: env must be a list");
}

TEST(AddTest, APodWithoutContainersIsRefused) {
  EXPECT_EQ(ErrorFor(PodWith("  volumes: []\n")),
            "manifest:6: Pod web in line 1 has no containers");
  EXPECT_EQ(ErrorFor(PodWith("  containers: []\n")),
            "manifest:6: Pod web in line 1 has no containers");
  EXPECT_EQ(ErrorFor("apiVersion: apps/v1\nkind: Deployment\nspec: {}\n"),
            "manifest:1: Deployment in line 1 has no pod spec");
  EXPECT_EQ(ErrorFor(PodWith("  containers:\n  - image: a\n")),
            "manifest:7: a container has no name");
}

TEST(AddTest, ASidecarOfAnotherHandIsRefused) {
  EXPECT_EQ(ErrorFor(PodWith("  containers:\n  - name: leader-elector\n")),
            "manifest:7: leader-elector is in containers, but not as inject "
            "writes it; take it out by hand");
  EXPECT_EQ(ErrorFor(PodWith(std::string(kContainers) +
                             "  volumes: [{name: leader-elector-token}]\n")),
            "manifest:8: leader-elector-token is in volumes, but not as inject "
            "writes it; take it out by hand");
}

TEST(AddTest, WhatIsSharedWithAnotherPlaceIsRefused) {
  // `volumes` of the first Pod, which has a sidecar, are those of an object
  // that has none.
  const std::string text =
      PodWith(std::string(kContainers) + "  volumes: &v\n  - name: a\n") +
      "status: *v\n";
  EXPECT_EQ(ErrorFor(text),
            "manifest:8: volumes cannot be added without changing what is "
            "there; write this part in plain block style, without aliases, and "
            "end the file with a line break");
}

TEST(AddTest, ABlockScalarThatALineMoreWouldChangeIsRefused) {
  const std::string words = " cannot be added without changing what is there";
  const std::string args = "  containers:\n  - name: a\n    args:\n    - ";
  EXPECT_TRUE(Contains(ErrorFor(PodWith(args + "|\n      b")), words));
  EXPECT_TRUE(Contains(ErrorFor(PodWith(args + "|+\n      b\n\n")), words));
  EXPECT_TRUE(Contains(ErrorFor(PodWith(kContainers) + "---\na: |\n  b"),
                       "Role" + words));
}

TEST(AddTest, AnEnvThatContainersShareIsAddedToOnce) {
  const std::string text = PodWith(
      "  containers:\n  - name: a\n    env: &env\n    - name: X\n"
      "  - name: b\n    env: *env\n");
  const std::string result = Added(text);
  const YAML::Node spec = YAML::Load(result)["spec"];
  EXPECT_EQ(spec["containers"][0]["env"].size(), 2U);
  EXPECT_EQ(spec["containers"][1]["env"].size(), 2U);
  EXPECT_EQ(Removed(result), text);
}

// Neither the first, whose containers share an env, nor all the others.
TEST(AddTest, OfManyThatWhichCannotBeAddedIsNamed) {
  std::string text = PodWith(
      "  containers:\n  - name: a\n    env: &env\n    - name: X\n"
      "  - name: b\n    env: *env\n");
  for (int i = 0; i < 41; ++i) {
    text += "---\n" + Deployment("web-" + std::to_string(i));
    if (i == 20) text += "      volumes: &v\n      - name: x\nstatus: *v\n";
  }
  const auto line =
      1 + std::count(
              text.begin(),
              text.begin() + static_cast<std::ptrdiff_t>(text.find("volumes:")),
              '\n');
  EXPECT_EQ(ErrorFor(text),
            "manifest:" + std::to_string(line) +
                ": volumes cannot be added without changing what is there; "
                "write this part in plain block style, without aliases, and "
                "end the file with a line break");
}

TEST(AddTest, WhatIsNotYamlIsSaidWithItsLine) {
  EXPECT_EQ(ErrorFor("a: b\nc: [\n"),
            "manifest:3: it is not YAML: end of sequence flow not found");
  EXPECT_EQ(ErrorFor("a: b\nc: \x04\n"),
            "manifest:2: there is a control character; it must be YAML or JSON "
            "in UTF-8");
  EXPECT_EQ(ErrorFor("a: &a [*a]\n"),
            "manifest:1: this is nested too deeply, or aliases make it too "
            "large");
}

TEST(AddTest, AliasesThatStandForMillionsAreRefused) {
  std::string text = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string one = "*a" + std::to_string(i - 1);
    text += "b" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + one;
    for (int j = 1; j < 10; ++j) text += ", " + one;
    text += "]\n";
  }
  EXPECT_TRUE(Contains(ErrorFor(text), "or aliases make it too large"));
}

TEST(AddTest, ACommaBeforeTheBracketIsRefused) {
  EXPECT_EQ(
      ErrorFor(PodWith("  containers:\n  - {name: a, env: [{name: b},]}\n")),
      "manifest:7: there is a comma before the bracket; drop it");
}

}  // namespace
}  // namespace inject
