#include "agent/runtime/suggest.h"

#include <algorithm>
#include <cctype>

namespace runtime {
namespace {

std::string Letters(std::string_view word) {
  // A name longer than this is no slip of the finger; it would cost time.
  constexpr std::size_t kLongest = 100;
  std::string letters;
  for (const char c : word.substr(0, kLongest)) {
    if (c == '-' || c == '_') continue;
    letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

// How many letters to insert, drop, change or swap with the next to get from
// `a` to `b` (optimal string alignment).
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Nearest(std::string_view word,
                    const std::vector<std::string>& known) {
  const std::string letters = Letters(word);
  if (letters.size() < 2) return "";
  const std::size_t limit = std::max<std::size_t>(1, letters.size() / 3);
  std::string nearest;
  std::size_t shortest = limit + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = Distance(letters, Letters(candidate));
    if (distance < shortest) {
      shortest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

}  // namespace runtime
