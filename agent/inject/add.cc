// Plans what goes where, puts it in, and reads the result again.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/inject/flow.h"
#include "agent/inject/inject.h"
#include "agent/inject/manifest.h"
#include "agent/inject/pod_check.h"
#include "agent/inject/refusal.h"
#include "agent/inject/report.h"
#include "agent/inject/splice.h"

namespace inject {
namespace {

std::string Json(std::string_view text) { return WriteFlow(Value::Text(text)); }

class Adder {
 public:
  Adder(const Manifest& manifest, const Options& options)
      : manifest_(manifest), text_(manifest.text()), options_(options) {}

  std::string Run() {
    CheckObjects(FindObjects(manifest_));
    const std::vector<Workload> workloads = FindWorkloads(manifest_);
    const std::vector<Election> elections = CheckWorkloads(workloads, options_);
    for (std::size_t i = 0; i < workloads.size(); ++i) {
      AddToPod(*workloads[i].pod_spec, elections[i]);
    }
    const std::string roles = Roles(elections);
    if (options_.rbac == Rbac::kAppend) AppendRoles(roles);
    std::string result = Insert(text_.all(), insertions_);
    Verify(result);
    return options_.rbac == Rbac::kOnly ? roles : result;
  }

 private:
  void AddToPod(const Place& pod, const Election& election) {
    const SidecarOptions& sidecar = options_.sidecar;
    // The last of the init containers: it must not lead while others run for
    // minutes before the main container starts.
    AddItem(pod, sidecar.classic ? "containers" : "initContainers",
            SidecarContainer(sidecar, election.lease_name));
    AddItem(pod, "volumes", TokenVolume());
    for (const Place& container : Items(Find(pod, "containers")->value)) {
      if (!HasItem(container, "env", kUrlVariable)) {
        AddItem(container, "env", UrlVariable(sidecar));
      }
    }
  }

  static bool HasItem(const Place& map, std::string_view key,
                      std::string_view name) {
    const std::optional<Entry> entry = Find(map, key);
    if (!entry) return false;
    const std::vector<Place> items = Items(entry->value);
    return std::any_of(items.begin(), items.end(), [&](const Place& item) {
      return ScalarAt(item, {"name"}) == name;
    });
  }

  // To the list `key` of `map`, which is made if it is not there.
  void AddItem(const Place& map, const std::string& key, const Value& item) {
    const std::optional<Entry> entry = Find(map, key);
    if (entry) {
      CheckList(*entry);
      if (entry->value.node.Style() == YAML::EmitterStyle::Flow) {
        AddToFlowList(*entry, item);
      } else {
        AddToBlockList(*entry, item);
      }
    } else if (map.node.Style() == YAML::EmitterStyle::Flow) {
      AddToFlowMap(map, key, item);
    } else {
      AddToBlockMap(map, key, item);
    }
  }

  void AddToBlockList(const Entry& entry, const Value& item) {
    const std::size_t dash = SkipProperties(text_.all(), entry.value.offset());
    const std::size_t column = text_.ColumnAt(dash);
    const std::string lines =
        WriteBlock(Value::List({item}), column, text_.newline());
    const std::size_t end = text_.ListEnd(dash);
    insertions_.push_back({end, Marked(end, column, lines), entry.value.path,
                           ChildrenOf(lines), entry.key.line(),
                           entry.key.node.Scalar()});
  }

  void AddToBlockMap(const Place& map, const std::string& key,
                     const Value& item) {
    const Place first(map.node.begin()->first, map.path);
    const std::size_t column = text_.ColumnAt(first.offset());
    const std::string lines = WriteBlock(
        Value::Map({{key, Value::List({item})}}), column, text_.newline());
    const std::size_t end = text_.MapEnd(first.offset());
    insertions_.push_back({end, Marked(end, column, lines), map.path,
                           ChildrenOf(lines), map.line(), key});
  }

  // Between markers; and with a line break before it instead of behind it where
  // the file has none at its end.
  std::string Marked(std::size_t offset, std::size_t indent,
                     const std::string& lines) const {
    const std::string newline(text_.newline());
    const std::string blanks(indent, ' ');
    const std::string marked = blanks + std::string(kBeginMarker) + newline +
                               lines + blanks + std::string(kEndMarker);
    const bool at_open_end = offset == text_.all().size() &&
                             !text_.all().empty() && !text_.ends_with_newline();
    return at_open_end ? newline + marked : marked + newline;
  }

  void AddToFlowList(const Entry& entry, const Value& item) {
    const std::string written = WriteFlow(item);
    const FlowExtent extent = ExtentOf(entry.value);
    insertions_.push_back({extent.last, (extent.empty() ? " " : ", ") + written,
                           entry.value.path, ChildrenOf("[" + written + "]"),
                           entry.key.line(), entry.key.node.Scalar()});
  }

  void AddToFlowMap(const Place& map, const std::string& key,
                    const Value& item) {
    const std::string written =
        Json(key) + ":" + WriteFlow(Value::List({item}));
    insertions_.push_back({ExtentOf(map).last, ", " + written, map.path,
                           ChildrenOf("{" + written + "}"), map.line(), key});
  }

  FlowExtent ExtentOf(const Place& place) const {
    const std::string_view all = text_.all();
    const std::size_t open = SkipProperties(all, place.offset());
    const auto extent = FindFlowExtent(all, open);
    if (!extent) throw Refusal{place.line(), "this has no end"};
    if (!extent->empty() && all[extent->last - 1] == ',') {
      throw Refusal{static_cast<int>(text_.LineAt(extent->last)) + 1,
                    "there is a comma before the bracket; drop it"};
    }
    return *extent;
  }

  // Of the one list or map that `text` is.
  static std::vector<Tree> ChildrenOf(const std::string& text) {
    return Manifest(text).tree().children.at(0).children;
  }

  std::string Roles(const std::vector<Election>& elections) const {
    std::string out;
    const std::string separator = "---" + std::string(text_.newline());
    for (const Election& election : elections) {
      out += (out.empty() ? "" : separator) +
             WriteBlock(LeaseRole(election), 0, text_.newline()) + separator +
             WriteBlock(LeaseRoleBinding(election), 0, text_.newline());
    }
    return out;
  }

  // One object, or several that follow each other with nothing between them: a
  // reader of JSON takes no comment behind them.
  bool IsJson() const {
    const std::string_view all = text_.all();
    const std::size_t first = all.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || all[first] != '{') return false;
    return manifest_.documents().size() == 1 || !text_.HasDocumentMarker();
  }

  void AppendRoles(const std::string& roles) {
    if (IsJson()) {
      throw Refusal{0,
                    "JSON takes no further documents; give --rbac=none, and "
                    "print Role and RoleBinding with --rbac=only"};
    }
    const std::size_t end = text_.all().size();
    const std::string separator = "---" + std::string(text_.newline());
    insertions_.push_back({end,
                           Marked(end, 0, separator + roles),
                           {},
                           Manifest(roles).tree().children,
                           static_cast<int>(text_.line_count()),
                           "Role"});
  }

  bool SaysTheSame(const std::string& result,
                   const std::vector<Insertion>& insertions) const {
    Tree expected = manifest_.tree();
    for (const Insertion& insertion : insertions) {
      std::vector<Tree>& children = At(expected, insertion.path).children;
      children.insert(children.end(), insertion.added.begin(),
                      insertion.added.end());
    }
    try {
      return Manifest(result).tree() == expected;
    } catch (const Refusal&) {
      return false;
    }
  }

  void Verify(const std::string& result) const {
    if (SaysTheSame(result, insertions_)) return;
    const Insertion culprit = FirstThatChanges();
    throw Refusal{culprit.line,
                  culprit.name +
                      " cannot be added without changing what is there; write "
                      "this part in plain block style, without aliases, and "
                      "end the file with a line break"};
  }

  // With all of them it does not say the same, with none it does: halving finds
  // one that makes the difference, and reads a large manifest only a few times.
  Insertion FirstThatChanges() const {
    // What an alias makes us want twice stays together.
    std::map<std::pair<std::size_t, std::string_view>, std::vector<Insertion>>
        by_place;
    for (const Insertion& insertion : insertions_) {
      by_place[{insertion.offset, insertion.text}].push_back(insertion);
    }
    std::vector<std::vector<Insertion>> groups;
    for (const auto& [place, group] : by_place) groups.push_back(group);
    std::size_t good = 0;
    std::size_t bad = groups.size();
    while (bad - good > 1) {
      const std::size_t middle = good + (bad - good) / 2;
      std::vector<Insertion> some;
      for (std::size_t i = 0; i < middle; ++i) {
        some.insert(some.end(), groups[i].begin(), groups[i].end());
      }
      (SaysTheSame(Insert(text_.all(), some), some) ? good : bad) = middle;
    }
    return groups[good].front();
  }

  const Manifest& manifest_;
  const Text& text_;
  const Options& options_;
  std::vector<Insertion> insertions_;
};

}  // namespace

base::Result<std::string> Add(std::string_view text, const Options& options) {
  const base::Result<std::string> original = Remove(text, options.file);
  if (!original) return original.error();
  base::Result<std::string> result = Reported(options.file, [&] {
    const Bom bom(*original);
    return (options.rbac == Rbac::kOnly ? "" : bom.prefix()) +
           Adder(Manifest(bom.rest()), options).Run();
  });
  if (!result || options.rbac == Rbac::kOnly) return result;
  const base::Result<std::string> back = Remove(*result, options.file);
  if (!back || *back != *original) {
    return base::Error{options.file +
                       ": the sidecar could not be taken out again; write the "
                       "pod spec in plain block style"};
  }
  return result;
}

}  // namespace inject
