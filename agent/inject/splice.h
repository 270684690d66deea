// Puts text into a text and takes text out of it. Text only, any thread.
#ifndef AGENT_INJECT_SPLICE_H_
#define AGENT_INJECT_SPLICE_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/inject/tree.h"

namespace inject {

struct Insertion {
  std::size_t offset = 0;
  std::string text;
  Path path;                // Of the list or map that gets longer.
  std::vector<Tree> added;  // What it gets: an item, or a key and its value.
  int line = 0;             // For an error, from 1.
  std::string name;         // "initContainers", for an error.
};

// Where several meet, those with the longer path come first, since what is
// nested ends first. What an alias makes us want twice is put in once.
std::string Insert(std::string_view text,
                   const std::vector<Insertion>& insertions);

struct Cut {
  std::size_t begin = 0;
  std::size_t end = 0;

  auto operator<=>(const Cut&) const = default;
};

// Cuts that touch become one. One that reaches the end of a text without a line
// break there takes the line break before it instead.
std::string CutOut(std::string_view text, const std::set<Cut>& cuts);

}  // namespace inject

#endif  // AGENT_INJECT_SPLICE_H_
