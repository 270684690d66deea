// The process around an elector, as agent/runtime/election_loop.cc has it:
// events wait in a queue, wake-ups are drawn from their window, writes are
// stamped.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "agent/election/trace.h"
#include "tests/sim/world.h"

namespace sim {

using election::Event;
using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

Instant World::Local(std::size_t i) const {
  const Candidate& candidate = swarm_.candidates[i];
  const Duration counted = now() - nodes_[i].slept;
  return {candidate.offset +
          InMicros(Duration(std::llround(static_cast<double>(counted.count()) *
                                         candidate.rate)))};
}

// From now until the local clock shows at least `local`, which it may do two
// microseconds late: it counts whole ones.
Duration World::TrueDelay(std::size_t i, Instant local) const {
  const Candidate& candidate = swarm_.candidates[i];
  const Duration ticks = local.since_boot - candidate.offset;
  const Duration at(
      std::llround(static_cast<double>(ticks.count()) / candidate.rate));
  return std::max(at + nodes_[i].slept + 2us - now(), 0ns);
}

void World::StartNode(std::size_t i) {
  Node& node = nodes_[i];
  ++node.life;
  const char letter = static_cast<char>('a' + i % 26);
  node.config.incarnation = std::string(1, letter) + std::to_string(i / 26) +
                            "_" + std::to_string(node.life);
  node.elector = std::make_unique<election::Elector>(node.config);
  node.plan = std::make_unique<runtime::WatchPlan>(node.config.retry_period);
  node.session.reset();
  node.stream = {.id = node.stream.id + 1};
  node.queued_until = node.paused_until = {};
  node.request = 0;
  node.window = {};
  node.stamp = 0;
  node.stopped = false;
  judge_.OnStart(i, node.config.incarnation);
  if (trace_ && i == kTraced) {
    trace_->OnStart(node.config.incarnation, Local(i));
  }
  if (verbose_) Say("start " + node.config.incarnation);
  Step(i, election::Start{});
}

// A paused process does what was asked of it when it goes on; one that has
// ended, never.
void World::AtNode(std::size_t i, Duration delay, Thunk what) {
  agenda_.After(delay, [this, i, what = std::move(what),
                        life = nodes_[i].life]() mutable {
    const Node& node = nodes_[i];
    if (node.life != life || node.stopped) return;
    if (node.paused_until > now()) {
      return AtNode(i, node.paused_until - now(), std::move(what));
    }
    what();
  });
}

// From one of its threads to the elector's, in order.
void World::Post(std::size_t i, Event event) {
  Node& node = nodes_[i];
  const Duration hop = faults_ ? swarm_.hop : 1ms;
  node.queued_until =
      std::max(node.queued_until, now() + dice_.Between(0s, hop));
  AtNode(i, node.queued_until - now(),
         [this, i, event = std::move(event)] { Step(i, event); });
}

void World::Step(std::size_t i, const Event& event) {
  if (!error().empty()) return;
  Node& node = nodes_[i];
  const Instant local = Local(i);
  const bool due = node.window.earliest <= local;
  const election::WakeWindow window = node.window;
  if (const auto* read = std::get_if<election::ReadDone>(&event)) {
    judge_.OnAnswer(i, read->id);
  } else if (const auto* write = std::get_if<election::WriteDone>(&event)) {
    judge_.OnAnswer(i, write->id);
  }
  const std::int64_t second = now() / 1s;
  node.steps = second == node.second ? node.steps + 1 : 0;
  node.second = second;
  if (node.steps > 400) return Fail("a busy loop");
  judge_.OnEvent(now());

  const election::Actions actions = node.elector->Step(local, event);
  if (trace_ && i == kTraced) {
    trace_->OnStep(local, event, actions, node.elector->view());
  }
  for (const election::Action& action : actions) {
    if (verbose_) {
      Say("  " + node.config.incarnation + " " +
          election::ToLine(action, local));
    }
    Take(i, action);
  }
  if (node.stopped) return;
  if (const auto version = node.plan->On(local, event)) Follow(i, *version);
  const bool ticked = std::holds_alternative<election::Tick>(event);
  if (ticked && due && node.elector->NextWake() == window) {
    return Fail("a tick that was due moved nothing");
  }
  SetWake(i, ticked);
}

void World::Take(std::size_t i, const election::Action& action) {
  Node& node = nodes_[i];
  if (const auto* publish = std::get_if<election::Publish>(&action)) {
    judge_.OnPublish(i, publish->view, now());
  } else if (const auto* read = std::get_if<election::Read>(&action)) {
    judge_.OnRead(i, read->id);
    node.request = read->id;
    Send(i, *read);
  } else if (const auto* write = std::get_if<election::Write>(&action)) {
    judge_.OnWrite(i, *write);
    node.request = write->id;
    Send(i, *write);
  } else if (const auto* t = std::get_if<election::Transition>(&action)) {
    judge_.OnTransition(i, *t, now());
  } else {
    node.stopped = true;
    const Duration away = faults_ ? dice_.Between(0s, 10s) : 0s;
    agenda_.After(away, [this, i, life = node.life] {
      if (nodes_[i].life == life) StartNode(i);
    });
  }
}

void World::SetWake(std::size_t i, bool ticked) {
  Node& node = nodes_[i];
  const election::WakeWindow window = node.elector->NextWake();
  if (window == node.window && !ticked) return;
  node.window = window;
  const int wake = ++node.wake;
  if (window.earliest.is_never()) return;
  if (window.latest < window.earliest) return Fail("an empty wake window");
  // Any instant will do; the ends are the likeliest to find something.
  Duration at = window.earliest.since_boot;
  const int draw = dice_.Below(10);
  if (draw > 3) at = window.latest.since_boot;
  if (draw > 5) at = dice_.Between(window.earliest.since_boot, at);
  AtNode(i, TrueDelay(i, {at}), [this, i, wake] {
    if (nodes_[i].wake == wake) Step(i, election::Tick{});
  });
}

// As agent/runtime does it: the wall time, but always later than the last one.
k8s::MicroTime World::NextStamp(std::size_t i) {
  Node& node = nodes_[i];
  const k8s::MicroTime wall =
      1'000'000'000'000'000 + now() / 1us + node.wall_offset;
  node.stamp = wall > node.stamp ? wall : node.stamp + 1'000'000;
  return node.stamp;
}

}  // namespace sim
