#include "tests/faults/lane.h"

#include <algorithm>
#include <filesystem>

#include "tests/faults/strike.h"
#include "tests/support/file_port_wait.h"

namespace faults {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;

constexpr int kSeats = 3;
constexpr Duration kAskEvery = milliseconds(15);
// The servers may be away for a while.
constexpr Duration kForALeader = seconds(60);
// How long the API server believes in a token that it has seen, and more.
constexpr Duration kForALateEffect = seconds(15);
constexpr Duration kForATrace = seconds(3);

// Does what needs the API server, which may be away.
template <typename F>
void Persist(const F& f) {
  const Instant give_up = BootNow() + seconds(60);
  while (true) {
    try {
      f();
      return;
    } catch (const std::runtime_error&) {
      if (BootNow() > give_up) throw;
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
}

}  // namespace

Lane::Lane(LaneOptions options, support::KubernetesCluster& cluster,
           Trace& trace)
    : options_(std::move(options)),
      lease_(std::string("campaign-") +
             static_cast<char>('a' + options_.number)),
      cluster_(cluster),
      trace_(trace),
      observer_(lease_, kAskEvery,
                [this](const std::string& agent, const fleet::Told& told) {
                  const std::lock_guard lock(mutex_);
                  history_.Hear(agent, told);
                }) {
  std::filesystem::create_directories(options_.folder);
  thread_ = std::thread([this] { Run(); });
}

Lane::~Lane() {
  finish_ = true;
  if (thread_.joinable()) thread_.join();
}

// Programs end with the thread that started them, so it stays until they may.
void Lane::Run() {
  try {
    for (int i = 0; i < kSeats; ++i) {
      const std::string name = lease_ + "-" + std::to_string(i + 1);
      seats_.push_back(std::make_unique<Seat>(
          SeatOptions{.cluster = &cluster_,
                      .observer = &observer_,
                      .lease = lease_,
                      .name = name,
                      .folder = options_.folder + "/" + std::to_string(i + 1),
                      .program = options_.program,
                      .environment = options_.environment,
                      .client_go = options_.mixed && i == kSeats - 1}));
      seats_.back()->Start();
    }
    started_ = true;
    StrikeAll();
    WaitForLeader();
  } catch (...) {
    failure_ = std::current_exception();
    trace_.ending = true;
  }
  done_ = true;
  while (!finish_) std::this_thread::sleep_for(milliseconds(20));
  for (const auto& seat : seats_) {
    seat->freezer().Thaw();  // If it was left so: what is frozen cannot end.
    for (const auto& span : seat->ClientGoSpans()) {
      client_go_spans_.push_back(span);
    }
    seat->Stop();
  }
}

void Lane::StrikeAll() {
  for (std::size_t i = 0; i < options_.plan.size() && !trace_.ending; ++i) {
    const Planned& planned = options_.plan[i];
    const bool has_inside =
        i + 1 < options_.plan.size() && options_.plan[i + 1].inside;
    const Planned* inside = has_inside ? &options_.plan[++i] : nullptr;
    if (!WaitForLeader()) return;
    SleepUntil(BootNow() + planned.pause);
    if (trace_.ending) return;
    if (StruckBy(planned.fault) == Strikes::kCandidate) {
      StrikeCandidate(planned, inside);
    } else {
      StrikeTheLease(planned);
    }
  }
}

void Lane::StrikeCandidate(const Planned& planned, const Planned* inside) {
  Seat& seat = Victim(planned);
  Struck struck{.fault = planned.fault,
                .lane = options_.number,
                .victim = seat.name(),
                .leader = seat.Leads()};
  const std::unique_ptr<Strike> strike = NewStrike(planned, seat);
  Persist([&] { strike->Begin(); });
  struck.span.from = BootNow();
  const auto look = [&] { return struck.seen = struck.seen || strike->Seen(); };
  if (strike->StartsLate()) {
    Eventually(kForALateEffect, [&] { return look() || trace_.ending; });
  }
  const Instant end = BootNow() + planned.lasts;
  if (inside != nullptr) {
    SleepUntil(BootNow() + planned.lasts / 4);
    StrikeTheLease(*inside);
  }
  while (BootNow() < end && !trace_.ending) {
    look();
    std::this_thread::sleep_for(milliseconds(20));
  }
  look();
  Persist([&] { strike->End(); });
  struck.span.to = BootNow();
  Eventually(kForATrace, look, milliseconds(50));
  trace_.Add(struck);
}

void Lane::StrikeTheLease(const Planned& planned) {
  Struck struck{.fault = planned.fault,
                .lane = options_.number,
                .victim = lease_,
                .span = {.from = BootNow()}};
  Persist([&] { struck.seen = StrikeLease(planned, cluster_, lease_); });
  struck.span.to = BootNow();
  // Everybody waits anew.
  trace_.Disturb({.lane = options_.number, .span = struck.span});
  trace_.Add(struck);
}

void Lane::SleepUntil(Instant at) const {
  while (BootNow() < at && !trace_.ending) {
    std::this_thread::sleep_for(
        std::min<Duration>(milliseconds(50), at - BootNow()));
  }
}

bool Lane::WaitForLeader() {
  const bool led = Eventually(
      kForALeader,
      [&] {
        return trace_.ending ||
               std::any_of(seats_.begin(), seats_.end(),
                           [](const auto& seat) { return seat->Leads(); });
      },
      milliseconds(30));
  if (!led) {
    throw std::runtime_error("nobody leads " + lease_ + ", and that for " +
                             std::to_string(base::ToMs(kForALeader) / 1000) +
                             " s");
  }
  return !trace_.ending;
}

Seat& Lane::Victim(const Planned& planned) {
  std::vector<Seat*> standbys;
  for (const auto& seat : seats_) {
    if (!seat->Leads()) {
      standbys.push_back(seat.get());
    } else if (planned.leader) {
      return *seat;
    }
  }
  if (standbys.empty()) return *seats_.front();  // All lead: a planted bug.
  const auto number = static_cast<std::size_t>(planned.standby);
  return *standbys.at(number % standbys.size());
}

std::size_t Lane::HolderChanges() const {
  return CountHolderChanges(observer_.Terms());
}

LaneResult Lane::Finish() {
  finish_ = true;
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  const auto log = [&](const char* name) {
    return CountStale(support::ReadFile(options_.folder + "/" + name));
  };
  return {.lease = lease_,
          .terms = observer_.Terms(),
          .violations = observer_.Violations(),
          .client_go = client_go_spans_,
          .fenced = log("fenced.log"),
          .unfenced = log("unfenced.log"),
          .answers = observer_.answers()};
}

void Lane::WriteHistory(std::ostream& out) const {
  const std::lock_guard lock(mutex_);
  history_.Write(out, lease_, BootNow());
}

std::size_t CountHolderChanges(const std::vector<fleet::Term>& terms) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < terms.size(); ++i) {
    if (terms[i].agent != terms[i - 1].agent) ++changes;
  }
  return changes;
}

}  // namespace faults
