// Keys that not all readers see alike are refused: of two that are the same,
// kubectl takes the last and yaml-cpp the first, and a merge brings what
// yaml-cpp does not show.
#include <string>
#include <vector>

#include "tests/unit/inject/manifests.h"

namespace inject {
namespace {

// A key that is set already.
struct Case {
  std::string line;
  std::string text;  // Of the manifest; "@" stands for the line.
  int number;        // Of that line.
};

std::string KeyIn(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  return line.substr(begin, line.find(':') - begin);
}

std::vector<Case> Cases() {
  const std::string name = "metadata:\n  name: web\n";
  const std::string pod = "apiVersion: v1\nkind: Pod\n" + name;
  const std::string spec = "spec:\n  containers: [{name: main}]\n";
  const std::string head = "apiVersion: apps/v1\nkind: Deployment\n" + name;
  const std::string body =
      "spec:\n  template:\n    spec:\n      containers: [{name: main}]\n";
  const std::string cron =
      "apiVersion: batch/v1\nkind: CronJob\n" + name +
      "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n"
      "          containers: [{name: main}]\n@";
  return {
      {"kind: Deployment", "apiVersion: v1\nkind: ConfigMap\n@" + body, 3},
      {"apiVersion: apps/v1", "apiVersion: x/v1\nkind: Job\n@" + body, 3},
      {"metadata: {name: other}", pod + "@" + spec, 5},
      {"  name: other", pod + "@" + spec, 5},
      {"  namespace: other", pod + "  namespace: a\n@" + spec, 6},
      {"spec: {hostNetwork: true}", pod + spec + "@", 7},
      {"  hostNetwork: true", pod + spec + "  hostNetwork: no\n@", 8},
      {"spec: {}", head + body + "@", 9},
      {"  template: {}", head + body + "@", 9},
      {"    spec: {hostNetwork: true}", head + body + "@", 9},
      {"  jobTemplate: {}", cron, 11},
      {"    spec: {}", cron, 11},
      {"      template: {}", cron, 11},
      {"        spec: {hostNetwork: true}", cron, 11},
      {"          containers: []", cron, 11},
      {"items: []",
       "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, "
       "metadata: {name: a}, spec: {containers: [{name: b}]}}\n@",
       5},
  };
}

std::string ErrorWith(const Case& test, const std::string& line) {
  std::string text = test.text;
  Replace(text, "@", line + "\n");
  return ErrorOf(Add(text, NoRbac()));
}

TEST(KeysTest, OneThatIsSetAgainIsRefused) {
  for (const Case& test : Cases()) {
    EXPECT_EQ(ErrorWith(test, test.line),
              "manifest:" + std::to_string(test.number) + ": " +
                  KeyIn(test.line) + " is set again; set it once");
  }
}

TEST(KeysTest, OneThatAMergeWouldBringIsRefused) {
  for (const Case& test : Cases()) {
    std::string line = test.line;
    line.replace(line.find_first_not_of(' '), std::string::npos, "<<: {a: b}");
    EXPECT_EQ(ErrorWith(test, line),
              "manifest:" + std::to_string(test.number) +
                  ": \"<<\" brings keys that inject cannot see; write them "
                  "out")
        << test.line;
  }
}

// Without the line there is nothing to refuse.
TEST(KeysTest, OthersAreTaken) {
  for (const Case& test : Cases()) {
    const bool is_workload =
        KeyIn(test.line) != "kind" && KeyIn(test.line) != "apiVersion";
    if (!is_workload) continue;
    EXPECT_EQ(ErrorWith(test, ""), "none") << test.text;
  }
}

TEST(KeysTest, InAContainerTooTheyAreRefused) {
  EXPECT_EQ(ErrorOf(Add(PodWith("  containers:\n  - name: a\n    name: b\n"),
                        NoRbac())),
            "manifest:8: name is set again; set it once");
}

// What inject passes on is none of its business.
TEST(KeysTest, WithinOtherObjectsTheyAreTaken) {
  const std::string other =
      "kind: ConfigMap\ndata:\n  a: b\n  a: c\n  <<: {d: e}\n---\n";
  EXPECT_EQ(
      ErrorOf(Add(other + PodWith("  containers: [{name: a}]\n"), NoRbac())),
      "none");
}

}  // namespace
}  // namespace inject
