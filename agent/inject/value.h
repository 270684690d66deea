// A piece of a manifest that we write, and its two spellings: block style at an
// indentation, and JSON on one line. Plain data, any thread.
#ifndef AGENT_INJECT_VALUE_H_
#define AGENT_INJECT_VALUE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace inject {

struct Field;

struct Value {
  enum class Kind { kText, kBare, kList, kMap };

  Kind kind = Kind::kText;
  std::string text;           // kText, kBare.
  std::vector<Value> items;   // kList.
  std::vector<Field> fields;  // kMap, in this order.

  static Value Text(std::string_view text);
  static Value Number(int number);
  static Value Bool(bool value);
  static Value List(std::vector<Value> items);
  static Value Map(std::vector<Field> fields);
  static Value TextList(const std::vector<std::string>& texts);
};

struct Field {
  std::string key;
  Value value;
};

// Lines with a break after each, indented by `indent` spaces. Texts that YAML
// could take for something else are quoted.
std::string WriteBlock(const Value& value, std::size_t indent,
                       std::string_view newline);

// No blanks: {"name":"web"}.
std::string WriteFlow(const Value& value);

}  // namespace inject

#endif  // AGENT_INJECT_VALUE_H_
