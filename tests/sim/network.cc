// Requests and watch streams between candidates and the API server, and what
// may become of them on the way.
#include <algorithm>
#include <chrono>
#include <utility>

#include "tests/sim/world.h"

namespace sim {
namespace {

using election::Event;
using election::ReadDone;
using election::WriteDone;
using k8s::WatchFrame;
using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

// How long the watch waits for a stream's header.
constexpr Duration kOpenWithin = 5s;

const k8s::LeaseName& TheLease() {
  static const k8s::LeaseName kName{"shop", "web"};
  return kName;
}

WatchFrame FrameOf(const election::WatchEvent& change) {
  WatchFrame frame;
  frame.type =
      change.deleted ? WatchFrame::Type::kDeleted : WatchFrame::Type::kChanged;
  frame.lease = change.lease;
  frame.resource_version = change.lease.resource_version;
  return frame;
}

WatchFrame Bookmark(std::int64_t version) {
  WatchFrame frame;
  frame.type = WatchFrame::Type::kBookmark;
  frame.resource_version = version;
  return frame;
}

WatchFrame Forgotten() {
  WatchFrame frame;
  frame.type = WatchFrame::Type::kError;
  frame.code = 410;
  return frame;
}

k8s::ApiError NoConnection() {
  k8s::ApiError error;
  error.message = "the simulated network is broken";
  return error;
}

}  // namespace

Duration World::Delay() {
  if (!faults_) return dice_.Between(100us, 10ms);
  if (swarm_.slow) return dice_.Between(50ms, 1500ms);
  const int kind = dice_.Below(100);
  if (kind < 80) return dice_.Between(100us, 20ms);
  return kind < 95 ? dice_.Between(0s, 500ms) : dice_.Between(0s, 3s);
}

bool World::Reaches(const Node& node) const { return node.cut_until <= now(); }

// ----------------------------------------------------------------- requests

// Only the first answer counts; the client never gives two.
void World::Answer(std::size_t i, std::uint64_t id, Event event) {
  if (nodes_[i].request != id) return;
  nodes_[i].request = 0;
  Post(i, std::move(event));
}

void World::Send(std::size_t i, const election::Read& read) {
  ReadDone failed{.id = read.id};
  const auto answer = [this, i, id = read.id](Duration delay, ReadDone done) {
    AtNode(i, delay,
           [this, i, id, done = std::move(done)] { Answer(i, id, done); });
  };
  answer(TrueDelay(i, read.deadline), failed);
  if (!Reaches(nodes_[i])) return;
  const Duration there = Delay(), back = Delay();
  if (down_until_ > now()) return answer(there, failed);
  if (faults_ && dice_.Chance(swarm_.fails)) {
    if (dice_.Chance(0.5)) return;
    if (dice_.Chance(0.3)) failed.retry_after = dice_.Between(0s, 5s);
    return answer(there, failed);
  }
  const Duration thaw = std::max(frozen_until_ - now(), Duration(0));
  agenda_.After(std::max(there, thaw),
                [this, i, answer, id = read.id, back, life = nodes_[i].life] {
                  if (nodes_[i].life != life) return;
                  ReadDone done{.id = id, .status = k8s::ReadStatus::kAbsent};
                  if (store_.lease()) {
                    done.status = k8s::ReadStatus::kFound;
                    done.lease = *store_.lease();
                  }
                  answer(back, done);
                });
}

void World::Send(std::size_t i, const election::Write& write) {
  WriteDone unknown{.id = write.id};
  unknown.renew_time = NextStamp(i);
  const auto answer = [this, i, id = write.id](Duration delay, WriteDone done) {
    AtNode(i, delay,
           [this, i, id, done = std::move(done)] { Answer(i, id, done); });
  };
  const Duration timeout = TrueDelay(i, write.deadline);
  answer(timeout, unknown);
  if (!Reaches(nodes_[i])) return;
  Letter letter{.from = i,
                .life = nodes_[i].life,
                .write = write,
                .stamp = unknown.renew_time,
                .sent_at = Local(i),
                .back = Delay(),
                .answer_lost = faults_ && dice_.Chance(swarm_.lost)};
  Duration there = Delay();
  if (down_until_ > now() || (faults_ && dice_.Chance(swarm_.rejected))) {
    unknown.status = k8s::WriteStatus::kRejected;
    if (dice_.Chance(0.3)) unknown.retry_after = dice_.Between(0s, 5s);
    return answer(there, unknown);
  }
  if (faults_ && dice_.Chance(swarm_.fails)) return;
  // A request that waits in some queue until long after its deadline.
  if (letter.answer_lost && dice_.Chance(0.5)) {
    there = timeout + dice_.Between(0s, 4s);
  }
  agenda_.After(there, [this, letter = std::move(letter)] { Arrive(letter); });
}

void World::Arrive(const Letter& letter) {
  if (frozen_until_ > now()) {
    return agenda_.After(frozen_until_ - now(),
                         [this, letter] { Arrive(letter); });
  }
  if (down_until_ > now()) return;
  const std::size_t i = letter.from;
  const bool alive = nodes_[i].life == letter.life;
  const bool late = !alive || nodes_[i].request != letter.write.id;
  WriteDone done{.id = letter.write.id};
  done.renew_time = letter.stamp;
  done.status = store_.Apply(letter.write, letter.stamp);
  if (done.status == k8s::WriteStatus::kApplied) {
    done.lease = *store_.lease();
    judge_.figures().late_writes += late;
    judge_.OnLease(store_.record());
    if (alive) judge_.OnStored(i, letter.write.kind, letter.sent_at);
    TellWatchers();
  }
  if (letter.answer_lost || !alive) return;
  AtNode(i, letter.back,
         [this, i, id = letter.write.id, done = std::move(done)] {
           Answer(i, id, done);
         });
}

// ------------------------------------------------------------------ watches

void World::Follow(std::size_t i, std::int64_t version) {
  nodes_[i].session = std::make_unique<k8s::WatchSession>(
      k8s::LeaseAction{"watch", TheLease()}, version);
  OpenStream(i);
}

void World::OpenStream(std::size_t i) {
  Node& node = nodes_[i];
  node.stream = {.id = node.stream.id + 1, .asked_at = now()};
  const std::uint64_t id = node.stream.id;
  const Duration there = Delay();
  const bool refused = down_until_ > now();
  if (refused || !Reaches(node)) {
    return AtNode(i, refused ? there : kOpenWithin,
                  [this, i, id] { EndStream(i, id, NoConnection()); });
  }
  const Duration thaw = std::max(frozen_until_ - now(), Duration(0));
  if (thaw > kOpenWithin) {
    return AtNode(i, kOpenWithin,
                  [this, i, id] { EndStream(i, id, NoConnection()); });
  }
  agenda_.After(std::max(there, thaw),
                [this, i, id, version = node.session->OpenFrom()] {
                  Attach(i, id, version);
                });
}

// At the server: from here on it sends every change after `version`.
void World::Attach(std::size_t i, std::uint64_t id,
                   std::optional<std::int64_t> version) {
  Stream& stream = nodes_[i].stream;
  if (stream.id != id || nodes_[i].stopped) return;
  stream.arrives_at = now() + Delay();
  AtNode(i, stream.arrives_at - now(), [this, i, id] {
    Node& node = nodes_[i];
    if (node.stream.id != id || !node.session->OnOpen()) return;
    Post(i, election::WatchLive{});
  });
  const auto& changes = store_.changes();
  if (version && *version < oldest_known_) return SendFrame(i, Forgotten());
  stream.attached = true;
  stream.told = changes.size();
  if (!version) {
    if (!store_.lease()) return SendFrame(i, Bookmark(store_.version()));
    WatchFrame frame;
    frame.lease = *store_.lease();
    frame.resource_version = frame.lease.resource_version;
    return SendFrame(i, std::move(frame));
  }
  while (stream.told > 0 &&
         changes[stream.told - 1].lease.resource_version > *version) {
    --stream.told;
  }
  TellWatchers();
}

void World::SendFrame(std::size_t i, WatchFrame frame) {
  Stream& stream = nodes_[i].stream;
  stream.arrives_at = std::max(stream.arrives_at, now() + Delay());
  AtNode(i, stream.arrives_at - now(),
         [this, i, frame = std::move(frame), id = stream.id] {
           Node& node = nodes_[i];
           if (node.stream.id != id || node.stream.silent) return;
           const bool goes_on = node.session->OnFrame(
               frame, [&](const k8s::LeaseChange& change) {
                 Post(i, election::WatchEvent{change.follows, change.deleted,
                                              change.lease});
               });
           if (!goes_on) EndStream(i, id, std::nullopt);
         });
}

void World::EndStream(std::size_t i, std::uint64_t id,
                      std::optional<k8s::ApiError> error) {
  Node& node = nodes_[i];
  if (node.stream.id != id) return;
  node.stream.attached = false;
  const std::uint64_t ended = ++node.stream.id;
  if (error) node.session->OnFailure(*error);
  const k8s::WatchNext next = node.session->OnEnd(now() - node.stream.asked_at);
  if (next.lost) return Post(i, election::WatchLost{});
  const Duration pause = dice_.Between(next.pause_up_to / 2, next.pause_up_to);
  AtNode(i, pause, [this, i, ended] {
    if (nodes_[i].stream.id == ended) OpenStream(i);
  });
}

// By the server or by the network, in good order or not.
void World::BreakStream(std::size_t i) {
  Stream& stream = nodes_[i].stream;
  if (!stream.attached) return;
  stream.attached = false;
  std::optional<k8s::ApiError> error;
  if (dice_.Chance(0.5)) error = NoConnection();
  stream.arrives_at = std::max(stream.arrives_at, now() + Delay());
  AtNode(i, stream.arrives_at - now(), [this, i, error, id = stream.id] {
    if (!nodes_[i].stream.silent) EndStream(i, id, error);
  });
}

void World::TellWatchers() {
  if (frozen_until_ > now()) return;
  const auto& changes = store_.changes();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Stream& stream = nodes_[i].stream;
    if (!stream.attached) continue;
    for (; stream.told < changes.size(); ++stream.told) {
      SendFrame(i, FrameOf(changes[stream.told]));
    }
  }
}

void World::Bookmarks() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].stream.attached) SendFrame(i, Bookmark(store_.version()));
  }
  agenda_.After(60s, [this] { Bookmarks(); });
}

}  // namespace sim
