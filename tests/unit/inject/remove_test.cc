// What is taken out, what is left alone, and when it is not touched at all.
#include <string>

#include "tests/unit/inject/manifests.h"

namespace inject {
namespace {

constexpr char kSpec[] =
    "  containers:\n"
    "  - name: main\n"
    "    env:\n"
    "    - name: A\n";

std::string ErrorFor(const std::string& text) {
  return ErrorOf(Remove(text, "web.yaml"));
}

TEST(RemoveTest, ATextWithoutASidecarComesBackAsItIs) {
  for (const std::string text :
       {"", "\n\n", "# x", "a: b", "[1, 2]", "---\n", "kind: Pod\n"}) {
    EXPECT_EQ(Removed(text), text);
  }
  EXPECT_EQ(Removed(PodWith(kSpec)), PodWith(kSpec));
}

TEST(RemoveTest, WhatWasEditedOutsideTheMarkersStays) {
  std::string text = Added(PodWith(kSpec), Options());
  Replace(text, "name: main", "name: other # edited");
  std::string expected = PodWith(kSpec);
  Replace(expected, "name: main", "name: other # edited");

  EXPECT_EQ(Removed(text + "---\nkind: More\n"),
            expected + "---\nkind: More\n");
}

TEST(RemoveTest, WhatWasEditedBetweenTheMarkersGoes) {
  std::string text = Added(PodWith(kSpec), Options());
  Replace(text, "leader-elector:dev", "leader-elector:edited");
  EXPECT_EQ(Removed(text), PodWith(kSpec));
}

TEST(RemoveTest, MarkersInATextAreText) {
  const std::string text =
      "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n"
      "    # leader-elector: begin\n    b\n    # leader-elector: end\n"
      "  # leader-elector: begin\n";
  EXPECT_EQ(Removed(text), text);
}

TEST(RemoveTest, ALostEndMarkerIsRefused) {
  std::string text = Added(PodWith(kSpec), Options());
  Replace(text, "# leader-elector: end", "# lost");
  EXPECT_EQ(ErrorFor(text),
            "web.yaml:10: \"# leader-elector: begin\" has no "
            "\"# leader-elector: end\" to go with it");
}

TEST(RemoveTest, ALostBeginMarkerIsRefused) {
  std::string text = Added(PodWith(kSpec));
  Replace(text, "  # leader-elector: begin\n  initContainers",
          "  initContainers");
  EXPECT_EQ(ErrorFor(text),
            "web.yaml:15: leader-elector is in initContainers, but not as "
            "inject writes it; take it out by hand");
}

TEST(RemoveTest, AnItemUnderOurKeyIsNotLost) {
  std::string text = Added(PodWith(kSpec));
  text += "    - name: mine\n      emptyDir: {}\n";
  EXPECT_TRUE(Contains(ErrorFor(text),
                       "the list of leader-elector has other items too; put "
                       "them before its begin marker, under a key of their "
                       "own"))
      << ErrorFor(text);
}

TEST(RemoveTest, AKeyBetweenTheMarkersIsNotLost) {
  std::string text = Added(PodWith(kSpec));
  const std::size_t last = text.rfind("  # leader-elector: end");
  ASSERT_NE(last, std::string::npos);
  text.insert(last, "  restartPolicy: Always\n");
  EXPECT_TRUE(Contains(ErrorFor(text), "was changed; take it out by hand"))
      << ErrorFor(text);
}

TEST(RemoveTest, AManifestThatAProgramWroteAnewIsRefused) {
  // The comments are gone.
  std::string text;
  std::string injected = Added(PodWith(kSpec));
  while (!injected.empty()) {
    const std::size_t end = injected.find('\n') + 1;
    const std::string line = injected.substr(0, end);
    if (line.find('#') == std::string::npos) text += line;
    injected.erase(0, end);
  }
  EXPECT_TRUE(Contains(ErrorFor(text), "not as inject writes it"));
}

TEST(RemoveTest, JsonThatAProgramWroteAnewIsRefused) {
  const std::string json =
      R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a"},)"
      R"({"name":"leader-elector","image":"b"}]}})";
  EXPECT_TRUE(Contains(ErrorFor(json), "not as inject writes it"));
}

}  // namespace
}  // namespace inject
