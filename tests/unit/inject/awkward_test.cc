// YAML as people and programs write it. Whatever it is: what went in comes out,
// injecting twice is injecting once, and what was there still says the same.
#include <string>
#include <vector>

#include "agent/inject/manifest.h"
#include "tests/unit/inject/manifests.h"

namespace inject {
namespace {

struct Awkward {
  std::string name;
  std::string text;
};

std::string WithCrlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

constexpr char kDeployment[] = R"(# top
apiVersion: apps/v1   # a
kind: Deployment
# between
metadata: # b
  name: web # c
  # deep
  labels: {a: "true", b: '0123', c: "1e3", d: 1e3, e: 0123, f: ~, g: yes}
spec: # d
  template: # e
    # f
    spec: # g
      # h
      containers: # i
      # j
      - # k
        # l
        name: main # m
        # n
        args: # o
        - -c # p
        - "# no comment" # q
        - 'it''s'
        - >-
          folded # text
          - text

          # text
        # r
        env: # s
        # t
        - name: A # u
          # v
          value: "1" # w
          # x
        # y
      # z
  # after
  replicas: 3
# end
)";

std::vector<Awkward> All() {
  const std::string open = "  containers:\n  - name: main\n";
  std::vector<Awkward> all{
      {"comments_everywhere", kDeployment},
      {"crlf", WithCrlf(kDeployment)},
      {"byte_order_mark", "\xEF\xBB\xBF" + std::string(kDeployment)},
      {"byte_order_mark_and_crlf", "\xEF\xBB\xBF" + WithCrlf(PodWith(open))},
      {"no_final_newline", PodWith("  containers:\n  - name: main")},
      {"no_final_newline_crlf",
       WithCrlf(PodWith("  containers:\n  - name: main"))},
      {"no_final_newline_env",
       PodWith("  volumes:\n  - name: a\n  containers:\n  - name: main\n"
               "    env:\n    - name: A")},
      {"no_final_newline_comment", PodWith(open + "# end")},
      {"blanks_at_the_end", PodWith(open) + "\n\n  \n"},
      {"blanks_at_an_open_end", PodWith(open) + "\n    "},
      {"indentless_lists",
       PodWith("  containers:\n  - name: main\n    env:\n    - name: A\n"
               "  volumes:\n  - name: a\n  initContainers:\n  - name: b\n")},
      {"wide_indentation",
       PodWith("          containers:\n                  -    name: main\n"
               "                       env:\n"
               "                             -      name: A\n")},
      {"dash_alone", PodWith("  containers:\n  -\n    name: main\n    env:\n"
                             "    -\n      name: A\n")},
      {"block_scalars_at_the_end",
       PodWith("  containers:\n  - name: main\n    args:\n    - |\n"
               "      # a\n      - b\n       c: d\n      # e\n")},
      {"stripped_block_scalar_at_the_end",
       PodWith("  containers:\n  - name: main\n    args:\n    - |-\n"
               "      a\n\n\n")},
      {"indented_block_scalar",
       PodWith("  containers:\n  - name: main\n    args:\n    - |2\n"
               "          a\n        b\n")},
      {"plain_scalar_over_lines",
       PodWith("  containers:\n  - name: main\n    image: a\n      b\n"
               "      c\n")},
      {"quoted_scalar_over_lines",
       PodWith("  containers:\n  - name: main\n    image: \"a\n      # b\n"
               "      c\"\n")},
      {"flow_over_lines",
       PodWith("  containers:\n  - name: main\n    args: [\n      a, # ]\n"
               "      'b'\n    ]\n    env: [\n      {name: A},\n"
               "      {name: \"B]\", value: it's} # c\n    ]\n")},
      {"empty_flow_lists",
       PodWith("  volumes: []\n  initContainers: [ ]\n  containers:\n"
               "  - name: main\n    env: [\n    ]\n")},
      {"flow_pod", PodWith("  {containers: [{name: main, env: [{name: A}]}],\n"
                           "   volumes: [{name: a}]}\n")},
      {"flow_container", PodWith("  containers:\n  - {name: main}\n")},
      {"flow_plain_words",
       PodWith("  containers: [{name: main, image: a:1, args: [--b=c, it's, "
               "a#b, http://x/y]}]\n")},
      {"anchors_and_tags",
       PodWith("  containers: &a\n  - &b !!map\n    name: main\n"
               "    env: !!seq\n    - &c\n      name: A\n"
               "      value: !!str 1\n  volumes: &d [ {name: x} ]\n")},
      {"shared_value",
       PodWith("  containers:\n  - name: &n main\n    image: *n\n")},
      {"quoted_keys", PodWith("  \"containers\":\n  - 'name': main\n"
                              "    \"env\":\n    - name: A\n")},
      {"unicode",
       PodWith("  # Grüße, 世界\n  containers:\n  - name: main\n"
               "    env:\n    - name: A\n      value: \"é世\" # ü\n")},
      {"document_markers",
       "%YAML 1.2\n---\n# a\n...\n---\n" + PodWith(open) + "...\n"},
      {"empty_documents", "---\n---\n" + PodWith(open) + "---\n---\n"},
      {"marker_with_content",
       "--- # a\n" + PodWith(open) + "--- {a: b}\n--- |\n text\n"},
      {"markers_in_text",
       "kind: ConfigMap\ndata: |\n  # leader-elector: begin\n  - name: "
       "leader-elector\n  # leader-elector: end\n---\n" +
           PodWith(open)},
      {"list_of_all_styles",
       "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, "
       "metadata: {name: a}, spec: {containers: [{name: b}]}}\n-\n"
       "  apiVersion: v1\n  kind: Pod\n  metadata: {name: c}\n  spec:\n"
       "    containers: [{name: d}]\n    volumes:\n    - name: e\n"},
      {"list_in_a_list",
       "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n"
       "  items:\n  - apiVersion: v1\n    kind: Pod\n    metadata:\n"
       "      name: a\n    spec:\n      containers:\n      - name: b\n"},
      {"tabs_where_they_may_be",
       PodWith("  containers:\t\n  - name:\tmain\t# a\n\t\n    image: b\n")},
      {"spec_in_the_middle",
       "spec:\n  containers:\n  - name: main\n\n  # a\n\nkind: Pod\n"
       "metadata: {name: web}\napiVersion: v1\n"},
  };
  return all;
}

class AwkwardTest : public testing::TestWithParam<Awkward> {};

TEST_P(AwkwardTest, RemoveGivesItBackByteForByte) {
  EXPECT_EQ(Removed(Added(GetParam().text, Options())), GetParam().text);
}

TEST_P(AwkwardTest, InjectingTwiceIsInjectingOnce) {
  const std::string once = Added(GetParam().text, Options());
  EXPECT_EQ(Added(once, Options()), once);
}

INSTANTIATE_TEST_SUITE_P(Texts, AwkwardTest, testing::ValuesIn(All()),
                         [](const auto& test) { return test.param.name; });

TEST(CrlfTest, WhatGoesIntoAFileWithCrlfHasItToo) {
  const std::string result = Added(WithCrlf(kDeployment), Options());
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] == '\n') {
      ASSERT_TRUE(i > 0 && result[i - 1] == '\r') << "at " << i;
    }
  }
}

TEST(ScalarTest, WhatLooksLikeAnotherTypeStaysAsItWas) {
  const std::string result = Added(kDeployment);
  EXPECT_TRUE(Contains(
      result,
      R"({a: "true", b: '0123', c: "1e3", d: 1e3, e: 0123, f: ~, g: yes})"));
}

// The safety net itself: trees differ when quoting alone does.
TEST(TreeTest, AQuotedScalarIsNotAPlainOne) {
  EXPECT_NE(Manifest("a: \"true\"").tree(), Manifest("a: true").tree());
  EXPECT_NE(Manifest("a: '1'").tree(), Manifest("a: 1").tree());
  EXPECT_NE(Manifest("a: ''").tree(), Manifest("a:").tree());
  EXPECT_NE(Manifest("a: !!str 1").tree(), Manifest("a: 1").tree());
  EXPECT_NE(Manifest("[a, b]").tree(), Manifest("[b, a]").tree());
  EXPECT_EQ(Manifest("{a: [b]}").tree(), Manifest("a:\n- b # c\n").tree());
}

}  // namespace
}  // namespace inject
