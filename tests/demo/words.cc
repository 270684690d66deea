#include "tests/demo/words.h"

#include <array>
#include <cstdio>

namespace demo {

std::string InWords(base::Duration duration) {
  std::array<char, 32> text{};
  if (duration < std::chrono::milliseconds(500)) {
    const double ms = base::ToSeconds(duration) * 1000;
    std::snprintf(text.data(), text.size(), "%.*f ms", ms < 9.95 ? 1 : 0, ms);
  } else {
    std::snprintf(text.data(), text.size(), "%.2f s",
                  base::ToSeconds(duration));
  }
  return text.data();
}

std::string WithCommas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string Padded(std::string text, std::size_t width) {
  text.resize(width, ' ');
  return text;
}

}  // namespace demo
