// Makes text that others wrote fit for a sentence: it goes into a log, a JSON
// body and onto terminals.
#ifndef K8S_ONE_LINE_H_
#define K8S_ONE_LINE_H_

#include <string>
#include <string_view>

namespace k8s {

// Control characters become spaces, none are left at the ends, and what is
// longer than `most` bytes ends in "...".
std::string OneLine(std::string_view text, std::size_t most);

}  // namespace k8s

#endif  // K8S_ONE_LINE_H_
