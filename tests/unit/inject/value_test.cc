#include "agent/inject/value.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace inject {
namespace {

std::string Line(const std::string& text) {
  return WriteBlock(Value::Text(text), 0, "");
}

TEST(ValueTest, BlockStyleNestsByTwo) {
  const Value value =
      Value::Map({{"list", Value::List({Value::Map({{"name", Value::Text("a")},
                                                    {"on", Value::Bool(true)}}),
                                        Value::Number(3)})}});
  EXPECT_EQ(WriteBlock(value, 4, "\n"),
            "    list:\n"
            "      - name: a\n"
            "        on: true\n"
            "      - 3\n");
}

TEST(ValueTest, FlowStyleIsJsonWithoutBlanks) {
  const Value value = Value::Map(
      {{"a", Value::List({Value::Text("b\"\\\n"), Value::Bool(false)})},
       {"c", Value::Map({})},
       {"d", Value::List({})}});
  EXPECT_EQ(WriteFlow(value), R"({"a":["b\"\\\u000a",false],"c":{},"d":[]})");
}

TEST(ValueTest, AShortListOfWordsStaysOnItsLine) {
  const Value value = Value::Map({{"verbs", Value::TextList({"get", "put"})}});
  EXPECT_EQ(WriteBlock(value, 0, "\n"), "verbs: [get, put]\n");
}

TEST(ValueTest, AListBeyondEightyColumnsIsBroken) {
  const Value value = Value::Map({{"a", Value::TextList({"b", "c"})}});
  EXPECT_EQ(WriteBlock(value, 71, ""), std::string(71, ' ') + "a: [b, c]");
  EXPECT_EQ(WriteBlock(value, 72, "\n").find('['), std::string::npos);
}

TEST(ValueTest, TextsThatYamlTakesForSomethingElseAreQuoted) {
  for (const std::string text :
       {"true",  "No",    "y",  "null", "~",   "0123",       "1e3",  "0x1f",
        "1_000", "12:30", "",   "-",    "- a", "a: b",       "a #b", "a,b",
        "*a",    "&a",    "@a", "a:",   "=",   "2026-01-02", "1.5",  ".5",
        "[a]",   "{a}",   "!a", "%a",   "a b"}) {
    EXPECT_EQ(Line(text), "\"" + text + "\"");
  }
}

TEST(ValueTest, OtherTextsAreNot) {
  for (const std::string text :
       {"web", "10m", "16Mi", "http://127.0.0.1:4040/leader", "/var/run",
        "--lease-name=web", "kube-root-ca.crt", "a.io/b@sha256:01ab"}) {
    EXPECT_EQ(Line(text), text);
  }
}

}  // namespace
}  // namespace inject
