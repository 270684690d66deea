#include "tests/demo/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace demo {
namespace {

constexpr char kHideCursor[] = "\033[?25l";
constexpr char kShowCursor[] = "\033[?25h";
constexpr char kEraseBelow[] = "\r\033[J";
constexpr char kPlainText[] = "\033[0m";

bool IsTerminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && term != nullptr &&
         std::string_view(term) != "dumb";
}

// See no-color.org.
bool WantsColours() {
  const char* refused = std::getenv("NO_COLOR");
  return refused == nullptr || *refused == '\0';
}

// A line that wraps would put the table out of its place.
std::size_t Columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 80;
  }
  return size.ws_col;
}

const char* Code(Paint paint) {
  switch (paint) {
    case Paint::kPlain:
      return "";
    case Paint::kBold:
      return "\033[1m";
    case Paint::kDim:
      return "\033[2m";
    case Paint::kGood:
      return "\033[1;32m";
    case Paint::kWarning:
      return "\033[33m";
    case Paint::kBad:
      return "\033[31m";
  }
  return "";
}

}  // namespace

Screen::Screen() : live_(IsTerminal()), colours_(live_ && WantsColours()) {
  if (live_) Write(kHideCursor);
}

Screen::~Screen() {
  if (live_) Write(TakeTableAway() + kShowCursor);
}

void Screen::Say(const std::string& text, Paint paint) {
  const std::string away = TakeTableAway();
  Write(away + Painted(text, paint) + "\n");
  Draw(table_);
}

void Screen::Tell(base::Instant at, const std::string& text, Paint paint) {
  std::array<char, 32> stamp{};
  std::snprintf(stamp.data(), stamp.size(), "%7.3f s  ",
                base::ToSeconds(at - zero_));
  Say(stamp.data() + text, paint);
}

void Screen::Draw(const std::vector<TableLine>& table) {
  if (!live_) return;
  std::string bytes = TakeTableAway();
  const std::size_t width = Columns() - 1;
  table_ = table;
  for (const TableLine& line : table_) {
    bytes += Painted(line.text.substr(0, width), line.paint) + "\n";
  }
  drawn_lines_ = table_.size();
  Write(bytes);
}

std::string Screen::TakeTableAway() {
  if (drawn_lines_ == 0) return "";
  const std::string up = "\033[" + std::to_string(drawn_lines_) + "A";
  drawn_lines_ = 0;
  return up + kEraseBelow;
}

std::string Screen::Painted(const std::string& text, Paint paint) const {
  const std::string code = colours_ ? Code(paint) : "";
  return code.empty() ? text : code + text + kPlainText;
}

// A reader that has gone away does not keep us from cleaning up.
void Screen::Write(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t n = write(STDOUT_FILENO, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace demo
