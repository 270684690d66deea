// Says what is unsafe about the connection at the start, and again each hour,
// so that it is found in the log of any day. Has no thread and no clock of its
// own. Thread: main.
#ifndef AGENT_RUNTIME_REMINDER_H_
#define AGENT_RUNTIME_REMINDER_H_

#include <string>
#include <utility>
#include <vector>

#include "agent/base/time.h"
#include "agent/runtime/log.h"

namespace runtime {

class Reminder {
 public:
  Reminder(std::vector<std::string> warnings, Log& log)
      : warnings_(std::move(warnings)), log_(log) {}

  // Logs the warnings if that is due: the first time, and each hour.
  void Remind(base::Instant now);

  // How long poll(2) may sleep until then; -1 if there is nothing to say.
  int PollMs(base::Instant now) const;

 private:
  const std::vector<std::string> warnings_;
  Log& log_;
  base::Instant due_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_REMINDER_H_
