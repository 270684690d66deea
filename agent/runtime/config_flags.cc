// Reads the command line into the draft. The only file that knows CLI11, which
// compiles slowly and throws.
#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/runtime/quote.h"
#include "agent/runtime/raw_config.h"
#include "agent/runtime/suggest.h"

namespace runtime {
namespace {

std::string Dashed(std::string_view flag) { return "--" + std::string(flag); }

// Without the value behind an equals sign.
std::string FlagOf(const std::string& argument) {
  return argument.substr(0, argument.find('='));
}

// " is no flag of leader-elector", and what to do instead.
std::string WhyNoFlag(const std::string& name,
                      const std::vector<std::string>& known) {
  const std::string bare = name.substr(name.starts_with("--") ? 2 : 1);
  for (const ForeignFlag& foreign : ForeignFlags()) {
    if (bare == foreign.flag) {
      return " is a flag of another elector; " + std::string(foreign.advice);
    }
  }
  return " is no flag of leader-elector" + DidYouMean(name, known);
}

// A flag that sets something, under one of its names.
struct BoundFlag {
  std::string name;  // With dashes.
  const Setting* setting = nullptr;
  bool old_fleet = false;
  CLI::Option* option = nullptr;
};

class Parser {
 public:
  Parser() {
    app_.set_help_flag("");
    app_.allow_extras();
    run_ = app_.add_subcommand("run");
    run_->fallthrough();
    run_->set_help_flag("");
    help_ = app_.add_flag("-h,--help");
    version_ = app_.add_flag("--version");
    print_config_ = app_.add_flag("--print-config");
    config_ = app_.add_option("--config");
    config_->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    for (const Setting& setting : Settings()) Bind(setting.flag, setting);
    for (const Alias& alias : Aliases()) {
      Bind(alias.flag, SettingOf(alias.key), alias.old_fleet);
    }
  }

  CommandLine Parse(const std::vector<std::string>& arguments, RawConfig& raw) {
    ParseArguments(arguments, raw);
    CommandLine line;
    line.help = help_->count() > 0;
    line.version = version_->count() > 0;
    line.print_config = print_config_->count() > 0;
    if (config_->count() > 1) {
      raw.AddError("--config is given " + std::to_string(config_->count()) +
                   " times; give it once");
    } else if (config_->count() == 1) {
      line.config_file = config_->results().front();
      if (line.config_file.empty()) {
        raw.AddError("--config is \"\"; it must be the name of a file");
      }
    }
    TakeValues(raw);
    RefuseUnknown(raw);
    return line;
  }

 private:
  void Bind(std::string_view flag, const Setting& setting,
            bool old_fleet = false) {
    const std::string name = Dashed(flag);
    CLI::Option* option =
        setting.is_switch() ? app_.add_flag(name) : app_.add_option(name);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    flags_.push_back({name, &setting, old_fleet, option});
  }

  // CLI11 takes `--flag=` for a flag whose value is the next argument.
  void ParseArguments(const std::vector<std::string>& arguments,
                      RawConfig& raw) {
    std::vector<std::string> reversed;
    for (const std::string& written : arguments) {
      const std::string argument = WithTwoDashes(written);
      if (argument.size() > 3 && argument.starts_with("--") &&
          argument.find('=') == argument.size() - 1) {
        reversed.push_back(argument.substr(0, argument.size() - 1));
        reversed.emplace_back();
      } else {
        reversed.push_back(argument);
      }
    }
    std::reverse(reversed.begin(), reversed.end());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch&) {
      // All flags take one value or none, so it is the last one that lacks it.
      raw.AddError(arguments.back() + " has no value; give it one");
    } catch (const CLI::ParseError& error) {
      raw.AddError(error.what());
    }
  }

  // Manifests of the old sidecar's relatives say -election=web.
  static std::string WithTwoDashes(const std::string& argument) {
    for (const Alias& alias : Aliases()) {
      if (alias.old_fleet &&
          FlagOf(argument) == "-" + std::string(alias.flag)) {
        return "-" + argument;
      }
    }
    return argument;
  }

  void TakeValues(RawConfig& raw) {
    for (const BoundFlag& flag : flags_) {
      const std::vector<std::string>& results = flag.option->results();
      if (results.empty()) continue;
      if (flag.old_fleet) raw.old_fleet_flags.push_back(flag.name);
      const bool may_repeat = flag.setting->value == "ADDRESS";
      std::string text = results.front();
      for (std::size_t i = 1; i < results.size() && may_repeat; ++i) {
        text += "," + results[i];
      }
      if (results.size() > 1 && !may_repeat) {
        raw.AddError(flag.name + " is given " + std::to_string(results.size()) +
                     " times; give it once");
      }
      if (const RawValue* other = raw.Find(flag.setting->key)) {
        raw.AddError(other->origin.where + " and " + flag.name +
                     " set the same; give one of them");
      }
      raw.Offer(flag.setting->key, {text, {Origin::Kind::kFlag, flag.name}});
    }
  }

  void RefuseUnknown(RawConfig& raw) {
    std::vector<std::string> known{"--config", "--print-config", "--version",
                                   "--help"};
    for (const BoundFlag& flag : flags_) known.push_back(flag.name);
    bool after_unknown_flag = false;
    for (const std::string& word : app_.remaining(true)) {
      if (word.starts_with("-") && word.size() > 1) {
        // Not its value: it may be a token that was meant for another program.
        const std::string name = FlagOf(word);
        raw.AddError(Shown(name) + WhyNoFlag(name, known));
        after_unknown_flag = word.find('=') == std::string::npos;
        continue;
      }
      if (!std::exchange(after_unknown_flag, false)) {
        raw.AddError(Shown(word) +
                     " is no command of leader-elector; there are run, which "
                     "need not be said, and inject, which comes first");
      }
    }
  }

  CLI::App app_;
  CLI::App* run_ = nullptr;
  CLI::Option* help_ = nullptr;
  CLI::Option* version_ = nullptr;
  CLI::Option* print_config_ = nullptr;
  CLI::Option* config_ = nullptr;
  std::vector<BoundFlag> flags_;
};

}  // namespace

CommandLine ReadFlags(const std::vector<std::string>& arguments,
                      RawConfig& raw) {
  Parser parser;
  return parser.Parse(arguments, raw);
}

}  // namespace runtime
