#include "tests/demo/chronicle.h"

#include <utility>

#include "tests/demo/words.h"

namespace demo {

using base::Instant;
using base::MutexLock;

std::string NameOf(int agent) { return "web-" + std::to_string(agent + 1); }

void Chronicle::Take(const Answer& answer) {
  MutexLock lock(mutex_);
  witness_.Take(answer);
  if (answer.agent == awaited_agent_ && !awaited_ &&
      answer.received >= awaited_since_) {
    TakeAwaited(answer);
  }
  Compare(answer);
}

void Chronicle::TakeAwaited(const Answer& answer) {
  awaited_ = answer;
  if (answer.said == Said::kYes) return;  // Compare() tells it.
  const char* what =
      answer.said == Said::kNo ? "no" : "yes, too late: to be ignored";
  const std::string text =
      NameOf(answer.agent) + "'s first answer, " +
      InWords(answer.received - awaited_since_) + " later: " + what +
      (answer.sent < awaited_since_ ? " (asked while frozen)" : "");
  news_.push_back({answer.received, text});
  seen_[static_cast<std::size_t>(answer.agent)].role = Seen::Role::kUnknown;
}

// Makes news of what is different from this agent's answers so far.
void Chronicle::Compare(const Answer& answer) {
  Seen& seen = seen_[static_cast<std::size_t>(answer.agent)];
  const std::string name = NameOf(answer.agent);
  const auto tell = [&](const std::string& what) {
    news_.push_back({answer.received, name + " " + what});
  };
  if (answer.said == Said::kYes) {
    const bool new_term = seen.role != Seen::Role::kLeads || !seen.latest ||
                          seen.latest->token != answer.token;
    if (new_term) {
      tell("leads: token " + std::to_string(answer.token) +
           ", good for another " + InWords(answer.deadline - answer.received));
    }
    seen.role = Seen::Role::kLeads;
  } else if (answer.said == Said::kNo) {
    if (seen.role == Seen::Role::kLeads) {
      tell("says no");
      seen.role = Seen::Role::kUnknown;
    }
    const bool follows = answer.state == "following" &&
                         !answer.leader.empty() && answer.leader != name;
    if (follows && seen.role != Seen::Role::kFollows) {
      tell("follows " + answer.leader);
      seen.role = Seen::Role::kFollows;
    }
  }
  seen.latest = answer;
}

void Chronicle::Note(Instant at, std::string text) {
  MutexLock lock(mutex_);
  news_.push_back({at, std::move(text)});
}

std::vector<News> Chronicle::TakeNews() {
  MutexLock lock(mutex_);
  return std::exchange(news_, {});
}

SeenAll Chronicle::Get() const {
  MutexLock lock(mutex_);
  return seen_;
}

void Chronicle::Forget(int agent) {
  MutexLock lock(mutex_);
  seen_[static_cast<std::size_t>(agent)] = {};
}

void Chronicle::WaitForAnswer(int agent, Instant at) {
  MutexLock lock(mutex_);
  awaited_agent_ = agent;
  awaited_since_ = at;
  awaited_.reset();
}

std::optional<Answer> Chronicle::AwaitedAnswer() const {
  MutexLock lock(mutex_);
  return awaited_;
}

void Chronicle::StartAct(Instant at) {
  MutexLock lock(mutex_);
  witness_.StartAct(at);
}

void Chronicle::MainEnded(int agent, Instant at) {
  MutexLock lock(mutex_);
  witness_.MainEnded(agent, at);
}

Witness Chronicle::witness() const {
  MutexLock lock(mutex_);
  return witness_;
}

}  // namespace demo
