#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/support/file_port_wait.h"

namespace support {
namespace {

std::vector<std::string> EnvironmentWith(
    const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) {
      result.push_back(text);
    }
  }
  for (const auto& [name, value] : changes) {
    result.push_back(name + "=" + value);
  }
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void Become(pid_t parent, int output, char** argv, char** envp) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // The test ended in between.
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  // Ctrl-C is for the program that started us, which then ends us in its order.
  setpgid(0, 0);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execve(argv[0], argv, envp);
  const char message[] = "cannot execute the program\n";
  [[maybe_unused]] const auto n =
      write(STDERR_FILENO, message, sizeof message - 1);
  _exit(127);
}

}  // namespace

Process::Process(ProcessOptions options) : options_(std::move(options)) {
  if (access(options_.program.c_str(), X_OK) != 0) {
    throw std::runtime_error(options_.program + ": " + std::strerror(errno));
  }
  const int output = open(options_.output.c_str(),
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) {
    throw std::runtime_error(options_.output + ": " + std::strerror(errno));
  }
  std::vector<std::string> args = options_.args;
  args.insert(args.begin(), options_.program);
  std::vector<std::string> environment = EnvironmentWith(options_.environment);
  std::vector<char*> argv = Pointers(args);
  std::vector<char*> envp = Pointers(environment);
  const pid_t parent = getpid();
  id_ = fork();
  if (id_ == 0) Become(parent, output, argv.data(), envp.data());
  close(output);
  if (id_ < 0) throw std::runtime_error("fork failed");
  // The child is not reaped yet, so its id is still its own.
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, id_, 0));
  if (pidfd_ < 0) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
    throw std::runtime_error("pidfd_open failed; Linux 5.3 is needed");
  }
}

Process::~Process() {
  Kill();
  close(pidfd_);
}

bool Process::Running() { return !Wait(base::Duration::zero()).has_value(); }

void Process::Signal(int number) {
  if (!ended_) syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
}

std::optional<ExitStatus> Process::Wait(base::Duration limit) {
  if (ended_) return ended_;
  const base::Instant deadline = BootNow() + limit;
  pollfd poller{pidfd_, POLLIN, 0};
  int ready = 0;
  do {
    const auto left = base::ToMs(deadline - BootNow());
    ready = poll(&poller, 1, static_cast<int>(std::max<long>(0, left)));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return std::nullopt;
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(pidfd_), &info, WEXITED) != 0) {
    throw std::runtime_error("waitid failed");
  }
  ended_ = info.si_code == CLD_EXITED ? ExitStatus{info.si_status, 0}
                                      : ExitStatus{-1, info.si_status};
  return ended_;
}

void Process::Kill() {
  Signal(SIGKILL);
  Wait(std::chrono::hours(1));
}

std::string Process::Output() const { return ReadFile(options_.output); }

}  // namespace support
