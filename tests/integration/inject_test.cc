// What `leader-elector inject` prints, as the real kube-apiserver reads it: by
// its own YAML parser, with strict field validation, and with its admission of
// the standard `restricted`. Dry runs: no pod is made.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

namespace fs = std::filesystem;
using support::ExitStatus;
using testing::SizeIs;

constexpr char kNamespace[] = "shop";

std::vector<std::string> Manifests() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(INJECT_FOLDER)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".injected.") == std::string::npos) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadFile(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Where objects of a kind are.
std::string Collection(const std::string& api_version,
                       const std::string& kind) {
  static const std::map<std::string, std::string> plurals{
      {"Pod", "pods"},
      {"Service", "services"},
      {"ConfigMap", "configmaps"},
      {"Deployment", "deployments"},
      {"StatefulSet", "statefulsets"},
      {"DaemonSet", "daemonsets"},
      {"Job", "jobs"},
      {"CronJob", "cronjobs"},
      {"Role", "roles"},
      {"RoleBinding", "rolebindings"}};
  return (api_version == "v1" ? "/api/v1" : "/apis/" + api_version) +
         "/namespaces/" + kNamespace + "/" + plurals.at(kind);
}

// The documents of a stream as they are written.
std::vector<std::string> Documents(const std::string& stream) {
  std::vector<std::string> documents(1);
  std::istringstream lines(stream);
  for (std::string line; std::getline(lines, line);) {
    if (line == "---") {
      documents.emplace_back();
    } else if (line != "...") {
      documents.back() += line + "\n";
    }
  }
  std::erase_if(documents, [](const std::string& document) {
    return YAML::Load(document).IsNull();
  });
  return documents;
}

class InjectTest : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    cluster().CreateNamespace(kNamespace);
    for (const char* account : {"default", "clerk"}) {
      cluster().CreateServiceAccount(kNamespace, account);
    }
  }

  // What the program prints.
  std::string Injected(const fs::path& file, std::vector<std::string> flags) {
    flags.insert(flags.begin(),
                 {"inject", "-f", file.string(), "--image=busybox:1.37"});
    support::Process process(
        {.program = AGENT_PROGRAM,
         .args = flags,
         .output = folder_ / (file.filename().string() + ".injected")});
    EXPECT_EQ(process.Wait(std::chrono::seconds(30)), (ExitStatus{.code = 0}))
        << process.Output();
    return process.Output();
  }

  // What the API server makes of one document. A List is a matter of clients:
  // its items are sent one by one, as kubectl does.
  void Apply(const std::string& document) {
    const YAML::Node object = YAML::Load(document);
    if (object["kind"].Scalar() == "List") {
      for (const YAML::Node& item : object["items"]) {
        YAML::Emitter text;  // Keeps quotes where they matter.
        text << item;
        Apply(text.c_str());
      }
      return;
    }
    const std::string path =
        Collection(object["apiVersion"].Scalar(), object["kind"].Scalar()) +
        "/" + object["metadata"]["name"].Scalar() +
        "?fieldManager=test&force=true&dryRun=All&fieldValidation=Strict";
    const support::Answer answer = cluster().Admin().RequestText(
        "PATCH", path, document, "application/apply-patch+yaml");
    EXPECT_TRUE(answer.ok())
        << answer.status << answer.error << answer.body << "\n"
        << document;
    applied_.push_back(answer.Json());
  }

  const support::TempDir& folder() const { return folder_; }
  const std::vector<nlohmann::json>& applied() const { return applied_; }

 private:
  support::TempDir folder_;
  std::vector<nlohmann::json> applied_;
};

TEST_F(InjectTest, TheApiServerTakesWhatIsMadeOfEachKind) {
  const std::vector<std::string> manifests = Manifests();
  ASSERT_THAT(manifests, SizeIs(testing::Ge(9U)));
  for (const std::string& name : manifests) {
    SCOPED_TRACE(name);
    std::vector<std::string> flags;
    if (name.ends_with(".json")) flags = {"--rbac=none"};
    const std::string stream = Injected(fs::path(INJECT_FOLDER) / name, flags);
    for (const std::string& document : Documents(stream)) Apply(document);
  }
}

TEST_F(InjectTest, TheApiServerTakesAClassicSidecar) {
  const std::string stream =
      Injected(fs::path(INJECT_FOLDER) / "deployment.yaml", {"--classic"});
  for (const std::string& document : Documents(stream)) Apply(document);

  ASSERT_FALSE(HasFailure());
  ASSERT_THAT(applied(), SizeIs(3));
  const nlohmann::json& pod = applied()[0]["spec"]["template"]["spec"];
  ASSERT_THAT(pod["containers"], SizeIs(3));
  EXPECT_EQ(pod["containers"][2]["name"], "leader-elector");
}

TEST_F(InjectTest, TheApiServerReadsTheSameTextsAsBefore) {
  const fs::path file = fs::path(INJECT_FOLDER) / "deployment.yaml";
  Apply(ReadFile(file));
  Apply(Documents(Injected(file, {}))[0]);

  ASSERT_FALSE(HasFailure());
  ASSERT_THAT(applied(), SizeIs(2));
  const nlohmann::json& before = applied()[0];
  const nlohmann::json& after = applied()[1];
  EXPECT_EQ(after["metadata"]["annotations"],
            before["metadata"]["annotations"]);
  EXPECT_EQ(after["metadata"]["annotations"]["code"], "0123");
  const nlohmann::json& was = before["spec"]["template"]["spec"];
  const nlohmann::json& is = after["spec"]["template"]["spec"];
  EXPECT_EQ(is["containers"][0]["command"], was["containers"][0]["command"]);
  EXPECT_EQ(is["containers"][0]["env"][0], was["containers"][0]["env"][0]);
  EXPECT_EQ(is["volumes"][0], was["volumes"][0]);
}

TEST_F(InjectTest, APodThatPassesTheStandardRestrictedDoesSoWithTheSidecar) {
  const std::string path = std::string("/api/v1/namespaces/") + kNamespace;
  cluster().Must(
      "PATCH", path,
      {{"metadata",
        {{"labels", {{"pod-security.kubernetes.io/enforce", "restricted"}}}}}});
  const std::string file = folder() / "restricted.yaml";
  std::ofstream(file) << R"(apiVersion: v1
kind: Pod
metadata:
  name: restricted
spec:
  containers:
    - name: main
      image: busybox:1.37
      securityContext:
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        seccompProfile: {type: RuntimeDefault}
)";
  Apply(Documents(Injected(file, {}))[0]);
  cluster().Must(
      "PATCH", path,
      {{"metadata",
        {{"labels", {{"pod-security.kubernetes.io/enforce", nullptr}}}}}});

  ASSERT_FALSE(HasFailure());
  ASSERT_THAT(applied(), SizeIs(1));
  const nlohmann::json& sidecar = applied()[0]["spec"]["initContainers"][0];
  EXPECT_EQ(sidecar["restartPolicy"], "Always");
  // Its own token, and no second one from the API server.
  ASSERT_THAT(sidecar["volumeMounts"], SizeIs(1));
  EXPECT_EQ(sidecar["volumeMounts"][0]["name"], "leader-elector-token");
}

}  // namespace
}  // namespace fleet
