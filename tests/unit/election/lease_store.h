// One lease in memory with compare-and-swap, edits by hand and a list of every
// change, for tests of the election. Not a Kubernetes API server: no
// validation, no text, no time.
#ifndef TESTS_UNIT_ELECTION_LEASE_STORE_H_
#define TESTS_UNIT_ELECTION_LEASE_STORE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/election/types.h"
#include "k8s/lease.h"

namespace election {

class LeaseStore {
 public:
  // Nothing, or the lease. Every state of it has a version of its own.
  const std::optional<k8s::Lease>& lease() const { return lease_; }
  const k8s::LeaseRecord& record() const { return lease_->record; }
  std::int64_t version() const { return version_; }
  // Every change so far, in the words of an unbroken watch.
  const std::vector<WatchEvent>& changes() const { return changes_; }

  // What the API server makes of `write`, stamped by its sender with `stamp`.
  k8s::WriteStatus Apply(const Write& write, k8s::MicroTime stamp) {
    const std::optional<k8s::Lease>& base = write.write.base;
    if (base.has_value() != lease_.has_value()) {
      return k8s::WriteStatus::kConflict;
    }
    if (base && (base->record.uid != lease_->record.uid ||
                 base->resource_version != lease_->resource_version)) {
      return k8s::WriteStatus::kConflict;
    }
    k8s::LeaseRecord record = Stamped(write, stamp);
    if (!base) record.uid = "uid-" + std::to_string(version_ + 1);
    Put(record);
    return k8s::WriteStatus::kApplied;
  }

  static k8s::LeaseRecord Stamped(const Write& write, k8s::MicroTime stamp) {
    k8s::LeaseRecord record = write.write.record;
    record.renew_time = stamp;
    if (write.kind == WriteKind::kAcquire) record.acquire_time = stamp;
    return record;
  }

  // Stores `record` as it is.
  void Put(const k8s::LeaseRecord& record) {
    const std::int64_t before = version_++;
    lease_ = k8s::Lease{record, version_, ""};
    changes_.push_back({lease_follows_.value_or(before), false, *lease_});
    lease_follows_ = version_;
  }
  // An edit by hand. One that changes nothing stands for a label.
  void Edit(const std::function<void(k8s::LeaseRecord&)>& edit) {
    k8s::LeaseRecord record = lease_->record;
    edit(record);
    Put(record);
  }
  void EditLabel() {
    Edit([](k8s::LeaseRecord&) {});
  }
  // Another candidate takes the lease or renews it.
  void HoldAs(const std::string& holder) {
    Edit([&](k8s::LeaseRecord& record) {
      if (record.holder != holder) ++record.transitions;
      record.holder = holder;
      ++record.renew_time;
      record.mark.reset();
    });
  }
  void Delete() {
    k8s::Lease last = *lease_;
    last.resource_version = ++version_;
    changes_.push_back({lease_follows_.value_or(0), true, last});
    lease_.reset();
    lease_follows_ = version_;
  }
  // A backup comes back: an older state, and the versions begin at it again.
  void Restore(const k8s::Lease& backup) {
    lease_ = backup;
    version_ = backup.resource_version;
    lease_follows_ = version_;
  }
  // Other objects of the cluster take versions too.
  void SkipVersions(std::int64_t count) { version_ += count; }

 private:
  std::optional<k8s::Lease> lease_;
  std::int64_t version_ = 10;
  std::optional<std::int64_t> lease_follows_;
  std::vector<WatchEvent> changes_;
};

}  // namespace election

#endif  // TESTS_UNIT_ELECTION_LEASE_STORE_H_
