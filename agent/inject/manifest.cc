#include "agent/inject/manifest.h"

#include <algorithm>
#include <array>

#include "agent/inject/refusal.h"
#include "agent/runtime/quote.h"

namespace inject {
namespace {

// YAML has no control characters, and yaml-cpp takes one of them for the end of
// the file.
void RefuseControlCharacters(const Text& text) {
  const std::string_view all = text.all();
  const auto found = std::find_if(all.begin(), all.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  });
  if (found == all.end()) return;
  const auto offset = static_cast<std::size_t>(found - all.begin());
  throw Refusal{static_cast<int>(text.LineAt(offset)) + 1,
                "there is a control character; it must be YAML or JSON in "
                "UTF-8"};
}

std::vector<YAML::Node> Load(std::string_view text) {
  try {
    return YAML::LoadAll(std::string(text));
  } catch (const YAML::Exception& e) {
    // e.msg names the fault of the syntax, not the text it was found in.
    throw Refusal{e.mark.is_null() ? 0 : e.mark.line + 1,
                  "it is not YAML: " + runtime::Printable(e.msg)};
  }
}

constexpr std::size_t kNodesByAlias = 10'000;

struct Kind {
  std::string_view name;
  std::string_view group;  // "": the core, whose apiVersion is "v1".
  std::initializer_list<std::string_view> pod_spec;
};

// A Job of another group is something else.
const std::array<Kind, 6>& Kinds() {
  static const std::array<Kind, 6> kinds{{
      {"Pod", "", {"spec"}},
      {"Deployment", "apps", {"spec", "template", "spec"}},
      {"StatefulSet", "apps", {"spec", "template", "spec"}},
      {"DaemonSet", "apps", {"spec", "template", "spec"}},
      {"Job", "batch", {"spec", "template", "spec"}},
      {"CronJob", "batch", {"spec", "jobTemplate", "spec", "template", "spec"}},
  }};
  return kinds;
}

std::string_view GroupOf(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? "" : api_version.substr(0, slash);
}

void Collect(const Place& object, std::vector<Place>& objects) {
  objects.push_back(object);
  if (ScalarAt(object, {"kind"}) != "List") return;
  if (ScalarAt(object, {"apiVersion"}) != "v1") return;
  const std::optional<Entry> items = Find(object, "items");
  if (!items) return;
  for (const Place& item : Items(items->value)) Collect(item, objects);
}

Workload MakeWorkload(const Place& object, const Kind& kind) {
  Workload workload{std::string(kind.name),
                    ScalarAt(object, {"metadata", "name"}),
                    ScalarAt(object, {"metadata", "namespace"}),
                    object.line(),
                    {},
                    FindDown(object, kind.pod_spec)};
  if (const auto metadata = Find(object, "metadata")) {
    workload.way.push_back(metadata->value);
  }
  Place place = object;
  for (const std::string_view key : kind.pod_spec) {
    const std::optional<Entry> entry = Find(place, key);
    if (!entry) break;
    place = entry->value;
    workload.way.push_back(place);
  }
  return workload;
}

}  // namespace

std::optional<Entry> Find(const Place& map, std::string_view key) {
  if (!map.node.IsMap()) return std::nullopt;
  std::size_t i = 0;
  for (const auto& entry : map.node) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) {
      Entry found{{entry.first, map.path}, {entry.second, map.path}};
      found.key.path.push_back(i);
      found.value.path.push_back(i + 1);
      return found;
    }
    i += 2;
  }
  return std::nullopt;
}

std::optional<Place> FindDown(const Place& map,
                              std::initializer_list<std::string_view> keys) {
  Place place = map;
  for (const std::string_view key : keys) {
    const std::optional<Entry> entry = Find(place, key);
    if (!entry) return std::nullopt;
    place = entry->value;
  }
  return place;
}

std::string ScalarAt(const Place& map,
                     std::initializer_list<std::string_view> keys) {
  const std::optional<Place> place = FindDown(map, keys);
  return place && place->node.IsScalar() ? place->node.Scalar() : "";
}

std::vector<Place> Items(const Place& list) {
  std::vector<Place> items;
  if (!list.node.IsSequence()) return items;
  for (const auto& item : list.node) {
    Place place{item, list.path};
    place.path.push_back(items.size());
    items.push_back(std::move(place));
  }
  return items;
}

Manifest::Manifest(std::string_view text) : text_(text) {
  RefuseControlCharacters(text_);
  const std::vector<YAML::Node> nodes = Load(text);
  // A node takes a byte or more, unless an alias stands for it.
  tree_ = MakeTree(nodes, text.size() + kNodesByAlias);
  for (const YAML::Node& node : nodes) {
    documents_.push_back({node, {documents_.size()}});
  }
}

std::string Workload::Title() const {
  return kind + (name.empty() ? "" : " " + runtime::Shown(name)) + " in line " +
         std::to_string(line);
}

std::vector<Place> FindObjects(const Manifest& manifest) {
  std::vector<Place> objects;
  for (const Place& document : manifest.documents()) {
    Collect(document, objects);
  }
  return objects;
}

std::vector<Workload> FindWorkloads(const Manifest& manifest) {
  std::vector<Workload> workloads;
  for (const Place& object : FindObjects(manifest)) {
    const std::string kind = ScalarAt(object, {"kind"});
    const std::string api_version = ScalarAt(object, {"apiVersion"});
    for (const Kind& known : Kinds()) {
      if (kind != known.name || GroupOf(api_version) != known.group) continue;
      workloads.push_back(MakeWorkload(object, known));
    }
  }
  return workloads;
}

}  // namespace inject
