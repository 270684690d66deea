#include "tests/model/search.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/election/trace.h"

namespace model {
namespace {

using election::Event;
using election::ReadDone;
using election::WriteDone;
using election::WriteKind;
using k8s::WriteStatus;
using std::chrono::seconds;

constexpr Duration kTick = seconds(1);

// The smallest numbers with room for each rule: D + G < L, R < D.
election::Config ConfigOf(std::size_t i, int life) {
  election::Config config;
  config.incarnation = (i == 0 ? "a_" : "b_") + std::to_string(life);
  config.lease_duration = seconds(4);
  config.renew_deadline = seconds(2);
  config.retry_period = seconds(1);
  config.stop_grace = seconds(1);
  config.stop_order = i == 0 ? election::StopOrder::kSidecarLast
                             : election::StopOrder::kTogether;
  return config;
}

}  // namespace

State::State(const Limits& limits)
    : limits_(limits), faults_left_(limits.faults) {
  if (limits.lease_exists) {
    k8s::LeaseRecord released;
    released.uid = "uid-0";
    released.transitions = 3;
    released.duration_seconds = 1;
    released.mark = {"uid-0", "z_1", 3};
    store_.Put(released);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    candidates_.emplace_back(ConfigOf(i, 1));
    candidates_[i].told = store_.changes().size();
  }
  Step(0, election::Start{});
  Step(1, election::Start{});
}

State& State::Then(List& next, const std::string& what) const {
  next.push_back(std::make_unique<State>(*this));
  next.back()->path_ = std::make_shared<Path>(Path{path_, what});
  return *next.back();
}

std::vector<std::unique_ptr<State>> State::Successors() const {
  List next;
  if (!broken_.empty()) return next;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    AddSteps(i, next);
    AddMail(i, next);
    AddTimeout(i, next);
    if (faults_left_ > 0) AddFaults(i, next);
  }
  if (faults_left_ > 0) AddEdits(next);
  AddTime(next);
  for (const auto& state : next) {
    if (limits_.prompt) state->TellWatchers();
    state->DropWhatCannotMatter();
  }
  return next;
}

// Time goes on when nobody has anything left to do by now.
void State::AddTime(List& next) const {
  for (const Candidate& c : candidates_) {
    if (c.paused || c.gone) continue;
    if (c.elector.NextWake().latest < now_ + kTick) return;
    if (c.mail && c.mail->deadline <= now_) return;
    if (c.mail && limits_.prompt && !c.mail->held_up) return;
  }
  Then(next, "a second passes").now_ = now_ + kTick;
}

// What candidate i does of itself.
void State::AddSteps(std::size_t i, List& next) const {
  const Candidate& c = candidates_[i];
  const std::string name = NameOf(i);
  if (c.gone) return;
  if (c.paused) {
    Then(next, name + " goes on").candidates_[i].paused = false;
    return;
  }
  if (c.elector.NextWake().earliest <= now_) {
    Then(next, name + " wakes").Step(i, election::Tick{});
  }
  if (c.watching && c.told < store_.changes().size()) {
    State& then = Then(next, name + " is told by the watch");
    const election::WatchEvent event = store_.changes()[c.told];
    ++then.candidates_[i].told;
    then.Step(i, event);
  }
}

void State::AddMail(std::size_t i, List& next) const {
  const Candidate& c = candidates_[i];
  const std::string name = NameOf(i);
  for (std::size_t k = 0; k < c.late.size(); ++k) {
    State& then = Then(next, "a late write of " + name + " arrives");
    Mail mail = c.late[k];
    auto& late = then.candidates_[i].late;
    late.erase(late.begin() + static_cast<std::ptrdiff_t>(k));
    then.Arrive(mail);
  }
  if (!c.mail) return;
  if (limits_.prompt && !c.mail->held_up && !c.mail->arrived) {
    if (c.paused || c.gone) return;
    State& then = Then(next, "the request of " + name + " is answered");
    Mail mail = *then.candidates_[i].mail;
    then.Arrive(mail);
    then.candidates_[i].mail.reset();
    then.Step(i, *mail.answer);
    then.Follow(i, *mail.answer);
  } else if (!c.mail->arrived) {
    State& then = Then(next, "the request of " + name + " arrives");
    then.Arrive(*then.candidates_[i].mail);
  } else if (c.mail->answer && !c.paused && !c.gone) {
    State& then = Then(next, name + " is answered");
    const Event answer = *c.mail->answer;
    then.candidates_[i].mail.reset();
    then.Step(i, answer);
    then.Follow(i, answer);
  }
}

// No answer by the deadline: a fault of the network, unless it has happened
// already.
void State::AddTimeout(std::size_t i, List& next) const {
  const Candidate& c = candidates_[i];
  if (!c.mail || c.paused || c.gone || c.mail->deadline > now_) return;
  const bool lost = (c.mail->arrived && !c.mail->answer) || c.mail->held_up;
  if (!lost && faults_left_ == 0) return;
  const std::string name = NameOf(i);
  const auto time_out = [&](State& then) {
    if (!lost) --then.faults_left_;
    const Mail mail = *then.candidates_[i].mail;
    then.candidates_[i].mail.reset();
    if (mail.write) {
      WriteDone unknown{.id = mail.id};
      unknown.renew_time = mail.stamp;
      then.Step(i, unknown);
    } else {
      then.Step(i, ReadDone{.id = mail.id});
    }
  };
  time_out(Then(next, name + "'s request times out, and is lost"));
  if (c.mail->arrived || !c.mail->write) return;
  State& then = Then(next, name + "'s request times out, and is late");
  then.candidates_[i].late.push_back(*c.mail);
  time_out(then);
}

void State::AddFaults(std::size_t i, List& next) const {
  const Candidate& c = candidates_[i];
  const std::string name = NameOf(i);
  if (c.gone) return;
  const auto fault = [&](const std::string& what) -> State& {
    State& then = Then(next, what);
    --then.faults_left_;
    return then;
  };
  if (limits_.prompt && c.mail && !c.mail->held_up && !c.paused) {
    fault("the request of " + name + " is held up")
        .candidates_[i]
        .mail->held_up = true;
  }
  if (c.mail && c.mail->arrived && c.mail->answer && !c.mail->held_up) {
    fault("the answer to " + name + " is lost").candidates_[i].mail->answer =
        std::nullopt;
  }
  fault(name + " is killed and starts again").Restart(i);
  if (c.paused) return;
  fault(name + " is paused").candidates_[i].paused = true;
  if (c.watching) {
    State& then = fault(name + " loses its watch");
    then.candidates_[i].watching = false;
    then.Step(i, election::WatchLost{});
  }
  fault(name + " gives up").Step(i, election::GiveUp{});
  State& then = fault(name + " is asked to stop");
  // sidecar-last: its main container has ended before.
  if (i == 0) then.candidates_[i].main_until = {};
  then.Step(i, election::StopRequested{});
  if (i == 0) then.candidates_[i].main_until = {};
}

void State::AddEdits(List& next) const {
  if (!store_.lease()) return;
  const auto fault = [&](const std::string& what) -> State& {
    State& then = Then(next, what);
    --then.faults_left_;
    return then;
  };
  fault("somebody deletes the lease").store_.Delete();
  fault("somebody changes a label").store_.EditLabel();
  if (store_.record().holder.empty()) return;
  fault("somebody empties the holder").store_.Edit([](k8s::LeaseRecord& r) {
    r.holder.clear();
  });
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const std::string to = ConfigOf(i, candidates_[i].life).incarnation;
    if (store_.record().holder == to) continue;
    fault("somebody gives it to " + to).store_.Edit([&](k8s::LeaseRecord& r) {
      r.holder = to;
    });
  }
}

// ------------------------------------------------------------------ effects

void State::Step(std::size_t i, const Event& event) {
  for (const election::Action& action :
       candidates_[i].elector.Step(now_, event)) {
    Take(i, action);
  }
}

void State::Take(std::size_t i, const election::Action& action) {
  Candidate& c = candidates_[i];
  if (const auto* publish = std::get_if<election::Publish>(&action)) {
    const Duration grace = ConfigOf(i, 1).stop_grace;
    const bool led = std::exchange(c.leads, publish->view.leads);
    if (led && !c.leads) c.main_until = std::min(c.main_until, now_ + grace);
    if (c.leads) c.main_until = publish->view.valid_until + grace;
    CheckLeader(i);
  } else if (const auto* read = std::get_if<election::Read>(&action)) {
    if (c.mail) return Fail("I2: two requests at once");
    c.mail =
        Mail{.write = std::nullopt, .id = read->id, .deadline = read->deadline};
  } else if (const auto* write = std::get_if<election::Write>(&action)) {
    if (c.mail) return Fail("I2: two requests at once");
    if (write->kind == WriteKind::kRelease && c.leads) {
      Fail("I3: release before the role is published down");
    }
    const auto& base = write->write.base;
    if (base.has_value() == (write->kind == WriteKind::kCreate) ||
        (base && base->record.uid.empty())) {
      Fail("I6: a write without the state that it replaces");
    }
    c.mail =
        Mail{.write = *write, .id = write->id, .deadline = write->deadline};
    c.mail->stamp = ++stamps_;
  } else if (const auto* t = std::get_if<election::Transition>(&action)) {
    if (t->to == election::State::kRefusing) Fail("T11: nothing was restored");
    if (t->to != election::State::kLeading ||
        t->from == election::State::kLeading) {
      return;
    }
    ++terms_;
    if (t->fencing_token < highest_token_) Fail("I8: the token fell");
    highest_token_ = t->fencing_token;
    const Candidate& other = candidates_[1 - i];
    if (other.main_until > now_) {
      Fail(std::string(NameOf(1 - i)) + "'s main may still act");
    }
  } else {
    c.gone = true;
  }
}

void State::CheckLeader(std::size_t i) {
  if (candidates_.size() < 2) return;  // Still being set up.
  const Candidate& other = candidates_[1 - i];
  if (candidates_[i].elector.LeadsAt(now_) && other.leads &&
      other.elector.LeadsAt(now_)) {
    Fail("I1: both lead");
  }
}

void State::Arrive(Mail& mail) {
  mail.arrived = true;
  if (!mail.write) {
    ReadDone done{.id = mail.id, .status = k8s::ReadStatus::kAbsent};
    if (store_.lease()) {
      done.status = k8s::ReadStatus::kFound;
      done.lease = *store_.lease();
    }
    mail.answer = done;
    return;
  }
  const std::int64_t before = store_.lease() ? store_.record().transitions : 0;
  WriteDone done{.id = mail.id};
  done.status = store_.Apply(*mail.write, mail.stamp);
  done.renew_time = mail.stamp;
  if (done.status == WriteStatus::kApplied) {
    done.lease = *store_.lease();
    if (store_.record().transitions < before) Fail("I5: transitions fell");
  }
  mail.answer = done;
}

// As the agent does: a version that a request has shown is followed.
void State::Follow(std::size_t i, const Event& answer) {
  Candidate& c = candidates_[i];
  std::int64_t version = 0;
  if (const auto* read = std::get_if<ReadDone>(&answer)) {
    version = read->lease.resource_version;
  } else if (const auto* write = std::get_if<WriteDone>(&answer)) {
    version = write->lease.resource_version;
  }
  if (c.watching || c.gone || version == 0) return;
  c.watching = true;
  const auto& changes = store_.changes();
  c.told = 0;
  while (c.told < changes.size() &&
         changes[c.told].lease.resource_version <= version) {
    ++c.told;
  }
  Step(i, election::WatchLive{});
}

void State::Restart(std::size_t i) {
  const Candidate& old = candidates_[i];
  const int life = old.life + 1;
  Candidate fresh(ConfigOf(i, life));
  fresh.life = life;
  fresh.late = old.late;
  fresh.main_until =
      std::min(old.main_until, now_ + ConfigOf(i, life).stop_grace);
  if (old.mail && old.mail->write && !old.mail->arrived) {
    fresh.late.push_back(*old.mail);
  }
  std::vector<Candidate> all;
  for (std::size_t k = 0; k < candidates_.size(); ++k) {
    all.push_back(k == i ? fresh : candidates_[k]);
  }
  candidates_.swap(all);
  Step(i, election::Start{});
}

void State::Fail(const std::string& what) {
  if (broken_.empty()) broken_ = what;
}

void State::TellWatchers() {
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    Candidate& c = candidates_[i];
    while (c.watching && !c.paused && !c.gone &&
           c.told < store_.changes().size()) {
      const election::WatchEvent event = store_.changes()[c.told++];
      Step(i, event);
    }
  }
}

// ------------------------------------------------------------------ identity

// A write over a state that is gone is refused whenever it comes. A watch that
// has fallen far behind is closed by the server.
void State::DropWhatCannotMatter() {
  constexpr std::size_t kFar = 3;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    Candidate& c = candidates_[i];
    std::erase_if(c.late, [&](const Mail& mail) {
      const auto& base = mail.write->write.base;
      return base && (!store_.lease() || base->resource_version !=
                                             store_.lease()->resource_version);
    });
    if (!c.watching || c.told + kFar >= store_.changes().size()) continue;
    c.watching = false;
    if (!c.gone) Step(i, election::WatchLost{});
  }
}

std::vector<std::int64_t> State::Versions() const {
  std::vector<std::int64_t> versions = {0};
  const auto add_mail = [&](const Mail& mail) {
    if (mail.write && mail.write->write.base) {
      versions.push_back(mail.write->write.base->resource_version);
    }
    if (!mail.answer) return;
    if (const auto* read = std::get_if<ReadDone>(&*mail.answer)) {
      versions.push_back(read->lease.resource_version);
    } else if (const auto* done = std::get_if<WriteDone>(&*mail.answer)) {
      versions.push_back(done->lease.resource_version);
    }
  };
  if (store_.lease()) versions.push_back(store_.lease()->resource_version);
  for (const Candidate& c : candidates_) {
    election::Fingerprint::VersionsOf(c.elector, versions);
    if (c.mail) add_mail(*c.mail);
    for (const Mail& mail : c.late) add_mail(mail);
    if (!c.watching) continue;
    for (std::size_t k = c.told; k < store_.changes().size(); ++k) {
      versions.push_back(store_.changes()[k].follows);
      versions.push_back(store_.changes()[k].lease.resource_version);
    }
  }
  std::sort(versions.begin(), versions.end());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  return versions;
}

void State::AddMailTo(election::Fingerprint& print, const Mail& mail) const {
  print.Add(mail.write ? static_cast<std::int64_t>(mail.write->kind) : -1);
  print.AddInstant(mail.deadline);
  print.Add(std::int64_t{mail.held_up} * 4 + mail.arrived * 2 +
            mail.answer.has_value());
  if (mail.write) print.AddStamp(mail.stamp);
  if (!mail.arrived && mail.write) {
    print.Add(mail.write->write.record);
    if (mail.write->write.base) print.Add(*mail.write->write.base);
  }
  if (!mail.answer) return;
  if (const auto* read = std::get_if<ReadDone>(&*mail.answer)) {
    print.Add(static_cast<std::int64_t>(read->status));
    print.Add(read->lease);
  } else if (const auto* done = std::get_if<WriteDone>(&*mail.answer)) {
    print.Add(static_cast<std::int64_t>(done->status));
    print.Add(done->lease);
  }
}

std::string State::Bytes() const {
  const std::int64_t transitions =
      store_.lease() ? store_.record().transitions : 0;
  election::Fingerprint print(now_, Versions(), transitions);
  print.Add(std::int64_t{faults_left_});
  print.Add(std::int64_t{store_.lease().has_value()});
  if (store_.lease()) print.Add(*store_.lease());
  for (const Candidate& c : candidates_) {
    print.Add(c.elector);
    print.Add(std::int64_t{c.paused} * 8 + c.gone * 4 + c.watching * 2 +
              c.leads);
    print.AddInstant(c.main_until);
    if (c.mail) AddMailTo(print, *c.mail);
    for (const Mail& mail : c.late) {
      print.Add(std::string("late"));
      AddMailTo(print, mail);
    }
    if (!c.watching) continue;
    for (std::size_t k = c.told; k < store_.changes().size(); ++k) {
      const election::WatchEvent& event = store_.changes()[k];
      print.AddVersion(event.follows);
      print.Add(std::int64_t{event.deleted});
      print.Add(event.lease);
    }
  }
  return print.bytes();
}

std::vector<std::string> State::Story() const {
  std::vector<std::string> story;
  for (const Path* p = path_.get(); p; p = p->before.get()) {
    story.push_back(p->what);
  }
  std::reverse(story.begin(), story.end());
  return story;
}

}  // namespace model
