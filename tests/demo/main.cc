// leader-elector-demo: three agents on a cluster, a leader that is stopped, one
// that is killed, one that is frozen. Shows that there is never more than one,
// and how soon there is the next. Not a test; see tests/integration.
//
// Exit codes: 0 all of it happened, 1 it did not or two led at once, 2 wrong
// flags, 128 + signal when interrupted.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tests/demo/cluster.h"
#include "tests/demo/screen.h"
#include "tests/demo/show.h"
#include "tests/support/file_port_wait.h"

namespace {

using demo::Paint;
using demo::Screen;

constexpr char kUsage[] =
    R"(leader-elector-demo: three agents compete for one Lease; the leader is
stopped, the next one killed, the third frozen. It takes less than a minute.

  leader-elector-demo [--standin]

It uses the cluster of KUBECONFIG if that is set (namespace of its context, a
lease of its own, deleted afterwards); else a real kube-apiserver if its
programs are at hand; else a stand-in. --standin takes the stand-in always.
)";

// Where the logs are: removed at the end, unless somebody will want to read
// them.
class Folder {
 public:
  Folder() {
    path_ =
        std::filesystem::temp_directory_path() / "leader-elector-demo.XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) {
      throw std::runtime_error(path_ + ": " + std::strerror(errno));
    }
  }
  ~Folder() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  void Keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

// A name that nobody else has: the lease is deleted at the end.
std::string NewLeaseName() {
  std::random_device random;
  char text[40];
  std::snprintf(text, sizeof text, "leader-elector-demo-%08x", random());
  return text;
}

// The last `count` lines, the long ones cut.
std::string LastLines(const std::string& text, std::size_t count) {
  constexpr std::size_t kWidest = 240;
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.size() > kWidest) line = line.substr(0, kWidest) + "...";
    lines.push_back("  " + line + "\n");
  }
  const std::size_t first = lines.size() - std::min(count, lines.size());
  std::string end;
  for (std::size_t i = first; i < lines.size(); ++i) end += lines[i];
  return end;
}

void ShowFailure(const std::string& what, Folder& folder, Screen& screen) {
  screen.Say("\nThe demo failed: " + what, Paint::kBad);
  std::set<std::filesystem::path> logs;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".log") logs.insert(entry.path());
  }
  if (logs.empty()) return;
  for (const std::filesystem::path& log : logs) {
    screen.Say("\nThe end of " + log.filename().string() + ":");
    screen.Say(LastLines(support::ReadFile(log), 8));
  }
  folder.Keep();
  screen.Say("The logs are kept in " + folder.path());
}

sigset_t StopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stop, number);
  return stop;
}

// Before any thread starts: Show::Tick takes them.
void BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t stop = StopSignals();
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

// Ctrl-C while something else was going wrong, or was still being started.
int PendingSignal() {
  const sigset_t stop = StopSignals();
  const timespec now{};
  return std::max(0, sigtimedwait(&stop, nullptr, &now));
}

// Whatever happens, the lease is gone afterwards, and with it our agents.
class TidyUp {
 public:
  TidyUp(demo::Cluster& cluster, const std::string& lease, Screen& screen)
      : cluster_(cluster), lease_(lease), screen_(screen) {}
  ~TidyUp() {
    screen_.Draw({});
    const std::string left = cluster_.Tidy(lease_);
    if (!left.empty()) screen_.Say(left, Paint::kWarning);
  }

 private:
  demo::Cluster& cluster_;
  const std::string lease_;
  Screen& screen_;
};

// The agents get flags only: what the person's shell or make has set for other
// programs of the project is not for them.
void ForgetSettings() {
  constexpr std::string_view kPrefix = "LEADER_ELECTOR_";
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(kPrefix)) names.emplace_back(text, 0, text.find('='));
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

bool Run(bool only_standin, const Folder& folder, Screen& screen) {
  screen.Say("leader-elector demo: three agents, one Lease, never two leaders.",
             Paint::kBold);
  const auto cluster = demo::ChooseCluster(only_standin, folder.path());
  screen.Say("Cluster: " + cluster->Description());
  const std::string lease = NewLeaseName();
  cluster->Start(lease);
  screen.Say("Lease:   " + cluster->name_space() + "/" + lease);
  ForgetSettings();  // Before there are threads.
  const TidyUp tidy(*cluster, lease, screen);
  demo::Show show({.kubeconfig = cluster->kubeconfig(),
                   .name_space = cluster->name_space(),
                   .name = lease},
                  folder.path(), screen);
  return show.Run();
}

int Demo(bool only_standin) {
  Screen screen;
  Folder folder;
  int signal = 0;
  try {
    if (Run(only_standin, folder, screen)) {
      screen.Say(
          "\nNext: README.md shows how to add leader-elector to your pods, and "
          "what a\nprogram that asks it must do.");
      return EXIT_SUCCESS;
    }
    ShowFailure("two agents led at once", folder, screen);
    return EXIT_FAILURE;
  } catch (const demo::Interrupted& interrupted) {
    signal = interrupted.signal;
  } catch (const std::exception& error) {
    signal = PendingSignal();
    if (signal == 0) ShowFailure(error.what(), folder, screen);
  }
  if (signal == 0) return EXIT_FAILURE;
  screen.Say("\nInterrupted. Everything is stopped and removed.");
  return 128 + signal;
}

}  // namespace

int main(int argc, char** argv) {
  bool only_standin = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--standin") {
      only_standin = true;
    } else if (argument == "--help" || argument == "-h") {
      std::fputs(kUsage, stdout);
      return EXIT_SUCCESS;
    } else {
      std::fprintf(stderr, "%s is no flag of leader-elector-demo\n\n%s",
                   argv[i], kUsage);
      return 2;
    }
  }
  BlockSignals();
  return Demo(only_standin);
}
