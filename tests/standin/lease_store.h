// The leases, one growing version over all of them, and the last changes for
// watches. In memory only: what a demo or a test needs, nothing that lasts.
// Thread: any; each call is one step.
#ifndef TESTS_STANDIN_LEASE_STORE_H_
#define TESTS_STANDIN_LEASE_STORE_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/mutex.h"
#include "tests/standin/lease_rules.h"

namespace standin {

struct Change {
  std::int64_t version = 0;
  LeaseId id;
  nlohmann::json event;  // {"type":...,"object":...}
};

class LeaseStore {
 public:
  LeaseStore(std::set<std::string> namespaces, std::size_t changes_kept)
      : namespaces_(std::move(namespaces)), changes_kept_(changes_kept) {}

  Reply Get(const LeaseId& id) const;
  // `name` "" lists all of the namespace.
  Reply List(const LeaseId& id) const;
  Reply Post(const std::string& name_space, const std::string& body);
  Reply Put(const LeaseId& id, const std::string& body);
  Reply Delete(const LeaseId& id, const std::string& body);

  // For a watch: what is there now as ADDED events, and the version of that.
  std::vector<nlohmann::json> Snapshot(const LeaseId& id,
                                       std::int64_t* version) const;
  // Changes after `version`, in order; empty after `limit`. nullopt when some
  // of them are no longer kept. `version` moves to the last version looked at.
  std::optional<std::vector<nlohmann::json>> ChangesAfter(
      const LeaseId& id, std::int64_t* version,
      std::chrono::milliseconds limit) const;
  std::int64_t oldest() const;

 private:
  Reply Create(const LeaseId& id, nlohmann::json lease) REQUIRES(mutex_);
  Reply Replace(const LeaseId& id, nlohmann::json lease) REQUIRES(mutex_);
  void Tell(const char* type, const LeaseId& id, const nlohmann::json& lease)
      REQUIRES(mutex_);

  const std::set<std::string> namespaces_;
  const std::size_t changes_kept_;
  mutable base::Mutex mutex_;
  mutable base::ConditionVariable changed_;
  std::map<LeaseId, nlohmann::json> leases_ GUARDED_BY(mutex_);
  std::deque<Change> changes_ GUARDED_BY(mutex_);
  // It begins above zero, so that there are versions that are too old.
  std::int64_t version_ GUARDED_BY(mutex_) = 1000;
  std::int64_t forgotten_ GUARDED_BY(mutex_) = 1000;  // Newest change not kept.
};

}  // namespace standin

#endif  // TESTS_STANDIN_LEASE_STORE_H_
