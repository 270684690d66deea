#include "agent/inject/tree.h"

#include "agent/inject/refusal.h"

namespace inject {
namespace {

constexpr int kMaxDepth = 200;

class Maker {
 public:
  explicit Maker(std::size_t max_nodes) : left_(max_nodes) {}

  Tree Make(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth || left_ == 0) {
      throw Refusal{LineOf(node),
                    "this is nested too deeply, or aliases make it too large"};
    }
    --left_;
    Tree tree{node.Type(), node.Tag(), "", {}};
    if (node.IsScalar()) tree.text = node.Scalar();
    if (node.IsSequence()) {
      for (const auto& item : node) {
        tree.children.push_back(Make(item, depth + 1));
      }
    } else if (node.IsMap()) {
      for (const auto& entry : node) {
        tree.children.push_back(Make(entry.first, depth + 1));
        tree.children.push_back(Make(entry.second, depth + 1));
      }
    }
    return tree;
  }

 private:
  std::size_t left_;
};

// `path` is that of `tree`.
void Prune(Tree& tree, const std::set<Path>& paths, Path& path) {
  std::vector<Tree> kept;
  const std::size_t step = tree.type == YAML::NodeType::Map ? 2 : 1;
  for (std::size_t i = 0; i < tree.children.size(); ++i) {
    path.push_back(i);
    if (paths.contains(path)) {
      i += step - 1;
    } else {
      Prune(tree.children[i], paths, path);
      kept.push_back(std::move(tree.children[i]));
    }
    path.pop_back();
  }
  tree.children = std::move(kept);
}

}  // namespace

Tree MakeTree(const std::vector<YAML::Node>& documents, std::size_t max_nodes) {
  Maker maker(max_nodes);
  Tree root{YAML::NodeType::Sequence, "", "", {}};
  for (const YAML::Node& document : documents) {
    root.children.push_back(maker.Make(document, 0));
  }
  return root;
}

Tree& At(Tree& root, const Path& path) {
  Tree* tree = &root;
  for (const std::size_t step : path) tree = &tree->children.at(step);
  return *tree;
}

Tree Without(const Tree& root, const std::set<Path>& paths) {
  Tree tree = root;
  Path path;
  Prune(tree, paths, path);
  return tree;
}

}  // namespace inject
