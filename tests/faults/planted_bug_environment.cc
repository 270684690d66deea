// Linked into the agent with planted bugs only: the environment says which one
// is in force, before main and any thread.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "agent/election/planted_bug.h"

namespace {

election::Bug FromEnvironment() {
  const char* name = std::getenv("PLANTED_BUG");
  if (name == nullptr) return election::Bug::kNone;
  for (int i = 0; i <= static_cast<int>(election::Bug::kLast); ++i) {
    const auto bug = static_cast<election::Bug>(i);
    if (std::string_view(election::NameOf(bug)) == name) return bug;
  }
  std::fprintf(stderr, "no planted bug is called %s\n", name);
  std::abort();
}

[[maybe_unused]] const bool kPlanted = [] {
  election::planted_bug = FromEnvironment();
  return true;
}();

}  // namespace
