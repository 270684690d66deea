// What the person sees. On a terminal: the story, and below it a table that is
// drawn anew in place. Elsewhere: the story alone, one line a change, with no
// colours. Knows nothing of elections. Thread: `main`.
#ifndef TESTS_DEMO_SCREEN_H_
#define TESTS_DEMO_SCREEN_H_

#include <string>
#include <vector>

#include "agent/base/time.h"

namespace demo {

enum class Paint { kPlain, kBold, kDim, kGood, kWarning, kBad };

struct TableLine {
  std::string text;  // At most 79 characters of ASCII.
  Paint paint = Paint::kPlain;
};

class Screen {
 public:
  // Looks whether standard output is a terminal.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  bool live() const { return live_; }

  // Times of the story count from here.
  void StartClock(base::Instant at) { zero_ = at; }
  void Say(const std::string& text, Paint paint = Paint::kPlain);
  void Tell(base::Instant at, const std::string& text,
            Paint paint = Paint::kPlain);
  // Does nothing unless live. No lines: takes the table away.
  void Draw(const std::vector<TableLine>& table);

 private:
  std::string Painted(const std::string& text, Paint paint) const;
  std::string TakeTableAway();
  void Write(const std::string& bytes);

  const bool live_;
  const bool colours_;
  base::Instant zero_;
  std::vector<TableLine> table_;
  std::size_t drawn_lines_ = 0;
};

}  // namespace demo

#endif  // TESTS_DEMO_SCREEN_H_
