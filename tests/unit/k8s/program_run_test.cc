// Programs that end well, badly, or not at all. The deadlines are real: they
// are reached only by programs that would run for ever.
#include "k8s/program_run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

using base::Instant;
using std::chrono::hours;
using std::chrono::milliseconds;

Instant BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return {std::chrono::seconds(now.tv_sec) +
          std::chrono::nanoseconds(now.tv_nsec)};
}

class ProgramRunTest : public testing::Test {
 protected:
  std::string Script(const std::string& lines) {
    const std::string path = folder_.Put("script", "#!/bin/sh\n" + lines);
    chmod(path.c_str(), 0700);
    return path;
  }
  base::Result<ProgramOutput> Run(const std::string& lines,
                                  Instant deadline = BootTime() + hours(1)) {
    options_.path = Script(lines);
    return RunProgram(options_, waiter_, deadline);
  }
  static std::string ReadAll(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  // Of a process that is not ours to wait for.
  static void AwaitEnd(pid_t id) {
    while (kill(id, 0) == 0) {
      // One that waits to be reaped by init has ended too.
      const std::string stat = ReadAll("/proc/" + std::to_string(id) + "/stat");
      if (stat.find(") Z ") != std::string::npos) return;
      std::this_thread::yield();
    }
  }

  const TemporaryFolder folder_;
  Waiter waiter_{BootTime};
  ProgramOptions options_;
};

TEST_F(ProgramRunTest, TakesWhatItPrintsAndHowItEnds) {
  const auto output = Run("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 3);
  EXPECT_EQ(output->signal, 0);
}

TEST_F(ProgramRunTest, TellsTheSignalThatEndedIt) {
  const auto output = Run("kill -TERM $$");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->exit_code, -1);
  EXPECT_EQ(output->signal, SIGTERM);
}

TEST_F(ProgramRunTest, PassesArgumentsAndEnvironmentAsTheyAre) {
  options_.arguments = {"$HOME; `id`", "two words"};
  options_.environment = {{"OF_THE_TEST", "first"}, {"OF_THE_TEST", "a\nb"}};
  const auto output =
      Run(R"(printf '%s|' "$@" "$OF_THE_TEST" "${PATH:+path}")");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->out, "$HOME; `id`|two words|a\nb|path|");
}

TEST_F(ProgramRunTest, ItsStdinIsEmptyAndNothingOfOursIsOpen) {
  // A descriptor that is not closed by itself when a program starts.
  const int leak = fcntl(STDERR_FILENO, F_DUPFD, 100);
  const auto output = Run("cat; ls /proc/$$/fd");
  close(leak);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->out.substr(0, 2), "0\n");
  EXPECT_EQ(output->out.find(std::to_string(leak)), std::string::npos)
      << output->out;
}

TEST_F(ProgramRunTest, SignalsAreNeitherBlockedNorIgnored) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto old = signal(SIGPIPE, SIG_IGN);
  const auto output = Run("grep -E 'Sig(Blk|Ign)' /proc/self/status");
  signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(output) << output.error().message;
  // Of the first 31: the C library may ignore two of its own, 32 and 33.
  unsigned long long blocks = 0;
  unsigned long long ignores = 0;
  ASSERT_EQ(std::sscanf(output->out.c_str(), "SigBlk: %llx SigIgn: %llx",
                        &blocks, &ignores),
            2)
      << output->out;
  EXPECT_EQ(blocks & 0x7fffffff, 0U);
  EXPECT_EQ(ignores & 0x7fffffff, 0U);
}

TEST_F(ProgramRunTest, KillsItAndAllItStartedAtTheDeadline) {
  const std::string id = folder_.path() + "/id";
  const auto output = Run("sleep 1000 & echo $! > " + id + ".new; mv " + id +
                              ".new " + id + "; wait",
                          BootTime() + milliseconds(300));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "it has not ended in time and was killed");
  // A slow machine may have killed it before it got so far.
  const std::string text = ReadAll(id);
  if (!text.empty()) AwaitEnd(std::stoi(text));
}

TEST_F(ProgramRunTest, ACancelEndsIt) {
  std::thread canceler([this] {
    while (access((folder_.path() + "/up").c_str(), F_OK) != 0) {
      std::this_thread::yield();
    }
    waiter_.Cancel();
  });
  const auto output = Run("touch " + folder_.path() + "/up; sleep 1000");
  canceler.join();
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "we are ending");
}

TEST_F(ProgramRunTest, DoesNotWaitForWhatItLeavesBehind) {
  const auto output = Run("sleep 1000 & echo $!");
  ASSERT_TRUE(output) << output.error().message;
  const pid_t left = std::stoi(output->out);
  EXPECT_EQ(kill(left, SIGKILL), 0);
}

TEST_F(ProgramRunTest, TooMuchOutputEndsIt) {
  options_.max_output = 64 << 10;
  const auto output = Run("exec cat /dev/zero");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "it printed more than 64 KiB");
}

TEST_F(ProgramRunTest, EndlessComplaintsAreReadAndCut) {
  const auto output =
      Run("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo done");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->out, "done\n");
  EXPECT_EQ(output->err, std::string(4096, 'x'));
}

TEST_F(ProgramRunTest, ComplaintsWithoutEndDoNotOutrunTheDeadline) {
  const auto output =
      Run("exec cat /dev/zero >&2", BootTime() + milliseconds(300));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "it has not ended in time and was killed");
}

TEST_F(ProgramRunTest, SaysWhyItCannotBeStarted) {
  options_.path = folder_.path() + "/nothing";
  EXPECT_EQ(RunProgram(options_, waiter_, Instant::Never()).error().message,
            "it cannot be started: No such file or directory");
  options_.path = folder_.Put("text", "just text");
  chmod(options_.path.c_str(), 0700);
  EXPECT_EQ(RunProgram(options_, waiter_, Instant::Never()).error().message,
            "it is not a program; a script begins with #! and the path of its "
            "interpreter");
}

class FindProgramTest : public ProgramRunTest {
 protected:
  FindProgramTest() : path_(getenv("PATH")) {}
  ~FindProgramTest() override { setenv("PATH", path_.c_str(), 1); }

  const std::string path_;
};

TEST_F(FindProgramTest, SearchesPathInOrder) {
  const std::string script = Script("");
  setenv("PATH", ("/nowhere:" + folder_.path() + ":/bin").c_str(), 1);
  EXPECT_EQ(FindProgram("script"), script);
  EXPECT_EQ(FindProgram("no-such-program"), std::nullopt);
  EXPECT_EQ(FindProgram(""), std::nullopt);
}

// Whoever may write to the folder we run in would be run.
TEST_F(FindProgramTest, RelativeFoldersInPathDoNotCount) {
  Script("");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  setenv("PATH", "::.", 1);
  EXPECT_EQ(FindProgram("script"), std::nullopt);
  std::filesystem::current_path(before);
}

TEST_F(FindProgramTest, OnlyFilesThatMayBeRunCount) {
  const std::string text = folder_.Put("text", "");
  EXPECT_EQ(FindProgram(text), std::nullopt);
  EXPECT_EQ(FindProgram(folder_.path() + "/."), std::nullopt);
  EXPECT_EQ(FindProgram(Script("")), folder_.path() + "/script");
}

}  // namespace
}  // namespace k8s
