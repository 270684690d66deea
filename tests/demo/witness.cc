#include "tests/demo/witness.h"

#include <algorithm>

#include "agent/base/check.h"

namespace demo {

using base::Instant;

void Witness::Take(const Answer& answer) {
  ++answers_;
  if (answer.said != Said::kYes) return;
  // Answers of several agents may be handed over in another order.
  if (last_yes_) {
    longest_without_ = std::max(longest_without_, answer.received - *last_yes_);
  }
  last_yes_ = std::max(last_yes_.value_or(answer.received), answer.received);

  const auto term =
      std::find_if(terms_.begin(), terms_.end(), [&](const Term& candidate) {
        return candidate.agent == answer.agent &&
               candidate.token == answer.token;
      });
  if (term == terms_.end()) {
    terms_.push_back({.agent = answer.agent,
                      .token = answer.token,
                      .first_sent = answer.sent,
                      .first_received = answer.received,
                      .last_sent = answer.sent,
                      .last_received = answer.received,
                      .first_deadline = answer.deadline,
                      .last_deadline = answer.deadline});
    return;
  }
  term->last_sent = answer.sent;
  term->last_received = answer.received;
  term->last_deadline = std::max(term->last_deadline, answer.deadline);
}

void Witness::MainEnded(int agent, Instant at) {
  for (Term& term : terms_) {
    if (term.agent == agent) term.main_ended = at;
  }
}

void Witness::StartAct(Instant at) {
  longest_without_ = {};
  if (!last_yes_) last_yes_ = at;
}

Instant Witness::FirstYes(int agent) const {
  const auto term =
      std::find_if(terms_.rbegin(), terms_.rend(),
                   [&](const Term& t) { return t.agent == agent; });
  CHECK(term != terms_.rend());
  return term->first_received;
}

// A yes was true at some instant between its question and its answer, and
// between two of them the agent led all the time.
bool Witness::SaidYesTogether(const Term& a, const Term& b) {
  return a.Covers(b.first_sent, b.first_received) ||
         a.Covers(b.last_sent, b.last_received) ||
         b.Covers(a.first_sent, a.first_received) ||
         b.Covers(a.last_sent, a.last_received);
}

bool Witness::PromisedTogether(const Term& a, const Term& b) const {
  const auto began = [this](const Term& term) {
    return std::max(term.first_sent, term.first_deadline - renew_deadline_);
  };
  const auto ended = [](const Term& term) {
    if (!term.main_ended) return term.last_deadline;
    return std::max(*term.main_ended, term.last_sent);
  };
  return began(a) < ended(b) && began(b) < ended(a);
}

template <typename Judge>
int Witness::CountPairs(Judge judge) const {
  int count = 0;
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    for (std::size_t j = i + 1; j < terms_.size(); ++j) {
      if (terms_[i].agent == terms_[j].agent) continue;
      if (judge(terms_[i], terms_[j])) ++count;
    }
  }
  return count;
}

int Witness::TogetherByAnswers() const { return CountPairs(SaidYesTogether); }

int Witness::TogetherByDeadlines() const {
  return CountPairs(
      [this](const Term& a, const Term& b) { return PromisedTogether(a, b); });
}

}  // namespace demo
