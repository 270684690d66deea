#include "tests/support/freezer.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/support/file_port_wait.h"

namespace support {
namespace {

namespace fs = std::filesystem;

// "<prefix><process>-<number>": whose it is.
constexpr char kPrefix[] = "leader-elector-test-";

bool IsVersion2(const std::string& root) {
  return fs::exists(root + "/cgroup.controllers");
}

// The hierarchy to use: version 2, alone or beside version 1, or its freezer.
std::optional<std::string> Root() {
  for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (IsVersion2(root)) return root;
  }
  const std::string first = "/sys/fs/cgroup/freezer";
  if (fs::exists(first + "/cgroup.procs")) return first;
  return std::nullopt;
}

void Write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path);
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Version 2 and version 1 of the same.
bool HasFreeze(const std::string& folder) {
  return fs::exists(folder + "/cgroup.freeze");
}
void Set(const std::string& folder, bool frozen) {
  if (HasFreeze(folder)) {
    Write(folder + "/cgroup.freeze", frozen ? "1" : "0");
  } else {
    Write(folder + "/freezer.state", frozen ? "FROZEN" : "THAWED");
  }
}
bool IsFrozen(const std::string& folder) {
  if (HasFreeze(folder)) {
    const std::string events = Read(folder + "/cgroup.events");
    return events.find("frozen 1") != std::string::npos;
  }
  return Read(folder + "/freezer.state").starts_with("FROZEN");
}

std::vector<pid_t> Processes(const std::string& folder) {
  std::istringstream text(Read(folder + "/cgroup.procs"));
  std::vector<pid_t> all;
  for (pid_t process = 0; text >> process;) all.push_back(process);
  return all;
}

void Remove(const std::string& folder) {
  // A process that has just ended may still be on its way out of it.
  Eventually(std::chrono::seconds(5),
             [&] { return rmdir(folder.c_str()) == 0 || !fs::exists(folder); });
}

}  // namespace

Freezer::Freezer() {
  const auto root = Root();
  if (!root) throw std::runtime_error("no control groups that freeze");
  static std::atomic<int> number = 0;
  folder_ = *root + "/" + kPrefix + std::to_string(getpid()) + "-" +
            std::to_string(++number);
  std::error_code error;
  fs::create_directory(folder_, error);
  if (error) throw std::runtime_error(folder_ + ": " + error.message());
}

Freezer::~Freezer() {
  try {
    Thaw();
    const std::string root = fs::path(folder_).parent_path();
    for (const pid_t process : Processes(folder_)) {
      Write(root + "/cgroup.procs", std::to_string(process));
    }
  } catch (const std::runtime_error&) {
    // It has ended meanwhile.
  }
  Remove(folder_);
}

std::optional<std::string> Freezer::WhyNot() {
  try {
    Freezer freezer;
    freezer.Freeze();
  } catch (const std::runtime_error& error) {
    return std::string("no freezer: ") + error.what();
  }
  return std::nullopt;
}

void Freezer::RemoveForgotten() {
  const auto root = Root();
  if (!root) return;
  for (const auto& entry : fs::directory_iterator(*root)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kPrefix)) continue;
    const pid_t owner = std::atoi(name.c_str() + sizeof kPrefix - 1);
    if (owner <= 0 || kill(owner, 0) == 0) continue;
    // Frozen by a test that was killed; only its agents are ever put there.
    for (const pid_t process : Processes(entry.path())) kill(process, SIGKILL);
    Set(entry.path(), false);
    Remove(entry.path());
  }
}

void Freezer::Take(pid_t process) {
  Write(folder_ + "/cgroup.procs", std::to_string(process));
}

void Freezer::Freeze() {
  Set(folder_, true);
  const bool empty = Processes(folder_).empty();
  if (!empty && !Eventually(std::chrono::seconds(60),
                            [this] { return IsFrozen(folder_); })) {
    throw std::runtime_error(folder_ + " does not freeze");
  }
}

void Freezer::Thaw() { Set(folder_, false); }

}  // namespace support
