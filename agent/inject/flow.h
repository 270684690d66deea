// Finds its way in flow style: JSON, `[]`, `{name: a}`. Knows quotes, comments
// and brackets, nothing of what they mean. Any thread.
#ifndef AGENT_INJECT_FLOW_H_
#define AGENT_INJECT_FLOW_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace inject {

struct FlowExtent {
  std::size_t open;   // The '[' or '{'.
  std::size_t last;   // Behind the last character inside that is neither blank
                      // nor comment; behind `open` if there is none.
  std::size_t close;  // The matching ']' or '}'.

  bool empty() const { return last == open + 1; }
};

// `open` is the offset of a '[' or '{'. Nothing if no bracket matches it.
std::optional<FlowExtent> FindFlowExtent(std::string_view text,
                                         std::size_t open);

// From where a node begins to where its content does: anchors, tags, blanks and
// comments are skipped.
std::size_t SkipProperties(std::string_view text, std::size_t offset);

}  // namespace inject

#endif  // AGENT_INJECT_FLOW_H_
