#include "tests/standin/lease_store.h"

#include <time.h>

#include <cstdio>
#include <random>
#include <utility>

namespace standin {
namespace {

using nlohmann::json;

std::string NewUid() {
  std::random_device source;
  const unsigned a = source();
  const unsigned b = source();
  const unsigned c = source();
  const unsigned d = source();
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%04x%08x", a, b >> 16,
                b & 0xfff, (c >> 16 & 0x3fff) | 0x8000, c & 0xffff, d);
  return text;
}

std::string NowInSeconds() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool Selects(const LeaseId& selector, const LeaseId& id) {
  return selector.name_space == id.name_space &&
         (selector.name.empty() || selector.name == id.name);
}

std::string Text(const json& lease, const char* field) {
  return lease["metadata"].value(field, "");
}

// What a client may not set, whatever it sent.
void SetByServer(json& lease, const json& metadata) {
  for (const char* field : {"uid", "creationTimestamp", "resourceVersion"}) {
    lease["metadata"][field] = metadata.at(field);
  }
}

}  // namespace

Reply LeaseStore::Get(const LeaseId& id) const {
  base::MutexLock lock(mutex_);
  const auto found = leases_.find(id);
  return found == leases_.end() ? NotFound(id) : Reply{200, found->second};
}

Reply LeaseStore::List(const LeaseId& id) const {
  base::MutexLock lock(mutex_);
  json items = json::array();
  for (const auto& [key, lease] : leases_) {
    if (!Selects(id, key)) continue;
    items.push_back({{"metadata", lease["metadata"]}, {"spec", lease["spec"]}});
  }
  return {200,
          {{"apiVersion", "coordination.k8s.io/v1"},
           {"kind", "LeaseList"},
           {"metadata", {{"resourceVersion", std::to_string(version_)}}},
           {"items", items}}};
}

Reply LeaseStore::Post(const std::string& name_space, const std::string& body) {
  auto decoded = Decode(body, name_space);
  if (!decoded) return decoded.error();
  const LeaseId id{name_space, Text(*decoded, "name")};
  base::MutexLock lock(mutex_);
  if (!Text(*decoded, "resourceVersion").empty()) {
    return Refusal(
        500, "", "resourceVersion should not be set on objects to be created");
  }
  if (leases_.contains(id)) return AlreadyExists(id);
  return Create(id, *std::move(decoded));
}

Reply LeaseStore::Put(const LeaseId& id, const std::string& body) {
  auto decoded = Decode(body, id.name_space);
  if (!decoded) return decoded.error();
  if (Text(*decoded, "name") != id.name) {
    return Refusal(400, "BadRequest",
                   "the name of the object (" + Text(*decoded, "name") +
                       ") does not match the name on the URL (" + id.name +
                       ")");
  }
  if (Text(*decoded, "namespace") != id.name_space) {
    return Refusal(400, "BadRequest",
                   "the namespace of the provided object does not match the "
                   "namespace sent on the request");
  }
  const std::string version = Text(*decoded, "resourceVersion");
  if (version.find_first_not_of("0123456789") != std::string::npos) {
    return Refusal(
        500, "",
        "strconv.ParseUint: parsing \"" + version + "\": invalid syntax");
  }
  base::MutexLock lock(mutex_);
  return leases_.contains(id) ? Replace(id, *std::move(decoded))
                              : Create(id, *std::move(decoded));
}

// A uid names an object that is gone, so there is nothing to create. A version
// without a uid is not looked at, as in kube-apiserver.
Reply LeaseStore::Create(const LeaseId& id, json lease) {
  if (!namespaces_.contains(id.name_space)) {
    return NamespaceNotFound(id.name_space);
  }
  if (const std::string uid = Text(lease, "uid"); !uid.empty()) {
    return OtherUid(id, uid, "");
  }
  if (Reply refused = Validate(id, lease); refused.code != 200) return refused;
  SetByServer(lease, {{"uid", NewUid()},
                      {"creationTimestamp", NowInSeconds()},
                      {"resourceVersion", std::to_string(++version_)}});
  leases_[id] = lease;
  Tell("ADDED", id, lease);
  return {201, lease};
}

Reply LeaseStore::Replace(const LeaseId& id, json lease) {
  json& stored = leases_.at(id);
  const std::string uid = Text(lease, "uid");
  if (!uid.empty() && uid != Text(stored, "uid")) {
    return OtherUid(id, uid, Text(stored, "uid"));
  }
  const std::string version = Text(lease, "resourceVersion");
  if (version.empty() || version == "0") return VersionMissing(id);
  if (version != Text(stored, "resourceVersion")) return Modified(id);
  if (Reply refused = Validate(id, lease); refused.code != 200) return refused;
  SetByServer(lease, stored["metadata"]);
  if (lease == stored)
    return {200, stored};  // Nothing changed, no new version.
  lease["metadata"]["resourceVersion"] = std::to_string(++version_);
  stored = lease;
  Tell("MODIFIED", id, lease);
  return {200, lease};
}

Reply LeaseStore::Delete(const LeaseId& id, const std::string& body) {
  const json options = json::parse(body, nullptr, /*allow_exceptions=*/false);
  std::string wanted;
  if (options.is_object() && options.contains("preconditions")) {
    wanted = options["preconditions"].value("uid", "");
  }
  base::MutexLock lock(mutex_);
  const auto found = leases_.find(id);
  if (found == leases_.end()) return NotFound(id);
  json lease = found->second;
  const std::string uid = Text(lease, "uid");
  if (!wanted.empty() && wanted != uid) {
    return DeleteOfOtherUid(id, wanted, uid);
  }
  leases_.erase(found);
  lease["metadata"]["resourceVersion"] = std::to_string(++version_);
  Tell("DELETED", id, lease);
  return {200,
          {{"apiVersion", "v1"},
           {"kind", "Status"},
           {"metadata", json::object()},
           {"status", "Success"},
           {"details",
            {{"group", "coordination.k8s.io"},
             {"kind", "leases"},
             {"name", id.name},
             {"uid", uid}}}}};
}

void LeaseStore::Tell(const char* type, const LeaseId& id, const json& lease) {
  changes_.push_back({version_, id, {{"type", type}, {"object", lease}}});
  if (changes_.size() > changes_kept_) {
    forgotten_ = changes_.front().version;
    changes_.pop_front();
  }
  changed_.notify_all();
}

std::vector<json> LeaseStore::Snapshot(const LeaseId& id,
                                       std::int64_t* version) const {
  base::MutexLock lock(mutex_);
  std::vector<json> events;
  for (const auto& [key, lease] : leases_) {
    if (Selects(id, key)) {
      events.push_back({{"type", "ADDED"}, {"object", lease}});
    }
  }
  *version = version_;
  return events;
}

std::optional<std::vector<json>> LeaseStore::ChangesAfter(
    const LeaseId& id, std::int64_t* version,
    std::chrono::milliseconds limit) const {
  base::MutexLock lock(mutex_);
  if (version_ <= *version) changed_.wait_for(mutex_, limit);
  if (*version < forgotten_) return std::nullopt;
  std::vector<json> events;
  for (const Change& change : changes_) {
    if (change.version > *version && Selects(id, change.id)) {
      events.push_back(change.event);
    }
  }
  // A version from the future stays: nothing before it is sent.
  *version = std::max(*version, version_);
  return events;
}

std::int64_t LeaseStore::oldest() const {
  base::MutexLock lock(mutex_);
  return forgotten_ + 1;
}

}  // namespace standin
