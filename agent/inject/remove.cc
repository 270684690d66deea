// Finds what Add has put in, by where yaml-cpp says that our items begin, and
// cuts it out. Markers within a block scalar, of a ConfigMap for example, are
// no nodes and so are left alone.
#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "agent/inject/flow.h"
#include "agent/inject/inject.h"
#include "agent/inject/manifest.h"
#include "agent/inject/refusal.h"
#include "agent/inject/report.h"
#include "agent/inject/splice.h"

namespace inject {
namespace {

class Remover {
 public:
  explicit Remover(const Manifest& manifest)
      : manifest_(manifest), text_(manifest.text()) {}

  std::string Run() {
    for (const Workload& workload : FindWorkloads(manifest_)) {
      if (workload.pod_spec) TakeFromPod(*workload.pod_spec);
    }
    for (const Place& document : manifest_.documents()) TakeRole(document);
    std::string result = CutOut(text_.all(), cuts_);
    if (!cuts_.empty()) Verify(result);
    return result;
  }

 private:
  void TakeFromPod(const Place& pod) {
    TakeFromList(pod, "initContainers", kContainerName);
    TakeFromList(pod, "containers", kContainerName);
    TakeFromList(pod, "volumes", kVolumeName);
    const std::optional<Entry> containers = Find(pod, "containers");
    if (!containers) return;
    for (const Place& container : Items(containers->value)) {
      TakeFromList(container, "env", kUrlVariable);
    }
  }

  void TakeFromList(const Place& map, std::string_view key,
                    std::string_view name) {
    const std::optional<Entry> entry = Find(map, key);
    if (!entry) return;
    for (const Place& item : Items(entry->value)) {
      if (ScalarAt(item, {"name"}) != name) continue;
      const bool taken = entry->value.node.Style() == YAML::EmitterStyle::Flow
                             ? TakeFlowItem(*entry, item, name)
                             : TakeBlockItem(*entry, item);
      // LEADER_URL may well be the user's own.
      if (taken || name == kUrlVariable) continue;
      throw Refusal{item.line(),
                    std::string(name) + " is in " + std::string(key) +
                        ", but not as inject writes it; take it out by hand"};
    }
  }

  // Is the line before `offset` a begin marker?
  std::optional<std::size_t> MarkerBefore(std::size_t offset) const {
    const std::size_t line = text_.LineAt(offset);
    if (line == 0 || !Is(line - 1, kBeginMarker)) return std::nullopt;
    return line - 1;
  }

  bool Is(std::size_t line, std::string_view marker) const {
    std::string_view text = text_.Line(line);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text == marker;
  }

  void TakeRegion(std::size_t begin, const Path& path) {
    for (std::size_t i = begin + 1; i < text_.line_count(); ++i) {
      if (Is(i, kBeginMarker)) break;
      if (!Is(i, kEndMarker)) continue;
      cuts_.insert({text_.LineStart(begin), text_.LineStart(i + 1)});
      gone_.insert(path);
      return;
    }
    throw Refusal{static_cast<int>(begin) + 1,
                  "\"" + std::string(kBeginMarker) + "\" has no \"" +
                      std::string(kEndMarker) + "\" to go with it"};
  }

  bool TakeBlockItem(const Entry& entry, const Place& item) {
    if (const auto begin = MarkerBefore(item.offset())) {
      TakeRegion(*begin, item.path);
      return true;
    }
    const auto begin = MarkerBefore(entry.key.offset());
    if (!begin) return false;
    if (entry.value.node.size() > 1) {
      throw Refusal{entry.key.line(),
                    "the list of leader-elector has other items too; put them "
                    "before its begin marker, under a key of their own"};
    }
    TakeRegion(*begin, entry.key.path);
    return true;
  }

  bool EndsWith(std::size_t offset, std::string_view what) const {
    return text_.all().substr(0, offset).ends_with(what);
  }

  // There are no markers in JSON, so the blanks tell: nobody else writes a
  // blank before an item and none within it.
  bool TakeFlowItem(const Entry& entry, const Place& item,
                    std::string_view name) {
    const std::string_view all = text_.all();
    const std::string start = "{\"name\":\"" + std::string(name) + "\",";
    if (!all.substr(item.offset()).starts_with(start)) return false;
    const auto extent = FindFlowExtent(all, item.offset());
    if (!extent) return false;
    const Cut ours{item.offset(), extent->close + 1};
    const std::string key = ", \"" + entry.key.node.Scalar() + "\":[";
    if (EndsWith(ours.begin, key) && all.substr(ours.end).starts_with(']')) {
      cuts_.insert({ours.begin - key.size(), ours.end + 1});
      gone_.insert(entry.key.path);
      return true;
    }
    for (const std::string_view before : {", ", "[ "}) {
      if (!EndsWith(ours.begin, before)) continue;
      cuts_.insert({ours.begin - (before == ", " ? 2U : 1U), ours.end});
      gone_.insert(item.path);
      return true;
    }
    return false;
  }

  // The Roles and RoleBindings are one region: begin, "---", Role, ..., end.
  void TakeRole(const Place& document) {
    const std::size_t line = text_.LineAt(document.offset());
    if (!document.node.IsMap() || line < 2) return;
    if (text_.Line(line - 1) != "---" || !Is(line - 2, kBeginMarker)) return;
    TakeRegion(line - 2, document.path);
    const std::size_t end = cuts_.rbegin()->end;
    for (const Place& other : manifest_.documents()) {
      const bool inside =
          other.offset() > document.offset() && other.offset() < end;
      if (inside) gone_.insert(other.path);
    }
  }

  void Verify(const std::string& result) const {
    const Tree expected = Without(manifest_.tree(), gone_);
    if (Manifest(result).tree() == expected) return;
    throw Refusal{static_cast<int>(text_.LineAt(cuts_.begin()->begin)) + 1,
                  "what inject has put in here or further down was changed; "
                  "take it out by hand"};
  }

  const Manifest& manifest_;
  const Text& text_;
  std::set<Cut> cuts_;
  std::set<Path> gone_;
};

}  // namespace

base::Result<std::string> Remove(std::string_view text,
                                 const std::string& file) {
  return Reported(file, [&] {
    const Bom bom(text);
    return bom.prefix() + Remover(Manifest(bom.rest())).Run();
  });
}

}  // namespace inject
