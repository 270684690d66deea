// One elector with a clock that the test moves, in front of one lease in
// memory: lets a test read like sentences. Virtual time only.
#ifndef TESTS_UNIT_ELECTION_CANDIDATE_H_
#define TESTS_UNIT_ELECTION_CANDIDATE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/check.h"
#include "agent/election/elector.h"
#include "tests/unit/election/lease_store.h"

namespace election {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

// Where the candidates' clocks begin. Times in tests count from here.
inline constexpr Instant kT0{std::chrono::hours(1)};

class Candidate {
 public:
  Candidate(Config config, LeaseStore& store)
      : elector(std::move(config)), store_(store) {}

  // ------------------------------------------------------------- what happens
  // Moves the clock; nothing else happens.
  Candidate& At(Duration since_t0) {
    CHECK(kT0 + since_t0 >= now_);
    now_ = kT0 + since_t0;
    return *this;
  }
  Candidate& Do(const Event& event) {
    for (Action& action : elector.Step(now_, event)) Take(action);
    return *this;
  }
  Candidate& Tick() { return Do(election::Tick{}); }
  // At the earliest instant that the elector asked for.
  Candidate& TickEarly() {
    now_ = std::max(now_, elector.NextWake().earliest);
    return Tick();
  }

  // The API server answers the request that is out.
  Candidate& Answer() {
    if (read) return AnswerRead();
    CHECK(write.has_value());
    const election::Write sent = *write;
    const k8s::WriteStatus status = store_.Apply(sent, ++stamp_);
    WriteDone done{.id = sent.id, .status = status};
    done.renew_time = stamp_;
    if (status == k8s::WriteStatus::kApplied) done.lease = *store_.lease();
    return Finish(done);
  }
  // Answers until nothing is asked any more, and time stands still.
  Candidate& AnswerAll() {
    for (int i = 0; i < 20 && (read || write); ++i) Answer();
    return *this;
  }
  // The request is stored, the answer gets lost.
  Candidate& LoseAnswer() {
    CHECK(write.has_value());
    store_.Apply(*write, ++stamp_);
    return Finish({.id = write->id, .renew_time = stamp_});
  }
  // The request gets lost, or comes in late: see HeldBack().
  Candidate& LoseRequest() {
    if (read) return FailRead();
    CHECK(write.has_value());
    held_back_ = {*write, ++stamp_};
    return Finish({.id = write->id, .renew_time = stamp_});
  }
  // The write that got lost last comes in after all.
  k8s::WriteStatus HeldBackArrives() {
    return store_.Apply(held_back_.first, held_back_.second);
  }
  // Certainly not stored: 403, 429, connection refused.
  Candidate& Refuse(Duration retry_after = {}) {
    if (read) return FailRead(retry_after);
    CHECK(write.has_value());
    return Finish({.id = write->id,
                   .status = k8s::WriteStatus::kRejected,
                   .retry_after = retry_after});
  }
  Candidate& FailRead(Duration retry_after = {}) {
    ReadDone done{.id = read.value().id};
    done.retry_after = retry_after;
    read.reset();
    return Do(done);
  }
  // The answer that the store would give now, for later.
  ReadDone ReadAnswer() const {
    ReadDone done{.id = read.value().id};
    done.status =
        store_.lease() ? k8s::ReadStatus::kFound : k8s::ReadStatus::kAbsent;
    if (store_.lease()) done.lease = *store_.lease();
    return done;
  }
  // Stores the write that is out; its answer is for later.
  WriteDone ApplyNow() {
    WriteDone done{.id = write.value().id};
    done.status = store_.Apply(*write, ++stamp_);
    done.renew_time = stamp_;
    if (done.status == k8s::WriteStatus::kApplied) done.lease = *store_.lease();
    return done;
  }
  Candidate& Finish(const ReadDone& done) {
    read.reset();
    return Do(done);
  }
  Candidate& Finish(const WriteDone& done) {
    write.reset();
    return Do(done);
  }

  // The watch tells everything that it has not told yet.
  Candidate& Watch() {
    const std::vector<WatchEvent>& changes = store_.changes();
    while (told_ < changes.size()) Do(changes[told_++]);
    return *this;
  }
  // The watch tells only the newest change: what came before was missed.
  Candidate& WatchNewest() {
    told_ = store_.changes().size();
    return Do(store_.changes().back());
  }
  // A prompt API server and shell, with a working watch, until then.
  Candidate& RunTo(Duration since_t0) {
    for (;;) {
      Watch().AnswerAll().Watch();
      const Instant wake = elector.NextWake().latest;
      if (wake > kT0 + since_t0) break;
      now_ = std::max(now_, wake);
      Tick();
    }
    return At(since_t0);
  }

  // ----------------------------------------------------------- what came of it
  bool Leads() const { return elector.LeadsAt(now_); }
  bool LeadsAt(Duration since_t0) const {
    return elector.LeadsAt(kT0 + since_t0);
  }
  State state() const { return elector.view().state; }
  Duration now() const { return now_ - kT0; }
  // Nothing is asked now.
  bool Waits() const { return !read && !write && !stopped; }
  bool Asks(WriteKind kind) const { return write && write->kind == kind; }
  // "T4 became leader", ...; what was told since the last Forget().
  std::vector<std::string> trace;
  void Forget() { trace.clear(); }

  Elector elector;
  std::optional<election::Read> read;  // Out now.
  std::optional<election::Write> write;
  std::vector<View> published;
  bool stopped = false;

 private:
  Candidate& AnswerRead() { return Finish(ReadAnswer()); }
  void Take(Action& action) {
    if (auto* r = std::get_if<election::Read>(&action)) {
      EXPECT_TRUE(Waits()) << "I2: two requests at once";
      read = *r;
    } else if (auto* w = std::get_if<election::Write>(&action)) {
      EXPECT_TRUE(Waits()) << "I2: two requests at once";
      EXPECT_EQ(w->write.base.has_value(), w->kind != WriteKind::kCreate)
          << "I6";
      write = *w;
    } else if (auto* p = std::get_if<Publish>(&action)) {
      published.push_back(p->view);
    } else if (auto* t = std::get_if<Transition>(&action)) {
      EXPECT_NE(t->rule, "") << "a state changed without a word";
      trace.push_back(std::string(t->rule) + " " + std::string(t->event));
    } else {
      stopped = true;
    }
  }

  LeaseStore& store_;
  Instant now_ = kT0;
  std::size_t told_ = 0;
  k8s::MicroTime stamp_ = 1'000'000;
  std::pair<election::Write, k8s::MicroTime> held_back_;
};

}  // namespace election

#endif  // TESTS_UNIT_ELECTION_CANDIDATE_H_
