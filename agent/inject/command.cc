#include "agent/inject/command.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "agent/runtime/quote.h"

namespace inject {
namespace {

using base::Error;
using base::Result;
using runtime::Exit;

constexpr std::size_t kLargestInput = 64U << 20U;

constexpr std::string_view kHelp =
    R"(leader-elector inject adds the sidecar to a manifest: the container, a volume
with its token, LEADER_URL for your containers, and at the end the Role and
RoleBinding for its Lease. All else stays as it is, byte for byte, comments
included. Injecting again replaces what was put in.

  leader-elector inject -f web.yaml | kubectl apply -f -
  leader-elector inject -f web.yaml --remove     prints web.yaml as it was

It knows Pod, Deployment, StatefulSet, DaemonSet, Job and CronJob, in YAML with
any number of documents, in JSON and in a List; other objects are passed on. It
prints, and never writes the file. What it cannot do safely is an error.

  -f, --filename FILE  The manifest; - is stdin. Required.
  --remove             Take out what inject has put in.
  --image IMAGE        The sidecar's image. Default: leader-elector:dev.
  --lease-name NAME    The Lease that the replicas compete for. Default: the
                       workload's metadata.name. For one workload only.
  -n, --namespace NAME Namespace of Role and RoleBinding where the workload
                       names none. Default: none is written.
  --classic            An ordinary container in place of a native sidecar, for
                       Kubernetes before 1.29. It gets SIGTERM together with
                       yours. Not for pods that finish by themselves.
  --rbac WHAT          append: further documents at the end (the default);
                       only: Role and RoleBinding and nothing else; none.
                       JSON takes no further documents.
  -h, --help           Print this and exit.

The sidecar's own flags (leader-elector --help), such as --lease-duration=30s,
go into its args.

Exit codes: 0 done, 1 the manifest cannot be read or injected, 2 wrong flags.
)";

struct Closer {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

Result<std::string> ReadInput(const std::string& name) {
  const std::unique_ptr<std::FILE, Closer> file(
      name == "-" ? stdin : std::fopen(name.c_str(), "rbe"));
  if (file == nullptr) {
    return Error{runtime::Shown(name) + ": " + std::strerror(errno)};
  }
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const std::size_t count =
        std::fread(buffer.data(), 1, buffer.size(), file.get());
    text.append(buffer.data(), count);
    if (text.size() > kLargestInput) {
      return Error{runtime::Shown(name) + ": it is larger than 64 MiB"};
    }
    if (count == buffer.size()) continue;
    if (std::ferror(file.get()) == 0) return text;
    return Error{runtime::Shown(name) + ": " + std::strerror(errno)};
  }
}

}  // namespace

std::string CommandHelp() { return std::string(kHelp); }

Exit RunCommand(const std::vector<std::string>& arguments) {
  const Result<Command, Exit> command = ReadCommand(arguments);
  if (!command) return command.error();
  const Result<std::string> text = ReadInput(command->file);
  Result<std::string> result = !text ? Result<std::string>(text.error())
                               : command->remove
                                   ? Remove(*text, command->options.file)
                                   : Add(*text, command->options);
  if (!result) {
    return {
        runtime::kExitRuntime, "",
        "leader-elector: " + runtime::Printable(result.error().message) + "\n"};
  }
  return {0, *result, ""};
}

}  // namespace inject
