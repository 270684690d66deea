// The draft of the configuration: for each setting the text that was found and
// where, not yet judged. Filled from the strongest source to the weakest, so
// the first one to offer a value wins. One thread, at start.
#ifndef AGENT_RUNTIME_RAW_CONFIG_H_
#define AGENT_RUNTIME_RAW_CONFIG_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/runtime/config.h"
#include "agent/runtime/settings.h"

namespace runtime {

struct Origin {
  enum class Kind { kFlag, kEnvironment, kFile, kDerived, kDefault };

  Kind kind = Kind::kDefault;
  // "--ttl"; "POD_NAME"; "config.yaml:4"; kDerived: the words "the host name"
  // or "two thirds of --ttl"; kDefault: "".
  std::string where;
};

struct RawValue {
  std::string text;
  Origin origin;
};

class RawConfig {
 public:
  // Keeps `value` unless the setting has one already.
  void Offer(Key key, RawValue value) {
    values_.try_emplace(key, std::move(value));
  }
  // Nothing yet: nullptr.
  const RawValue* Find(Key key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  void AddError(std::string message) { errors_.push_back(std::move(message)); }

  const std::vector<std::string>& errors() const { return errors_; }

  // Flags of leader-elector 0.5 and its relatives that were given.
  std::vector<std::string> old_fleet_flags;

 private:
  std::map<Key, RawValue> values_;
  std::vector<std::string> errors_;
};

// What the command line asks for besides settings.
struct CommandLine {
  bool help = false;
  bool version = false;
  bool print_config = false;
  std::string config_file;  // "" if not given.
};

CommandLine ReadFlags(const std::vector<std::string>& arguments,
                      RawConfig& raw);

// A variable that begins with LEADER_ELECTOR_ and is no setting is an error,
// except those that Kubernetes itself sets for a Service of that name.
void ReadEnvironment(const Surroundings& surroundings, RawConfig& raw);

// `origin` says who named the file.
void ReadFile(const std::string& path, const std::string& origin,
              RawConfig& raw);
void ReadYaml(const std::string& yaml, const std::string& file_name,
              RawConfig& raw);

// Fills what is left: from --ttl, POD_NAME, the host name and the presets. Not
// the stop grace, which depends on checked values.
void FillDefaults(const Surroundings& surroundings, RawConfig& raw);

// Judges the draft. Adds every error to `raw`; the result is of use if there is
// none.
Config CheckConfig(RawConfig& raw);

}  // namespace runtime

#endif  // AGENT_RUNTIME_RAW_CONFIG_H_
