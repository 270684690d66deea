// "Did you mean ...?": the known name that is nearest to a mistyped one.
// Stateless, any thread.
#ifndef AGENT_RUNTIME_SUGGEST_H_
#define AGENT_RUNTIME_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace runtime {

// The nearest of `known`, or "" if none is near. Letters are compared without
// case and without `-` and `_`, so that lease_duration finds leaseDuration.
std::string Nearest(std::string_view word,
                    const std::vector<std::string>& known);

// "; did you mean leaseDuration?", or "".
std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& known);

}  // namespace runtime

#endif  // AGENT_RUNTIME_SUGGEST_H_
