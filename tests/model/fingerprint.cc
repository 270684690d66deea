#include "tests/model/fingerprint.h"

#include <algorithm>
#include <utility>

namespace election {
namespace {

// The place of `item` among those that have appeared, which it may join.
template <typename T>
std::int64_t Number(const T& item, std::vector<T>& appeared) {
  const auto found = std::find(appeared.begin(), appeared.end(), item);
  const auto number = found - appeared.begin();
  if (found == appeared.end()) appeared.push_back(item);
  return number;
}

}  // namespace

Fingerprint::Fingerprint(Instant now, std::vector<std::int64_t> versions,
                         std::int64_t transitions)
    : now_(now), versions_(std::move(versions)), transitions_(transitions) {}

void Fingerprint::Add(std::int64_t number) {
  bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void Fingerprint::Add(const std::string& text) {
  bytes_.append(text).push_back('\0');
}

void Fingerprint::AddVersion(std::int64_t version) {
  Add(std::lower_bound(versions_.begin(), versions_.end(), version) -
      versions_.begin());
}

void Fingerprint::AddStamp(k8s::MicroTime stamp) {
  Add(stamp == 0 ? -1 : Number(stamp, stamps_));
}

void Fingerprint::AddUid(const std::string& uid) {
  Add(uid.empty() ? -1 : Number(uid, uids_));
}

void Fingerprint::AddTransitions(std::int64_t transitions) {
  Add(transitions - transitions_);
}

void Fingerprint::AddInstant(Instant instant, Duration back) {
  if (instant.is_never()) return Add(std::int64_t{-1});
  const Instant least = now_ - back;
  Add((std::max(instant, least) - least).count());
}

void Fingerprint::Add(const WakeWindow& window) {
  AddInstant(window.earliest);
  AddInstant(window.latest);
}

void Fingerprint::Add(const k8s::LeaseRecord& record) {
  AddUid(record.uid);
  Add(record.holder);
  AddStamp(record.acquire_time);
  AddStamp(record.renew_time);
  AddTransitions(record.transitions);
  Add(record.duration_seconds);
  Add(std::int64_t{record.mark.has_value()});
  if (!record.mark) return;
  AddUid(record.mark->uid);
  Add(record.mark->incarnation);
  AddTransitions(record.mark->transitions);
}

void Fingerprint::Add(const k8s::Lease& lease) {
  Add(lease.record);
  AddVersion(lease.resource_version);
}

void Fingerprint::Add(const Observation& seen) {
  Add(std::int64_t{seen.known_} * 2 + seen.exists_);
  if (seen.exists_) Add(seen.lease_);
  AddVersion(seen.newest_version_);
  // A record that is old enough to be free is just that.
  AddInstant(seen.first_seen_,
             std::max(seen.own_duration_, seen.longest_duration_));
  Add(seen.longest_duration_.count());
  AddUid(seen.uid_);
  AddTransitions(seen.highest_transitions_);
  Add(seen.last_holder_);
  AddTransitions(seen.last_holder_transitions_);
}

void Fingerprint::Add(const Elector& elector) {
  Add(elector.config_.incarnation);
  Add(elector.seen_);
  const View& view = elector.view_;
  Add(static_cast<std::int64_t>(view.state));
  Add(std::int64_t{view.leads});
  AddInstant(view.valid_until);
  std::int64_t flags = 0;
  for (const bool flag :
       {elector.started_, elector.stopping_, elector.giving_up_,
        elector.refusing_, elector.stopped_, elector.permission_.healthy,
        elector.permission_.paused, elector.holds_, elector.must_read_,
        elector.doubted_, elector.watch_live_, elector.flight_.has_value()}) {
    flags = flags * 2 + flag;
  }
  Add(flags);
  const bool turn = elector.turn_of_ == elector.seen_.first_seen();
  Add(std::int64_t{turn});
  if (turn) Add(elector.turn_);
  AddInstant(elector.cooldown_until_);
  AddInstant(elector.stop_by_);
  AddInstant(elector.valid_until_);
  AddUid(elector.uid_);
  AddStamp(elector.acquired_at_);
  AddInstant(elector.main_may_act_until_);
  if (elector.flight_) {
    const Elector::Flight& flight = *elector.flight_;
    Add(flight.write ? static_cast<std::int64_t>(*flight.write) : -1);
    AddInstant(flight.sent_at, elector.config_.renew_deadline);
    AddVersion(flight.floor);
    Add(std::int64_t{flight.doubted});
    AddUid(flight.uid);
  }
  for (const Elector::UnknownWrite& write : elector.unknown_writes_) {
    AddStamp(write.renew_time);
    AddUid(write.uid);
    AddInstant(write.sent_at, elector.config_.renew_deadline);
    Add(static_cast<std::int64_t>(write.kind));
  }
  Add(std::int64_t{elector.reads_.failures});
  Add(elector.reads_.not_before);
  Add(std::int64_t{elector.writes_.failures});
  Add(elector.writes_.not_before);
  Add(elector.poll_);
  AddInstant(elector.renew_at_);
  Add(elector.Needed().count());
}

void Fingerprint::VersionsOf(const Elector& elector,
                             std::vector<std::int64_t>& versions) {
  versions.push_back(elector.seen_.lease_.resource_version);
  versions.push_back(elector.seen_.newest_version_);
  if (elector.flight_) versions.push_back(elector.flight_->floor);
}

}  // namespace election
