#include "tests/fleet/claims.h"

#include <algorithm>
#include <utility>

namespace fleet {
namespace {

using base::Duration;
using base::Instant;

std::string Text(Instant at) { return std::to_string(at.since_boot.count()); }

// When the answer can have been computed.
struct Moment {
  Instant earliest;
  Instant latest;
};

Moment WhenComputed(const Told& told) {
  const Instant rounded_up = told.deadline - told.valid_for;
  return {std::max(told.sent, rounded_up - std::chrono::milliseconds(1)),
          std::min(told.received, rounded_up)};
}

}  // namespace

Instant Term::end() const {
  if (!stopped_at) return promised_until;
  return std::min(promised_until, std::max(*stopped_at, last_yes));
}

Duration Overlap(const Term& a, const Term& b) {
  return std::min(a.end(), b.end()) - std::max(a.first_yes, b.first_yes);
}

void Claims::Hear(const std::string& name, const Told& told) {
  Agent& agent = agents_[name];
  CompareScrape(name, agent, told);
  if (told.leads) {
    HearYes(name, agent, told);
  } else if (agent.term) {
    terms_[*agent.term].no = told;
    agent.term.reset();
  }
  agent.last = told;
}

void Claims::HearYes(const std::string& name, Agent& agent, const Told& told) {
  const Moment moment = WhenComputed(told);
  if (moment.latest < moment.earliest) {
    violations_.push_back(name + " answered a question of " + Text(told.sent) +
                          " as of another time: yes until " +
                          Text(told.deadline));
    return;
  }
  if (agent.term && terms_[*agent.term].token != told.token) {
    terms_[*agent.term].no = told;  // The next term says that this one is over.
    agent.term.reset();
  }
  if (!agent.term) {
    agent.term = terms_.size();
    terms_.push_back({.agent = name,
                      .token = told.token,
                      .first_yes = moment.latest,
                      .last_yes = moment.earliest,
                      .promised_until = told.deadline,
                      .stopped_at = agent.stopping_at,
                      .no = std::nullopt});
    return;
  }
  Term& term = terms_[*agent.term];
  if (told.deadline < term.promised_until) {
    violations_.push_back(name + " took back a part of its term: until " +
                          Text(term.promised_until) + ", then until " +
                          Text(told.deadline));
  }
  term.last_yes = std::max(term.last_yes, moment.earliest);
  term.promised_until = std::max(term.promised_until, told.deadline);
}

void Claims::Scrape(const std::string& name, const Scraped& scraped) {
  agents_[name].scraped = scraped;
}

// Judged between two answers that agree.
void Claims::CompareScrape(const std::string& name, const Agent& agent,
                           const Told& told) {
  if (!agent.scraped || !agent.last || agent.stopping_at) return;
  const Scraped& scraped = *agent.scraped;
  if (scraped.sent < agent.last->received) return;
  const bool one_term =
      agent.last->leads && told.leads && agent.last->token == told.token;
  // An answer after the end of the term scraped says nothing about it.
  const bool no_term = !agent.last->leads && !told.leads &&
                       told.received < scraped.sent + scraped.left;
  if ((one_term && !scraped.leads) || (no_term && scraped.leads)) {
    violations_.push_back(
        name + " told its metrics " + (scraped.leads ? "1" : "0") + " at " +
        Text(scraped.sent) + " and /leader the opposite before and after");
  }
}

void Claims::Stopping(const std::string& name, Instant at) {
  Agent& agent = agents_[name];
  agent.stopping_at = at;
  if (agent.term) terms_[*agent.term].stopped_at = at;
}

std::vector<Term> Claims::Terms() const {
  std::vector<Term> terms = terms_;
  std::stable_sort(
      terms.begin(), terms.end(),
      [](const Term& a, const Term& b) { return a.first_yes < b.first_yes; });
  return terms;
}

std::vector<std::string> Claims::Violations() const {
  std::vector<std::string> all = violations_;
  const std::vector<Term> terms = Terms();
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Term& a = terms[i];
    for (std::size_t j = i + 1; j < terms.size(); ++j) {
      const Term& b = terms[j];
      if (a.agent == b.agent || Overlap(a, b) <= Duration::zero()) continue;
      all.push_back("two leaders for " + std::to_string(Overlap(a, b).count()) +
                    " ns: " + a.agent + " (token " + std::to_string(a.token) +
                    ") until " + Text(a.end()) + ", " + b.agent + " (token " +
                    std::to_string(b.token) + ") from " + Text(b.first_yes));
    }
    if (i > 0 && a.token <= terms[i - 1].token) {
      all.push_back("the token did not grow: " + terms[i - 1].agent + " had " +
                    std::to_string(terms[i - 1].token) + ", then " + a.agent +
                    " " + std::to_string(a.token));
    }
  }
  return all;
}

}  // namespace fleet
