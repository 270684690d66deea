// Keeps what the agents answered and says whether two ever led at once, and for
// how long nobody did. Time comes in as an argument: no clock, no thread, no
// I/O, so that a test can show that it would notice. Thread: one at a time.
#ifndef TESTS_DEMO_WITNESS_H_
#define TESTS_DEMO_WITNESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"

namespace demo {

enum class Said {
  kNo,
  kYes,
  kYesTooLate,  // It came after its own deadline: a reader must ignore it.
};

// What one agent answered to one GET /leader.
struct Answer {
  int agent = 0;
  base::Instant sent;      // Before the question left.
  base::Instant received;  // After the answer was read.
  Said said = Said::kNo;
  std::string state = {};       // "leading", "following", ...
  std::string leader = {};      // Whom it takes for the holder; "" nobody.
  std::int64_t token = 0;       // With a yes.
  base::Instant deadline = {};  // With a yes: until when it is good.
};

class Witness {
 public:
  // `renew_deadline` as the agents are configured: a term's first deadline is
  // the instant its acquiring write was sent, plus this.
  explicit Witness(base::Duration renew_deadline)
      : renew_deadline_(renew_deadline) {}

  void Take(const Answer& answer);

  // From here on nothing acts on what `agent` promised before: its main
  // container has ended. A later yes counts again.
  void MainEnded(int agent, base::Instant at);

  // Starts counting the time without a leader anew.
  void StartAct(base::Instant at);
  // Between one yes and the next, whoever gave them.
  base::Duration longest_without_leader() const { return longest_without_; }

  // When its latest term's first yes came. It must have said yes.
  base::Instant FirstYes(int agent) const;

  std::int64_t answers() const { return answers_; }

  // Pairs of terms in which both agents said yes at the same time.
  int TogetherByAnswers() const;
  // Pairs of terms that overlap if every yes is taken to hold until the
  // deadline it came with, whatever the agent said afterwards or whether it
  // still lived. The strict count: it includes the other.
  int TogetherByDeadlines() const;

 private:
  // One agent's yes answers with one token.
  struct Term {
    int agent = 0;
    std::int64_t token = 0;
    base::Instant first_sent;
    base::Instant first_received;
    base::Instant last_sent;
    base::Instant last_received;
    base::Instant first_deadline;
    base::Instant last_deadline;
    std::optional<base::Instant> main_ended = {};

    // Whether the agent led during all of this.
    bool Covers(base::Instant from, base::Instant to) const {
      return first_received <= from && to <= last_sent;
    }
  };

  static bool SaidYesTogether(const Term& a, const Term& b);
  bool PromisedTogether(const Term& a, const Term& b) const;
  template <typename Judge>
  int CountPairs(Judge judge) const;

  const base::Duration renew_deadline_;
  std::vector<Term> terms_;
  std::int64_t answers_ = 0;
  std::optional<base::Instant> last_yes_;
  base::Duration longest_without_{};
};

}  // namespace demo

#endif  // TESTS_DEMO_WITNESS_H_
