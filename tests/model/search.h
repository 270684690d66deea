// All that can happen between two candidates, one lease and a network, with a
// number of faults: every order of ticks, requests, answers and watch events is
// tried. Time goes in steps of a second, for ever: states that differ in the
// date alone are one.
#ifndef TESTS_MODEL_SEARCH_H_
#define TESTS_MODEL_SEARCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/election/elector.h"
#include "tests/model/fingerprint.h"
#include "tests/unit/election/lease_store.h"

namespace model {

using election::Duration;
using election::Instant;

// How one came to a state: for the trace of a violation.
struct Path {
  std::shared_ptr<const Path> before;
  std::string what;
};

// A request that its sender has not heard the end of.
struct Mail {
  std::optional<election::Write> write;  // Else a read.
  std::uint64_t id = 0;
  Instant deadline;
  k8s::MicroTime stamp = 0;
  bool arrived = false;  // At the store.
  bool held_up = false;  // A fault that has been counted.
  // What comes back, unless it gets lost.
  std::optional<election::Event> answer{};
};

struct Candidate {
  explicit Candidate(const election::Config& config) : elector(config) {}

  election::Elector elector;
  int life = 1;
  bool paused = false;
  bool gone = false;  // Has ended in good order.
  std::optional<Mail> mail;
  std::vector<Mail> late;  // Given up by their sender, still on their way.
  bool watching = false;
  std::size_t told = 0;  // Of the store's changes.
  bool leads = false;    // As published last.
  Instant main_until;    // Its main container may act until then.
};

struct Limits {
  int faults = 1;
  bool lease_exists = true;  // At the start: released, and free at once.
  // Requests and watch events take no time, unless a fault holds them up. That
  // leaves out most orders, and room for more faults.
  bool prompt = false;
};

class State {
 public:
  explicit State(const Limits& limits);
  State(const State&) = default;

  // Every state that may follow. False: `broken()` says why a rule is broken.
  std::vector<std::unique_ptr<State>> Successors() const;
  const std::string& broken() const { return broken_; }
  std::string Bytes() const;
  // What happened, one line each.
  std::vector<std::string> Story() const;
  int terms() const { return terms_; }

 private:
  using List = std::vector<std::unique_ptr<State>>;
  State& Then(List& next, const std::string& what) const;
  const char* NameOf(std::size_t i) const { return i == 0 ? "a" : "b"; }

  void AddTime(List& next) const;
  void AddSteps(std::size_t i, List& next) const;
  void AddMail(std::size_t i, List& next) const;
  void AddTimeout(std::size_t i, List& next) const;
  void AddFaults(std::size_t i, List& next) const;
  void AddEdits(List& next) const;

  void Step(std::size_t i, const election::Event& event);
  void Take(std::size_t i, const election::Action& action);
  void Arrive(Mail& mail);
  void Follow(std::size_t i, const election::Event& answer);
  void Restart(std::size_t i);
  void TellWatchers();
  void DropWhatCannotMatter();
  std::vector<std::int64_t> Versions() const;
  void AddMailTo(election::Fingerprint& print, const Mail& mail) const;
  void CheckLeader(std::size_t i);
  void Fail(const std::string& what);

  Limits limits_;
  Instant now_{std::chrono::hours(1)};
  int faults_left_ = 0;
  election::LeaseStore store_;
  k8s::MicroTime stamps_ = 1;
  std::vector<Candidate> candidates_;
  std::int64_t highest_token_ = 0;
  int terms_ = 0;
  std::string broken_;
  std::shared_ptr<const Path> path_;
};

}  // namespace model

#endif  // TESTS_MODEL_SEARCH_H_
