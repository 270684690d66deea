#include "tests/demo/show.h"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>

#include "tests/demo/table.h"
#include "tests/demo/words.h"

namespace demo {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;

// Reached only when something is wrong.
constexpr seconds kPatience{30};
constexpr milliseconds kTick{25};

std::string OnePlace(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", base::ToSeconds(duration));
  return text;
}

std::string InWords(const support::ExitStatus& status) {
  if (status.signal != 0) return "signal " + std::to_string(status.signal);
  return "exit code " + std::to_string(status.code);
}

}  // namespace

Show::Show(const LeaseToWin& lease, const std::string& folder, Screen& screen)
    : screen_(screen) {
  for (int i = 0; i < kAgents; ++i) {
    agents_.push_back(std::make_unique<Agent>(
        i, lease, folder + "/" + NameOf(i) + ".log", chronicle_));
  }
}

bool Show::Run() {
  screen_.Say("Timing:  lease " + OnePlace(kLeaseDuration) +
              ", renew deadline " + OnePlace(kRenewDeadline) + ", retry " +
              OnePlace(kRetryPeriod) + " (default: 15, 10, 2 s)");
  Begin();
  Stop();
  Kill();
  Freeze();
  return Report();
}

// ------------------------------------------------------------------ acts

void Show::Begin() {
  const Instant now = BootNow();
  screen_.StartClock(now);
  OpenAct("Start",
          "Three agents start. The lease is new, so it is waited out once (" +
              OnePlace(kLeaseDuration) +
              "):\nsomebody may have deleted it "
              "under a leader that still counts on it.");
  for (int i = 0; i < kAgents; ++i) agent(i).Start();
  const int leader = WaitForLeader();
  CloseAct("start", -1, leader, now);
}

void Show::Stop() {
  OpenAct("Act 1 of 3: stop the leader (SIGTERM)",
          "It says no, gives the lease back and ends: another takes over at "
          "once.");
  const int leader = WaitForLeader();
  const std::int64_t token =
      chronicle_.Get()[static_cast<std::size_t>(leader)].latest->token;
  // A native sidecar is told to stop after its main container has ended.
  const Instant now = BootNow();
  chronicle_.Note(now, NameOf(leader) + " gets SIGTERM");
  chronicle_.MainEnded(leader, now);
  agent(leader).Terminate();
  const int successor = WaitForSuccessor(leader, token);
  WaitUntil(NameOf(leader) + " ends",
            [&] { return agent(leader).Ended().has_value(); });
  const support::ExitStatus ended = *agent(leader).Ended();
  if (ended.code != 0) {
    throw std::runtime_error(
        NameOf(leader) + " ended with code " + std::to_string(ended.code) +
        ", signal " + std::to_string(ended.signal) + ", not with code 0");
  }
  chronicle_.Note(BootNow(), NameOf(leader) + " has ended, exit code 0");
  CloseAct("stop (SIGTERM)", leader, successor, now);
  Restart(leader);
}

void Show::Kill() {
  OpenAct("Act 2 of 3: kill the leader (SIGKILL)",
          "It can tell nobody, so the others wait until its lease has run "
          "out (" +
              OnePlace(kLeaseDuration) + ").");
  const int leader = WaitForLeader();
  const std::int64_t token =
      chronicle_.Get()[static_cast<std::size_t>(leader)].latest->token;
  const Instant now = BootNow();
  agent(leader).Kill();
  chronicle_.Note(now, NameOf(leader) + " gets SIGKILL and is gone");
  const int successor = WaitForSuccessor(leader, token);
  CloseAct("kill (SIGKILL)", leader, successor, now);
  Restart(leader);
}

void Show::Freeze() {
  OpenAct("Act 3 of 3: freeze the leader (SIGSTOP), then let it go on",
          "It sleeps past the end of its lease. When it wakes up it must not "
          "think that\nit still leads, not even once.");
  const int leader = WaitForLeader();
  const std::int64_t token =
      chronicle_.Get()[static_cast<std::size_t>(leader)].latest->token;
  const Instant now = BootNow();
  agent(leader).Freeze();
  chronicle_.Note(now, NameOf(leader) + " gets SIGSTOP and is frozen");
  const int successor = WaitForSuccessor(leader, token);
  Look();
  Thaw(leader, successor);
  CloseAct("freeze (SIGSTOP)", leader, successor, now);
}

void Show::Thaw(int leader, int successor) {
  const std::string name = NameOf(leader);
  const Instant now = BootNow();
  chronicle_.WaitForAnswer(leader, now);
  chronicle_.Note(now, name + " gets SIGCONT and goes on");
  agent(leader).Continue();
  WaitUntil(name + " answers again",
            [&] { return chronicle_.AwaitedAnswer().has_value(); });
  const Answer first = *chronicle_.AwaitedAnswer();
  if (first.said == Said::kYes) {
    throw std::runtime_error(name +
                             " was frozen past its lease, and its first "
                             "answer is yes, with token " +
                             std::to_string(first.token));
  }
  WaitUntil(name + " follows " + NameOf(successor), [&] {
    const Seen seen = chronicle_.Get()[static_cast<std::size_t>(leader)];
    return seen.role == Seen::Role::kFollows;
  });
}

bool Show::Report() {
  Look();
  screen_.Draw({});
  screen_.Say("\nWhat was seen", Paint::kBold);
  screen_.Say(
      "  act               leader            next led after   nobody led for");
  for (const Result& result : results_) {
    screen_.Say("  " + Padded(result.what, 18) + Padded(result.hand_over, 18) +
                Padded(InWords(result.took), 17) + InWords(result.nobody));
  }
  const Witness witness = chronicle_.witness();
  const int by_answers = witness.TogetherByAnswers();
  const int by_deadlines = witness.TogetherByDeadlines();
  screen_.Say("\n  " + WithCommas(witness.answers()) +
              " answers to GET /leader were looked at; each agent was asked "
              "every " +
              std::to_string(kAskEvery.count()) + " ms.");
  const bool good = by_answers == 0 && by_deadlines == 0;
  screen_.Say("\n  Two led at once: " + std::to_string(by_answers) +
                  " times by what they answered at the same moment,\n" +
                  Padded("", 19) + std::to_string(by_deadlines) +
                  " times by the deadlines their answers promised.",
              good ? Paint::kGood : Paint::kBad);
  return good;
}

// ------------------------------------------------------------- directing

void Show::OpenAct(const std::string& title, const std::string& sentence) {
  if (!results_.empty()) Look();
  act_ = title;
  screen_.Say("\n" + title, Paint::kBold);
  screen_.Say(sentence, Paint::kDim);
  if (!results_.empty()) Look();
  chronicle_.StartAct(BootNow());
}

void Show::CloseAct(const std::string& what, int before, int after,
                    Instant since) {
  const Witness witness = chronicle_.witness();
  const Duration nobody = witness.longest_without_leader();
  const Instant led = witness.FirstYes(after);
  results_.push_back(
      {what,
       before < 0 ? NameOf(after) : NameOf(before) + " -> " + NameOf(after),
       led - since, nobody});
  Tick();
  screen_.Say("           => " + NameOf(after) + " led after " +
                  InWords(led - since) + "; nobody led for " + InWords(nobody) +
                  ".",
              Paint::kBold);
}

void Show::Look() {
  const Instant until =
      BootNow() + (screen_.live() ? seconds(2) : milliseconds(500));
  WaitUntil("time passes", [&] { return BootNow() >= until; });
}

void Show::Restart(int i) {
  chronicle_.Note(BootNow(), NameOf(i) + " is started again");
  agent(i).Start();
  WaitForLeader();
  Tick();
}

int Show::WaitForLeader() {
  int leader = -1;
  WaitUntil("one agent leads and the others follow it", [&] {
    const SeenAll all = chronicle_.Get();
    const Instant now = BootNow();
    const auto leads = std::find_if(
        all.begin(), all.end(), [&](const Seen& s) { return s.LeadsAt(now); });
    if (leads == all.end()) return false;
    leader = static_cast<int>(leads - all.begin());
    const auto followers =
        std::count_if(all.begin(), all.end(), [&](const Seen& s) {
          return s.role == Seen::Role::kFollows &&
                 s.latest->leader == NameOf(leader);
        });
    return followers == kAgents - 1;
  });
  return leader;
}

int Show::WaitForSuccessor(int before, std::int64_t token) {
  int successor = -1;
  WaitUntil("another agent leads, with a greater token", [&] {
    const SeenAll all = chronicle_.Get();
    for (int i = 0; i < kAgents; ++i) {
      const Seen& seen = all[static_cast<std::size_t>(i)];
      if (i != before && seen.LeadsAt(BootNow()) &&
          seen.latest->token > token) {
        successor = i;
      }
    }
    return successor >= 0;
  });
  return successor;
}

void Show::WaitUntil(const std::string& what,
                     const std::function<bool()>& done) {
  const Instant limit = BootNow() + kPatience;
  while (!done()) {
    if (BootNow() >= limit) {
      throw std::runtime_error("did not happen within " + OnePlace(kPatience) +
                               ": " + what);
    }
    Tick();
  }
}

void Show::Tick() {
  for (int i = 0; i < kAgents; ++i) {
    if (!agent(i).EndedUnasked()) continue;
    throw std::runtime_error(NameOf(i) +
                             " ended by itself: " + InWords(*agent(i).Ended()));
  }
  for (const News& news : chronicle_.TakeNews()) {
    screen_.Tell(news.at, news.text);
  }
  Lives lives{};
  for (std::size_t i = 0; i < lives.size(); ++i) lives[i] = agents_[i]->life();
  screen_.Draw(TableOf(act_, chronicle_.Get(), lives, BootNow()));
  sigset_t stop;
  sigemptyset(&stop);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stop, number);
  const timespec time{0, std::chrono::nanoseconds(kTick).count()};
  const int number = sigtimedwait(&stop, nullptr, &time);
  if (number > 0) throw Interrupted{number};
}

}  // namespace demo
