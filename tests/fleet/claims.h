// Judges what readers were told: did two agents ever lead at once? Pure, no
// clock and no socket, so that claims_test.cc can show that it fails when it
// must. All instants are of one kernel's boot clock and compare exactly: not a
// single nanosecond is forgiven. Thread: any one at a time.
//
// What is compared. An agent computes its answer at an instant c between the
// send of the question and the receipt of the answer. "Yes, until d" lets a
// reader act on it in [c, d) without asking again, so it counts to d even if
// the agent says no before: whoever leads next may not be told so before d.
// There is one exception: who was asked to stop gives up by intent, and its
// main container was asked (or has ended) at the same moment. Its last yes then
// counts to that moment, and no later yes of its own may follow the next one's.
//
// c is known to the millisecond, since d - validForMs is rounded. Of a term's
// first yes the latest possible c is taken, of the last yes the earliest, so
// what is reported has certainly happened.
#ifndef TESTS_FLEET_CLAIMS_H_
#define TESTS_FLEET_CLAIMS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"

namespace fleet {

// One answer to GET /leader. `sent` and `received` are the reader's.
struct Told {
  base::Instant sent;
  base::Instant received;
  bool leads = false;
  // Only with a yes.
  std::int64_t token = 0;
  base::Instant deadline = {};    // deadlineBoottimeNs
  base::Duration valid_for = {};  // validForMs
};

// leader_election_master_status and leader_elector_term_seconds_left.
struct Scraped {
  base::Instant sent;
  base::Instant received;
  bool leads = false;
  base::Duration left = {};
};

// What an agent was heard to claim under one fencing token.
struct Term {
  std::string agent;
  std::int64_t token = 0;
  base::Instant first_yes;  // At the latest.
  base::Instant last_yes;   // At the earliest.
  base::Instant promised_until;
  // When it was asked to stop, if it was while the term lasted.
  std::optional<base::Instant> stopped_at;
  std::optional<Told> no;  // The first one after it.

  base::Instant end() const;
};

// How long both lead. Zero or less: never.
base::Duration Overlap(const Term& a, const Term& b);

class Claims {
 public:
  // In the order of the answers of that agent.
  void Hear(const std::string& agent, const Told& told);
  void Scrape(const std::string& agent, const Scraped& scraped);
  // Just before the agent is told to stop.
  void Stopping(const std::string& agent, base::Instant at);

  std::vector<Term> Terms() const;  // By their first yes.

  // One sentence each; empty is what everybody wants.
  std::vector<std::string> Violations() const;

 private:
  struct Agent {
    std::optional<Told> last;
    std::optional<Scraped> scraped;  // Since `last`.
    std::optional<base::Instant> stopping_at;
    std::optional<std::size_t> term;  // The one that lasts.
  };

  void HearYes(const std::string& name, Agent& agent, const Told& told);
  void CompareScrape(const std::string& name, const Agent& agent,
                     const Told& told);

  std::map<std::string, Agent> agents_;
  std::vector<Term> terms_;
  std::vector<std::string> violations_;
};

}  // namespace fleet

#endif  // TESTS_FLEET_CLAIMS_H_
