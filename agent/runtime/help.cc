// What --help prints, from the table of settings. Text only.
#include <string>
#include <string_view>

#include "agent/runtime/settings.h"

namespace runtime {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 29;  // Where the second column begins.

constexpr std::string_view kIntroduction =
    R"(leader-elector makes one replica of your pod the leader and the others wait. It
runs beside your program, competes for a Kubernetes Lease, and answers your
program's question "do I lead?":

  curl -s http://127.0.0.1:4040/leader     200: this pod leads; 503: it does not

Usage:
  leader-elector [run] --lease-name=NAME [flags]
  leader-elector inject -f FILE   adds the sidecar to a manifest; see its --help

Every flag below can also be given as an environment variable or in a YAML file:
  --lease-duration=15s   LEADER_ELECTOR_LEASE_DURATION=15s   leaseDuration: 15s
A flag wins over the environment, that over the file, that over the default.
)";

constexpr std::string_view kConclusion =
    R"(
client-go's flags are understood too: --leader-elect-lease-duration,
--leader-elect-renew-deadline, --leader-elect-retry-period,
--leader-elect-resource-name, --leader-elect-resource-namespace.

Exit codes: 0 stopped when asked to, 1 could not start or go on, 2 wrong flags,
environment or file (every error is listed).
)";

// Appends `text` in words, each line from column `indent` on; the first line
// goes on at column `at`.
void Wrap(std::string_view text, std::size_t at, std::size_t indent,
          std::string& out) {
  bool line_is_empty = true;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line_is_empty && at + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
      line_is_empty = true;
    }
    if (!line_is_empty) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
    line_is_empty = false;
  }
  out += '\n';
}

void Flag(std::string name, std::string_view help, std::string& out) {
  name.insert(0, "  ");
  out += name;
  if (name.size() + 2 > kIndent) {
    out += '\n';
    name.clear();
  }
  out += std::string(kIndent - name.size(), ' ');
  Wrap(help, kIndent, kIndent, out);
}

}  // namespace

std::string HelpText() {
  std::string out(kIntroduction);
  std::string_view group;
  for (const Setting& setting : Settings()) {
    if (setting.group != group) {
      group = setting.group;
      out += "\n" + std::string(group) + ":\n";
    }
    std::string help(setting.help);
    if (!setting.preset.empty() && !setting.is_switch()) {
      help += " Default: " + std::string(setting.preset) + ".";
    }
    std::string name = FlagName(setting);
    if (!setting.is_switch()) name += " " + std::string(setting.value);
    Flag(name, help, out);
  }
  out += "\nOther:\n";
  Flag("--config FILE",
       "Read settings from this YAML file (or $LEADER_ELECTOR_CONFIG).", out);
  Flag("--print-config",
       "Print every setting with where it comes from, and exit. The output is "
       "a file for --config.",
       out);
  Flag("--version", "Print the version and exit.", out);
  Flag("-h, --help", "Print this and exit.", out);
  out += kConclusion;
  return out;
}

}  // namespace runtime
