#include "k8s/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

#include "agent/base/check.h"

namespace k8s {
namespace {

using base::Error;
using base::Instant;
using base::Result;

constexpr std::size_t kMaxErrors = 4 << 10;
// Where the kernel cannot tell that a program has ended.
constexpr base::Duration kLookEvery = std::chrono::milliseconds(50);

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;

  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Fd read;
  Fd write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
  // Ours only: the program must find an ordinary pipe.
  CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

std::vector<std::string> EnvironmentWith(
    const std::vector<std::pair<std::string, std::string>>& more) {
  std::map<std::string, std::string, std::less<>> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line = *at;
    const std::size_t equals = std::min(line.find('='), line.size());
    variables.emplace(line.substr(0, equals), line);
  }
  for (const auto& [name, value] : more) {
    variables.insert_or_assign(name, name + "=" + value);
  }
  std::vector<std::string> lines;
  for (const auto& [name, line] : variables) lines.push_back(line);
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What the program begins with: a group of its own, so that all that it starts
// can be killed with it; no blocked and no ignored signals; stdin empty.
struct SpawnSettings {
  SpawnSettings(int out, int err) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

// What a program leaves behind becomes a child of process 1. If that is us, as
// in most containers, nobody else reaps it. Only the thread that runs programs
// may call this, and not while one runs.
void ReapOrphans() {
  if (getpid() != 1) return;
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// A program that was started. Killed, with its group, and reaped at the latest
// here.
class Child {
 public:
  explicit Child(pid_t id)
      : id_(id), end_(static_cast<int>(syscall(SYS_pidfd_open, id, 0))) {}
  ~Child() {
    if (reaped_) return;
    kill(-id_, SIGKILL);
    kill(id_, SIGKILL);
    Reap(0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Readable once it has ended. -1 on kernels before 5.3.
  int end_fd() const { return end_.get(); }

  // True once it has ended.
  bool Reap(int flags) {
    if (reaped_) return true;
    pid_t got = -1;
    do {
      got = waitpid(id_, &status_, flags);
    } while (got < 0 && errno == EINTR);
    reaped_ = got != 0;
    if (got < 0) status_ = -1;  // Somebody ignores SIGCHLD: nobody knows.
    return reaped_;
  }
  void Report(ProgramOutput& output) const {
    if (status_ == -1) return;
    if (WIFEXITED(status_)) output.exit_code = WEXITSTATUS(status_);
    if (WIFSIGNALED(status_)) output.signal = WTERMSIG(status_);
  }

 private:
  const pid_t id_;
  const Fd end_;
  bool reaped_ = false;
  int status_ = 0;
};

// Appends what is there, as much as a pipe holds: a writer that never rests
// must not outrun the deadline. Closes our end when theirs is closed.
void Take(Fd& fd, std::string& text) {
  std::array<char, 4096> part;
  for (int i = 0; i < 17 && fd.get() >= 0; ++i) {
    const ssize_t count = read(fd.get(), part.data(), part.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return fd.Close();
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

void Watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (fd >= 0) CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

Result<ProgramOutput> Follow(Child& child, Pipe& out, Pipe& err,
                             const ProgramOptions& options, Waiter& waiter,
                             Instant deadline) {
  const Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  CHECK(epoll.get() >= 0);
  Watch(epoll.get(), out.read.get());
  Watch(epoll.get(), err.read.get());
  Watch(epoll.get(), child.end_fd());
  ProgramOutput output;
  bool ended = false;
  while (!ended) {
    const Instant look_again =
        child.end_fd() < 0 ? waiter.Now() + kLookEvery : Instant::Never();
    const auto outcome =
        waiter.Wait(epoll.get(), POLLIN, std::min(deadline, look_again));
    if (outcome == Waiter::Outcome::kCanceled) return Error{"we are ending"};
    if (waiter.Now() >= deadline) {
      return Error{"it has not ended in time and was killed"};
    }
    // What it wrote before its end is in the pipe by now. Others that hold the
    // pipe open, such as an agent it started, are not waited for.
    ended = child.Reap(WNOHANG);
    Take(out.read, output.out);
    if (output.out.size() > options.max_output) {
      return Error{"it printed more than " +
                   std::to_string(options.max_output >> 10) + " KiB"};
    }
    // What is too much of it is read all the same, or it would block.
    std::string more;
    Take(err.read, more);
    output.err += more.substr(0, kMaxErrors - output.err.size());
  }
  child.Report(output);
  return output;
}

}  // namespace

std::optional<std::string> FindProgram(const std::string& command) {
  const auto may_run = [](const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           access(path.c_str(), X_OK) == 0;
  };
  if (command.find('/') != std::string::npos) {
    return may_run(command) ? std::optional(command) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty() && !command.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string folder(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (!folder.starts_with('/')) continue;
    if (may_run(folder + "/" + command)) return folder + "/" + command;
  }
  return std::nullopt;
}

Result<ProgramOutput> RunProgram(const ProgramOptions& options, Waiter& waiter,
                                 Instant deadline) {
  ReapOrphans();
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  std::vector<std::string> words{options.path};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = EnvironmentWith(options.environment);
  const SpawnSettings settings(out.write.get(), err.write.get());
  pid_t id = -1;
  const int error = posix_spawn(&id, options.path.c_str(), &settings.actions,
                                &settings.attributes, Pointers(words).data(),
                                Pointers(environment).data());
  if (error == ENOEXEC) {
    return Error{
        "it is not a program; a script begins with #! and the path "
        "of its interpreter"};
  }
  if (error != 0) {
    return Error{"it cannot be started: " + std::string(std::strerror(error))};
  }
  Child child(id);
  out.write.Close();
  err.write.Close();
  return Follow(child, out, err, options, waiter, deadline);
}

}  // namespace k8s
