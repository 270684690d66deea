#include "agent/inject/flow.h"

namespace inject {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Each function takes the offset where something begins and returns the one
// behind it.
std::size_t SkipComment(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == kNone ? text.size() : end;
}

std::size_t SkipWord(std::string_view text, std::size_t at) {
  while (at < text.size() && !IsBlank(text[at]) &&
         std::string_view(",[]{}").find(text[at]) == kNone) {
    ++at;
  }
  return at;
}

std::size_t SkipDoubleQuoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

std::size_t SkipSingleQuoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] != '\'') continue;
    if (at + 1 == text.size() || text[at + 1] != '\'') break;
    ++at;
  }
  return at + 1;
}

// A quote or '#' within it has no meaning: it's, a#b.
std::size_t SkipPlain(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (std::string_view(",[]{}").find(c) != kNone) return at;
    const bool ends_word =
        at + 1 == text.size() || IsBlank(text[at + 1]) ||
        std::string_view(",[]{}").find(text[at + 1]) != kNone;
    if (c == ':' && ends_word) return at;
    if (IsBlank(c) && at + 1 < text.size() && text[at + 1] == '#') return at;
    ++at;
  }
  return at;
}

}  // namespace

std::optional<FlowExtent> FindFlowExtent(std::string_view text,
                                         std::size_t open) {
  FlowExtent extent{open, open + 1, open};
  int depth = 0;
  std::size_t at = open;
  while (at < text.size()) {
    const char c = text[at];
    std::size_t end = at + 1;
    if (IsBlank(c)) {
      at = end;
      continue;
    }
    if (c == '#') {
      at = SkipComment(text, at);
      continue;
    }
    if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (--depth == 0) {
        extent.close = at;
        return extent;
      }
    } else if (c == '"') {
      end = SkipDoubleQuoted(text, at);
    } else if (c == '\'') {
      end = SkipSingleQuoted(text, at);
    } else if (c == '&' || c == '*' || c == '!') {
      end = SkipWord(text, at);
    } else if (c != ',' && c != ':') {
      end = SkipPlain(text, at);
      while (end > at && IsBlank(text[end - 1])) --end;
    }
    extent.last = end;
    at = end;
  }
  return std::nullopt;
}

std::size_t SkipProperties(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    const char c = text[offset];
    if (IsBlank(c)) {
      ++offset;
    } else if (c == '#') {
      offset = SkipComment(text, offset);
    } else if (c == '&' || c == '!') {
      offset = SkipWord(text, offset);
    } else {
      break;
    }
  }
  return offset;
}

}  // namespace inject
