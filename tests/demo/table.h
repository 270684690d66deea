// The live table: who leads, with which token, and for how much longer. Values
// in, lines out.
#ifndef TESTS_DEMO_TABLE_H_
#define TESTS_DEMO_TABLE_H_

#include <array>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "tests/demo/agent.h"
#include "tests/demo/chronicle.h"
#include "tests/demo/screen.h"

namespace demo {

using Lives = std::array<Agent::Life, kAgents>;

// Always the same number of lines.
std::vector<TableLine> TableOf(const std::string& act, const SeenAll& seen,
                               const Lives& lives, base::Instant now);

}  // namespace demo

#endif  // TESTS_DEMO_TABLE_H_
