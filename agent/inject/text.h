// A manifest as lines: where they begin, how they end, and where a block of
// YAML ends, which yaml-cpp does not tell. Text only; knows no YAML beyond
// indentation. Any thread.
#ifndef AGENT_INJECT_TEXT_H_
#define AGENT_INJECT_TEXT_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace inject {

class Text {
 public:
  // `text` must outlive this.
  explicit Text(std::string_view text);

  std::string_view all() const { return all_; }
  // "\r\n" if the first line ends so, else "\n".
  std::string_view newline() const { return newline_; }
  bool ends_with_newline() const { return all_.ends_with('\n'); }

  // Lines count from 0. A line that has no line break counts too, unless it is
  // empty and the last.
  std::size_t line_count() const { return starts_.size(); }
  std::size_t LineAt(std::size_t offset) const;
  // line_count(): the end of the text.
  std::size_t LineStart(std::size_t line) const;
  std::string_view Line(std::size_t line) const;  // Without its line break.
  bool HasDocumentMarker() const;                 // A line "---" or "...".
  // Bytes since the beginning of the line.
  std::size_t ColumnAt(std::size_t offset) const;

  // Behind the last line of the block map whose first key is at `first_key`.
  // Comments at the column of its keys or deeper count as part of it.
  std::size_t MapEnd(std::size_t first_key) const;
  // Behind the last line of the block list whose first '-' is at `first_dash`.
  // A comment at the very column of the '-' may belong to what follows: only
  // deeper ones count.
  std::size_t ListEnd(std::size_t first_dash) const;

 private:
  std::size_t BlockEnd(std::size_t first, bool is_list) const;

  std::string_view all_;
  std::string_view newline_ = "\n";
  std::vector<std::size_t> starts_;
};

}  // namespace inject

#endif  // AGENT_INJECT_TEXT_H_
