// Reads the environment and the YAML file into the draft.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "agent/runtime/quote.h"
#include "agent/runtime/raw_config.h"
#include "agent/runtime/suggest.h"

namespace runtime {
namespace {

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// In the namespace of a Service leader-elector (or leader-elector-metrics)
// Kubernetes gives every container LEADER_ELECTOR_SERVICE_HOST,
// LEADER_ELECTOR_PORT, LEADER_ELECTOR_PORT_4041_TCP_ADDR and so on.
// Source:
// kubernetes.io/docs/concepts/services-networking/service/#environment-variables
bool IsServiceLink(std::string_view name) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT") ||
      name.find("_SERVICE_PORT_") != std::string_view::npos) {
    return true;
  }
  for (const std::string_view end : {"_ADDR", "_PROTO"}) {
    if (name.ends_with(end)) name.remove_suffix(end.size());
  }
  for (const std::string_view end : {"_TCP", "_UDP", "_SCTP"}) {
    if (!name.ends_with(end)) continue;
    name.remove_suffix(end.size());
    const std::size_t underscore = name.rfind('_');
    return underscore != std::string_view::npos &&
           IsNumber(name.substr(underscore + 1)) &&
           name.substr(0, underscore).ends_with("_PORT");
  }
  return false;
}

std::string At(const std::string& file, const YAML::Mark& mark) {
  return file + ":" + std::to_string(mark.line + 1);
}

// What a setting wants, for a value of the wrong type.
std::string Wanted(const Setting& setting) {
  if (setting.is_switch()) return "it must be true or false";
  if (setting.value == "DURATION") return "it must be a duration such as 15s";
  return "it must be a single value";
}

class YamlReader {
 public:
  YamlReader(const std::string& file, RawConfig& raw) : file_(file), raw_(raw) {
    for (const Setting& setting : Settings()) {
      known_.push_back(FileKey(setting));
    }
  }

  void Read(const YAML::Node& root) {
    if (root.IsNull()) return;
    if (!root.IsMap()) {
      raw_.AddError(At(file_, root.Mark()) +
                    ": the file must hold lines such as \"leaseName: web\"");
      return;
    }
    for (const auto& entry : root) ReadEntry(entry.first, entry.second);
  }

 private:
  void ReadEntry(const YAML::Node& key, const YAML::Node& value) {
    const std::string at = At(file_, key.Mark());
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    const Setting* setting = FindSetting(name);
    if (setting == nullptr) {
      raw_.AddError(at + ": " + Shown(name) + " is no setting" +
                    DidYouMean(name, known_));
      return;
    }
    const auto [first, is_new] = lines_.emplace(name, key.Mark().line + 1);
    if (!is_new) {
      raw_.AddError(at + ": " + name + " is set again; it is set in line " +
                    std::to_string(first->second));
      return;
    }
    if (const auto text = TextOf(*setting, value, at + ": " + name)) {
      raw_.Offer(setting->key, {*text, {Origin::Kind::kFile, at}});
    }
  }

  const Setting* FindSetting(const std::string& name) const {
    for (const Setting& setting : Settings()) {
      if (FileKey(setting) == name) return &setting;
    }
    return nullptr;
  }

  // Lists are for addresses, and become one text with commas.
  std::optional<std::string> TextOf(const Setting& setting,
                                    const YAML::Node& value,
                                    const std::string& subject) {
    if (value.IsScalar()) return value.Scalar();
    if (value.IsNull()) {
      raw_.AddError(subject + " has no value; give it one or drop the line");
      return std::nullopt;
    }
    if (value.IsMap()) {
      raw_.AddError(subject + " is a map; " + Wanted(setting));
      return std::nullopt;
    }
    std::string text;
    bool good = setting.value == "ADDRESS" && value.size() > 0;
    for (const auto& item : value) {
      if (!item.IsScalar()) {
        good = false;
        break;
      }
      text += (text.empty() ? "" : ",") + item.Scalar();
    }
    if (good) return text;
    raw_.AddError(subject + " is a list; " + Wanted(setting));
    return std::nullopt;
  }

  const std::string& file_;
  RawConfig& raw_;
  std::vector<std::string> known_;
  std::map<std::string, int> lines_;
};

constexpr int kPipePatienceMs = 3000;

struct CloseFd {
  void operator()(const int* fd) const { close(*fd); }
};

// Hears where documents begin, and nothing else.
class DocumentStarts : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    marks.push_back(mark);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  std::vector<YAML::Mark> marks;
};

// YAML::LoadAll takes for ever, and all the memory, where a value begins with a
// comma: the parser finds an empty document there again and again. Two are
// enough to know.
std::vector<YAML::Mark> FirstTwoDocuments(const std::string& yaml) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  while (starts.marks.size() < 2 && parser.HandleNextDocument(starts)) {
  }
  return starts.marks;
}

}  // namespace

void ReadEnvironment(const Surroundings& surroundings, RawConfig& raw) {
  std::map<std::string, Key> known;
  // Without the prefix, which would make all of them look alike.
  const auto rest = [](std::string_view name) {
    return std::string(name.substr(kEnvironmentPrefix.size()));
  };
  std::vector<std::string> names{rest(kConfigVariable)};
  for (const Setting& setting : Settings()) {
    known.emplace(EnvironmentName(setting), setting.key);
    names.push_back(rest(EnvironmentName(setting)));
  }
  for (const auto& [name, value] : surroundings.environment) {
    if (!name.starts_with(kEnvironmentPrefix) || name == kConfigVariable) {
      continue;
    }
    const auto found = known.find(name);
    if (found != known.end()) {
      raw.Offer(found->second, {value, {Origin::Kind::kEnvironment, name}});
    } else if (!IsServiceLink(name)) {
      const std::string nearest = Nearest(rest(name), names);
      raw.AddError("environment variable " + Shown(name) + " is no setting" +
                   (nearest.empty()
                        ? ""
                        : "; did you mean " + std::string(kEnvironmentPrefix) +
                              nearest + "?"));
    }
  }
}

void ReadFile(const std::string& path, const std::string& origin,
              RawConfig& raw) {
  const auto fail = [&](const std::string& why) {
    raw.AddError(origin + " is " + Shown(path) + "; it cannot be read: " + why);
  };
  // Opening a named pipe that nobody writes to must not hang.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(std::strerror(errno));
  const std::unique_ptr<const int, CloseFd> closes(&fd);
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  std::string yaml;
  std::array<char, 4096> part{};
  while (true) {
    // Ready at once, unless it is a pipe: <(...) of a shell.
    pollfd ready{fd, POLLIN, 0};
    const int count = poll(&ready, 1, kPipePatienceMs);
    if (count == 0) return fail("it is a pipe, and nothing comes out of it");
    const ssize_t size = count < 0 ? -1 : read(fd, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(std::strerror(errno));
    if (size == 0) break;
    yaml.append(part.data(), static_cast<std::size_t>(size));
    if (yaml.size() > kLargest) return fail("it is larger than 1 MiB");
  }
  ReadYaml(yaml, path, raw);
}

void ReadYaml(const std::string& yaml, const std::string& file_name,
              RawConfig& raw) {
  try {
    const std::vector<YAML::Mark> starts = FirstTwoDocuments(yaml);
    if (starts.size() > 1 && starts[1].pos > starts[0].pos) {
      raw.AddError(At(file_name, starts[1]) +
                   ": a second document begins; the file must hold one");
    } else if (starts.size() > 1) {
      raw.AddError(At(file_name, starts[1]) +
                   ": not YAML: no value can begin like this");
    }
    if (!starts.empty()) {
      YamlReader(file_name, raw).Read(YAML::Load(yaml));
    }
  } catch (const YAML::Exception& error) {
    raw.AddError(At(file_name, error.mark) + ": not YAML: " + error.msg);
  }
}

}  // namespace runtime
