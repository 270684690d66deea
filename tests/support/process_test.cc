// The ground the other tests stand on: programs, ports, folders.
#include "tests/support/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <set>
#include <stdexcept>

#include "tests/support/file_port_wait.h"

namespace support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ProcessOptions Shell(const TempDir& folder, const std::string& script) {
  return {"/bin/sh", {"-c", script}, {{"GREETING", "hello"}}, folder / "out"};
}

TEST(ProcessTest, TellsTheExitCodeAndTheOutput) {
  TempDir folder;
  Process process(Shell(folder, "echo $GREETING; echo err >&2; exit 7"));

  const auto ended = process.Wait(seconds(60));

  EXPECT_EQ(ended, (ExitStatus{7, 0}));
  EXPECT_EQ(process.Output(), "hello\nerr\n");
}

TEST(ProcessTest, TellsTheSignalThatEndedIt) {
  TempDir folder;
  Process process(Shell(folder, "exec sleep 1000"));

  process.Signal(SIGTERM);

  EXPECT_EQ(process.Wait(seconds(60)), (ExitStatus{-1, SIGTERM}));
}

TEST(ProcessTest, WaitGivesUpWhileTheProgramRuns) {
  TempDir folder;
  Process process(Shell(folder, "exec sleep 1000"));

  EXPECT_EQ(process.Wait(milliseconds(1)), std::nullopt);
  EXPECT_TRUE(process.Running());
}

TEST(ProcessTest, DestructorEndsEvenAFrozenProgram) {
  TempDir folder;
  pid_t id = 0;
  {
    Process process(Shell(folder, "exec sleep 1000"));
    id = process.id();
    process.Signal(SIGSTOP);
  }
  EXPECT_EQ(kill(id, 0), -1);
}

TEST(ProcessTest, AMissingProgramIsAnErrorAtOnce) {
  TempDir folder;
  EXPECT_THROW(Process({"/no/such/program", {}, {}, folder / "out"}),
               std::runtime_error);
}

TEST(FreePortTest, NoTwoAreTheSameWhileTheyLive) {
  std::vector<FreePort> ports(200);
  std::set<int> numbers;
  for (const FreePort& port : ports) numbers.insert(port.number());
  EXPECT_EQ(numbers.size(), ports.size());
}

TEST(TempDirTest, IsGoneWithEverythingInIt) {
  std::string path;
  {
    TempDir folder;
    path = folder.path();
    WriteFile(folder / "file", "content");
    EXPECT_EQ(ReadFile(folder / "file"), "content");
  }
  EXPECT_EQ(access(path.c_str(), F_OK), -1);
}

TEST(EventuallyTest, SaysWhetherTheConditionBecameTrue) {
  int asked = 0;
  EXPECT_TRUE(Eventually(seconds(60), [&] { return ++asked == 3; }));
  EXPECT_FALSE(Eventually(milliseconds(1), [] { return false; }));
}

}  // namespace
}  // namespace support
