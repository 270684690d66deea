// What a manifest says, without where and how it is written: to tell whether
// two texts say the same. Plain data, any thread.
#ifndef AGENT_INJECT_TREE_H_
#define AGENT_INJECT_TREE_H_

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace inject {

// From the documents down: the number of a document, of an item, or of a key
// (an even number) or its value (the next one).
using Path = std::vector<std::size_t>;

struct Tree {
  YAML::NodeType::value type = YAML::NodeType::Null;
  std::string tag;   // "!" for what is quoted: "true" is not true.
  std::string text;  // Of a scalar.
  std::vector<Tree> children;

  bool operator==(const Tree&) const = default;
};

// Its children are the documents. What is nested without end, or has more than
// `max_nodes` because aliases stand for much, throws Refusal.
Tree MakeTree(const std::vector<YAML::Node>& documents, std::size_t max_nodes);

Tree& At(Tree& root, const Path& path);

// Without the items, documents and keys (with their values) at these paths.
Tree Without(const Tree& root, const std::set<Path>& paths);

}  // namespace inject

#endif  // AGENT_INJECT_TREE_H_
