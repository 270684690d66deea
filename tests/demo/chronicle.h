// What the demo has seen so far: the witness, each agent's latest answer, and
// the news that has not been shown yet, in order. Shows nothing itself.
// Thread: any; the agents' readers write, `main` reads.
#ifndef TESTS_DEMO_CHRONICLE_H_
#define TESTS_DEMO_CHRONICLE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/base/time.h"
#include "tests/demo/witness.h"

namespace demo {

inline constexpr int kAgents = 3;
std::string NameOf(int agent);  // "web-1"

struct News {
  base::Instant at;
  std::string text;
};

// What is known of one agent from its answers.
struct Seen {
  enum class Role { kUnknown, kLeads, kFollows };
  Role role = Role::kUnknown;
  std::optional<Answer> latest = {};

  // A yes that is still good now.
  bool LeadsAt(base::Instant now) const {
    return latest && latest->said == Said::kYes && now < latest->deadline;
  }
};
using SeenAll = std::array<Seen, kAgents>;

class Chronicle {
 public:
  explicit Chronicle(base::Duration renew_deadline)
      : witness_(renew_deadline) {}

  void Take(const Answer& answer);

  void Note(base::Instant at, std::string text);
  std::vector<News> TakeNews();
  SeenAll Get() const;

  // The next process of this agent knows nothing of the last one.
  void Forget(int agent);

  // The first answer of `agent`, which goes on at `at`, once it has come.
  void WaitForAnswer(int agent, base::Instant at);
  std::optional<Answer> AwaitedAnswer() const;

  void StartAct(base::Instant at);
  void MainEnded(int agent, base::Instant at);
  Witness witness() const;

 private:
  void TakeAwaited(const Answer& answer) REQUIRES(mutex_);
  void Compare(const Answer& answer) REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  Witness witness_ GUARDED_BY(mutex_);
  SeenAll seen_ GUARDED_BY(mutex_);
  std::vector<News> news_ GUARDED_BY(mutex_);
  int awaited_agent_ GUARDED_BY(mutex_) = -1;
  base::Instant awaited_since_ GUARDED_BY(mutex_);
  std::optional<Answer> awaited_ GUARDED_BY(mutex_);
};

}  // namespace demo

#endif  // TESTS_DEMO_CHRONICLE_H_
