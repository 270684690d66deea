// Small things every test with real programs needs: a folder, a port, the boot
// clock, and waiting for something to become true.
// Not for unit tests of the core, which have no clock. Thread: any.
#ifndef TESTS_SUPPORT_FILE_PORT_WAIT_H_
#define TESTS_SUPPORT_FILE_PORT_WAIT_H_

#include <functional>
#include <string>
#include <string_view>

#include "agent/base/time.h"

namespace support {

base::Instant BootNow();  // CLOCK_BOOTTIME, as the agent reads it.

// Asks `condition` every `every` until it is true or `limit` is over. Returns
// whether it became true. A test gives a generous limit: it is reached only
// when something is wrong.
bool Eventually(base::Duration limit, const std::function<bool()>& condition,
                base::Duration every = std::chrono::milliseconds(10));

// A folder of its own, removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const;

 private:
  std::string path_;
};

// A TCP port on loopback that no other FreePort of this machine has, as long as
// this object lives: tests in parallel do not collide, and a server may be
// killed and started again on it. It lies below the ports the kernel gives to
// outgoing connections. Nothing listens on it until the test starts something.
class FreePort {
 public:
  FreePort();
  ~FreePort();
  FreePort(FreePort&& other) noexcept;
  FreePort& operator=(FreePort&&) = delete;

  int number() const { return number_; }
  std::string text() const { return std::to_string(number_); }

 private:
  int number_ = 0;
  int claim_ = -1;
};

// Throw std::runtime_error with the path.
std::string ReadFile(const std::string& path);
// Readable by the owner only. Appears whole or not at all.
void WriteFile(const std::string& path, std::string_view content);

// True where a skipped test must count as a failed one: CI=true.
bool InCi();

}  // namespace support

// Skips the test and says why; fails it where CI=true.
#define SKIP_OR_FAIL_IN_CI(reason)                                      \
  do {                                                                  \
    if (::support::InCi()) FAIL() << "not skipped in CI: " << (reason); \
    GTEST_SKIP() << (reason);                                           \
  } while (false)

#endif  // TESTS_SUPPORT_FILE_PORT_WAIT_H_
