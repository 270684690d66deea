// The flags of `leader-elector inject`.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "agent/inject/command.h"
#include "agent/runtime/dns_name.h"
#include "agent/runtime/listen_address.h"
#include "agent/runtime/quote.h"
#include "agent/runtime/settings.h"
#include "agent/runtime/suggest.h"

namespace inject {
namespace {

using runtime::Exit;
using runtime::Setting;
using runtime::Shown;

// Settings of the sidecar that inject decides, or that would be wrong in every
// replica alike.
struct Unfit {
  std::string_view flag;
  std::string_view why;
};
constexpr std::array<Unfit, 6> kUnfit{{
    {"stop-order", "it follows from --classic"},
    {"lease-namespace", "Lease and Role are in the namespace of the pod"},
    {"identity", "each replica is called by its pod's name"},
    {"host-network", "a pod with hostNetwork is not injected at all"},
    {"kubeconfig", "in a pod the service account is used"},
    {"context", "in a pod the service account is used"},
}};

class Reader {
 public:
  explicit Reader(const std::vector<std::string>& arguments)
      : arguments_(arguments) {}

  base::Result<Command, Exit> Read() {
    while (at_ < arguments_.size() && !help_) ReadFlag();
    if (help_) return Exit{0, CommandHelp(), ""};
    Check();
    if (!errors_.empty()) {
      return Exit{runtime::kExitUsage, "",
                  errors_ + "leader-elector inject --help lists all flags\n"};
    }
    return std::move(command_);
  }

 private:
  void Fail(const std::string& error) {
    errors_ += "leader-elector: " + error + "\n";
  }

  void ReadFlag() {
    const std::string& word = arguments_[at_++];
    const std::size_t equals = word.find('=');
    const bool is_long = word.starts_with("--");
    const std::string flag = is_long ? word.substr(0, equals) : word;
    std::optional<std::string> value;
    if (is_long && equals != std::string::npos) {
      value = word.substr(equals + 1);
    }
    if (flag == "-h" || flag == "--help") {
      help_ = true;
    } else if (flag == "--remove") {
      Switch(flag, value, command_.remove);
    } else if (flag == "--classic") {
      Switch(flag, value, command_.options.sidecar.classic);
    } else if (flag == "-f" || flag == "--filename") {
      Text(flag, value, command_.file);
    } else if (flag == "--image") {
      Text(flag, value, command_.options.sidecar.image);
    } else if (flag == "--lease-name") {
      Text(flag, value, command_.options.lease_name);
    } else if (flag == "--namespace" || flag == "-n") {
      Text(flag, value, command_.options.name_space);
    } else if (flag == "--rbac") {
      ReadRbac(value);
    } else {
      ReadSetting(word, flag, value);
    }
  }

  void Once(const std::string& flag) {
    if (std::find(seen_.begin(), seen_.end(), flag) != seen_.end()) {
      Fail(flag + " is given twice; give it once");
    }
    seen_.push_back(flag);
  }

  void Switch(const std::string& flag, const std::optional<std::string>& value,
              bool& target) {
    Once(flag);
    target = true;
    if (value) Fail(flag + " takes no value");
  }

  // Behind the equals sign, or the next word.
  std::string ValueOf(const std::string& flag,
                      const std::optional<std::string>& value) {
    std::string text;
    if (value) {
      text = *value;
    } else if (at_ < arguments_.size()) {
      text = arguments_[at_++];
    }
    if (text.empty()) Fail(flag + " has no value; give it one");
    return text;
  }

  void Text(const std::string& flag, const std::optional<std::string>& value,
            std::string& target) {
    Once(flag);
    target = ValueOf(flag, value);
  }

  void ReadRbac(const std::optional<std::string>& value) {
    Once("--rbac");
    const std::string word = ValueOf("--rbac", value);
    if (word == "append") {
      command_.options.rbac = Rbac::kAppend;
    } else if (word == "only") {
      command_.options.rbac = Rbac::kOnly;
    } else if (word == "none") {
      command_.options.rbac = Rbac::kNone;
    } else if (!word.empty()) {
      Fail("--rbac is " + Shown(word) + "; it must be append, only or none");
    }
  }

  // A flag of the sidecar goes into its args.
  void ReadSetting(const std::string& word, const std::string& flag,
                   const std::optional<std::string>& value) {
    for (const Setting& setting : runtime::Settings()) {
      if (flag != runtime::FlagName(setting)) continue;
      std::string argument = flag;
      if (!setting.is_switch()) {
        argument += "=" + ValueOf(flag, value);
      } else if (value) {
        argument += "=" + *value;
      }
      const auto unfit = std::find_if(
          kUnfit.begin(), kUnfit.end(),
          [&](const Unfit& other) { return other.flag == setting.flag; });
      if (unfit == kUnfit.end()) {
        command_.options.sidecar.arguments.push_back(argument);
      } else {
        Fail(flag + " is no flag of inject: " + std::string(unfit->why));
      }
      return;
    }
    if (!word.starts_with('-') || word == "-") {
      return Fail(Shown(word) + " is no flag; name a file with -f FILE");
    }
    Fail(Shown(flag) + " is no flag of leader-elector inject" +
         runtime::DidYouMean(flag, Known()));
  }

  static std::vector<std::string> Known() {
    std::vector<std::string> known{"--filename",   "--remove",    "--image",
                                   "--lease-name", "--namespace", "--classic",
                                   "--rbac",       "--help"};
    for (const Setting& setting : runtime::Settings()) {
      known.push_back(runtime::FlagName(setting));
    }
    return known;
  }

  void Check() {
    if (command_.file.empty() && errors_.empty()) {
      Fail("-f is not set; name a file, or - for stdin");
    }
    const Options& options = command_.options;
    if (!options.name_space.empty() &&
        !runtime::IsDnsLabel(options.name_space)) {
      Fail("--namespace is " + Shown(options.name_space) +
           "; it must be the name of a namespace: lower case letters, digits "
           "and '-', at most 63");
    }
    if (std::any_of(options.sidecar.image.begin(), options.sidecar.image.end(),
                    [](char c) { return c <= ' ' || c == '\x7F'; })) {
      Fail("--image is " + Shown(options.sidecar.image) +
           "; it must be the name of an image");
    }
    command_.options.file = command_.file == "-" ? "stdin" : command_.file;
    if (command_.remove) return CheckRemove();
    CheckSidecar();
  }

  void CheckRemove() {
    if (seen_.size() == 2 && command_.options.sidecar.arguments.empty()) return;
    if (command_.file.empty()) return;
    Fail("--remove takes -f and nothing else: it finds what was put in");
  }

  // The sidecar is asked itself, as it will be started.
  void CheckSidecar() {
    SidecarOptions& sidecar = command_.options.sidecar;
    std::vector<std::string> arguments = sidecar.arguments;
    const std::string& name = command_.options.lease_name;
    arguments.push_back("--lease-name=" + (name.empty() ? "web" : name));
    arguments.push_back(sidecar.classic ? "--stop-order=together"
                                        : "--stop-order=sidecar-last");
    const base::Result<runtime::Config, Exit> config =
        runtime::LoadConfig(arguments, {{}, "web-0"});
    if (!config) {
      std::string words = config.error().err;
      const std::size_t hint = words.rfind("leader-elector --help");
      if (hint != std::string::npos) words.erase(hint);
      errors_ += words;
      return;
    }
    sidecar.leader_address = config->http_addresses.front();
    const std::string metrics = config->metrics_addresses.empty()
                                    ? "off"
                                    : config->metrics_addresses.front();
    const auto parsed =
        runtime::ParseListenAddresses(metrics, runtime::UnnamedHost::kAny);
    if (!parsed || parsed->front().loopback) {
      return Fail("--metrics-address is " + metrics +
                  "; the kubelet's probes must reach it");
    }
    sidecar.metrics_port = parsed->front().port;
    if (sidecar.metrics_port == 0 || sidecar.leader_address.ends_with(":0")) {
      Fail(
          "a port is 0, any that is free; the other containers and the kubelet "
          "must know it");
    }
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  Command command_;
  std::string errors_;
  std::vector<std::string> seen_;
  bool help_ = false;
};

}  // namespace

base::Result<Command, Exit> ReadCommand(
    const std::vector<std::string>& arguments) {
  return Reader(arguments).Read();
}

}  // namespace inject
