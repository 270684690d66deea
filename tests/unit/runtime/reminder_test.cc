// What is unsafe is said at the start and each hour.
#include "agent/runtime/reminder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace runtime {
namespace {

using base::Instant;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Instant kT0{hours(100)};

class ReminderTest : public testing::Test {
 protected:
  ~ReminderTest() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  // How often "beware" was logged by now. Ends the log.
  int Said() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string text(4096, '\0');
    const ssize_t size = read(ends_[0], text.data(), text.size());
    text.resize(static_cast<std::size_t>(size));
    int count = 0;
    for (std::size_t at = text.find("warning=beware"); at != std::string::npos;
         at = text.find("warning=beware", at + 1)) {
      ++count;
    }
    return count;
  }

  static std::array<int, 2> Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    return ends;
  }

  std::array<int, 2> ends_ = Pipe();  // Before the log, which is given one.
  Log log_{LogLevel::kInfo, LogFormat::kLogfmt, ends_[1],
           [] { return k8s::MicroTime{0}; }};
};

TEST_F(ReminderTest, SpeaksAtTheStartAndEachHour) {
  Reminder reminder({"beware"}, log_);

  reminder.Remind(kT0);
  reminder.Remind(kT0 + hours(1) - milliseconds(1));
  reminder.Remind(kT0 + hours(1));
  reminder.Remind(kT0 + hours(1) + milliseconds(1));

  EXPECT_EQ(Said(), 2);
}

TEST_F(ReminderTest, WakesWhenItIsDue) {
  Reminder reminder({"beware"}, log_);

  reminder.Remind(kT0);

  EXPECT_EQ(reminder.PollMs(kT0), 3'600'001);
  EXPECT_EQ(reminder.PollMs(kT0 + hours(2)), 1);
}

TEST_F(ReminderTest, SaysNothingAndNeverWakesWhenAllIsSafe) {
  Reminder reminder({}, log_);

  reminder.Remind(kT0);

  EXPECT_EQ(reminder.PollMs(kT0), -1);
  EXPECT_EQ(Said(), 0);
}

}  // namespace
}  // namespace runtime
