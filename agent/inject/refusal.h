// Why a manifest is not touched. Thrown inside this folder only: add.cc and
// remove.cc make a base::Error of it.
#ifndef AGENT_INJECT_REFUSAL_H_
#define AGENT_INJECT_REFUSAL_H_

#include <yaml-cpp/yaml.h>

#include <string>

namespace inject {

struct Refusal {
  int line = 0;      // From 1; 0: none in particular.
  std::string what;  // What was found; what was wanted.
};

inline int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

}  // namespace inject

#endif  // AGENT_INJECT_REFUSAL_H_
