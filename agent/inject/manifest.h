// A manifest as text and as what yaml-cpp reads in it, and the ways from a node
// to what stands under it. Marks of nodes are offsets into the text. What it
// throws is Refusal. Any thread; `text` must outlive it.
#ifndef AGENT_INJECT_MANIFEST_H_
#define AGENT_INJECT_MANIFEST_H_

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/inject/text.h"
#include "agent/inject/tree.h"

namespace inject {

// Begin and end of what we put in, each on a line of its own, indented.
inline constexpr std::string_view kBeginMarker = "# leader-elector: begin";
inline constexpr std::string_view kEndMarker = "# leader-elector: end";

struct Place {
  Place(YAML::Node a_node, Path a_path)
      : node(std::move(a_node)), path(std::move(a_path)) {}
  Place(const Place&) = default;
  // yaml-cpp's own assignment changes the document.
  Place& operator=(const Place& other) {
    node.reset(other.node);
    path = other.path;
    return *this;
  }

  YAML::Node node;
  Path path;

  std::size_t offset() const {
    return static_cast<std::size_t>(node.Mark().pos);
  }
  int line() const { return node.Mark().line + 1; }
};

struct Entry {
  Place key;
  Place value;
};

// The first entry of that name; nothing if `map` is no map or has none.
std::optional<Entry> Find(const Place& map, std::string_view key);
// The same, further down: "metadata", "name".
std::optional<Place> FindDown(const Place& map,
                              std::initializer_list<std::string_view> keys);
// "" if it is not there or no scalar.
std::string ScalarAt(const Place& map,
                     std::initializer_list<std::string_view> keys);
// None if `list` is no list.
std::vector<Place> Items(const Place& list);

class Manifest {
 public:
  explicit Manifest(std::string_view text);

  const Text& text() const { return text_; }
  const std::vector<Place>& documents() const { return documents_; }
  const Tree& tree() const { return tree_; }

 private:
  Text text_;
  std::vector<Place> documents_;
  Tree tree_;
};

// An object with a pod in it.
struct Workload {
  std::string kind;
  std::string name;        // "" if there is none.
  std::string name_space;  // "" if there is none.
  int line = 0;
  // metadata, and what is passed from the object down to the pod spec, which is
  // the last.
  std::vector<Place> way;
  std::optional<Place> pod_spec;  // Nothing: it is missing.

  std::string Title() const;  // "Deployment web in line 3".
};

// All documents, and what is in a List.
std::vector<Place> FindObjects(const Manifest& manifest);
// Pod, Deployment, StatefulSet, DaemonSet, Job, CronJob, alone or in a List.
std::vector<Workload> FindWorkloads(const Manifest& manifest);

}  // namespace inject

#endif  // AGENT_INJECT_MANIFEST_H_
