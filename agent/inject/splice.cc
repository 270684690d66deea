#include "agent/inject/splice.h"

#include <algorithm>
#include <utility>

namespace inject {

std::string Insert(std::string_view text,
                   const std::vector<Insertion>& insertions) {
  std::vector<const Insertion*> order;
  std::set<std::pair<std::size_t, std::string_view>> known;
  for (const Insertion& insertion : insertions) {
    if (known.emplace(insertion.offset, insertion.text).second) {
      order.push_back(&insertion);
    }
  }
  std::stable_sort(
      order.begin(), order.end(), [](const Insertion* a, const Insertion* b) {
        return a->offset != b->offset ? a->offset < b->offset
                                      : a->path.size() > b->path.size();
      });
  std::string out;
  std::size_t at = 0;
  for (const Insertion* insertion : order) {
    out += text.substr(at, insertion->offset - at);
    out += insertion->text;
    at = insertion->offset;
  }
  out += text.substr(at);
  return out;
}

std::string CutOut(std::string_view text, const std::set<Cut>& cuts) {
  std::vector<Cut> merged;
  for (const Cut& cut : cuts) {
    if (!merged.empty() && cut.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, cut.end);
    } else {
      merged.push_back(cut);
    }
  }
  std::string out;
  std::size_t at = 0;
  for (const Cut& cut : merged) {
    out += text.substr(at, cut.begin - at);
    at = cut.end;
    if (cut.end < text.size() || text.ends_with('\n')) continue;
    if (out.ends_with('\n')) out.pop_back();
    if (out.ends_with('\r')) out.pop_back();
  }
  out += text.substr(at);
  return out;
}

}  // namespace inject
