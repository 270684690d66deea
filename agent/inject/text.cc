#include "agent/inject/text.h"

#include <algorithm>

namespace inject {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool IsDocumentMarker(std::string_view line) {
  return (line.starts_with("---") || line.starts_with("...")) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t');
}

// "- x" and "-", but not "-x".
bool IsListItem(std::string_view content) {
  return content.starts_with('-') &&
         (content.size() == 1 || content[1] == ' ' || content[1] == '\t');
}

}  // namespace

Text::Text(std::string_view text) : all_(text) {
  std::size_t start = 0;
  while (start < all_.size()) {
    starts_.push_back(start);
    const std::size_t end = all_.find('\n', start);
    if (end == kNone) break;
    start = end + 1;
  }
  const std::size_t first = all_.find('\n');
  if (first != kNone && first > 0 && all_[first - 1] == '\r') {
    newline_ = "\r\n";
  }
}

std::size_t Text::LineAt(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return after == starts_.begin()
             ? 0
             : static_cast<std::size_t>(after - starts_.begin()) - 1;
}

std::size_t Text::LineStart(std::size_t line) const {
  return line < starts_.size() ? starts_[line] : all_.size();
}

std::string_view Text::Line(std::size_t line) const {
  std::string_view text =
      all_.substr(LineStart(line), LineStart(line + 1) - LineStart(line));
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool Text::HasDocumentMarker() const {
  for (std::size_t i = 0; i < line_count(); ++i) {
    if (IsDocumentMarker(Line(i))) return true;
  }
  return false;
}

std::size_t Text::ColumnAt(std::size_t offset) const {
  return offset - LineStart(LineAt(offset));
}

std::size_t Text::MapEnd(std::size_t first_key) const {
  return BlockEnd(first_key, /*is_list=*/false);
}

std::size_t Text::ListEnd(std::size_t first_dash) const {
  return BlockEnd(first_dash, /*is_list=*/true);
}

// A line that begins a comment may also be content of a block scalar. Those are
// deeper than the block that they are in, and so belong to it either way.
std::size_t Text::BlockEnd(std::size_t first, bool is_list) const {
  const std::size_t column = ColumnAt(first);
  std::size_t last = LineAt(first);
  for (std::size_t i = last + 1; i < line_count(); ++i) {
    const std::string_view line = Line(i);
    if (line.find_first_not_of(" \t") == kNone) continue;
    if (IsDocumentMarker(line)) break;
    const std::size_t indent = line.find_first_not_of(' ');
    const bool inside = is_list ? indent > column : indent >= column;
    if (line[indent] == '#') {
      if (inside) last = i;
      continue;
    }
    if (!inside &&
        !(is_list && indent == column && IsListItem(line.substr(indent)))) {
      break;
    }
    last = i;
  }
  return LineStart(last + 1);
}

}  // namespace inject
