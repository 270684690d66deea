// Faults of the servers, and of the Lease in them.
#include <thread>

#include "tests/faults/strike.h"
#include "tests/support/file_port_wait.h"

namespace faults {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::KubernetesCluster;
using support::Server;

// Of any lease: a consistent read, which needs the API server and etcd. It may
// be absent.
bool Answers(const KubernetesCluster& cluster, base::Duration limit) {
  const int status =
      cluster
          .Request("GET", support::LeasePath("default", "any"), nullptr, limit)
          .status;
  return status == 200 || status == 404;
}

// Paused or killed. Seen when a request that was sent meanwhile has no answer.
class ServerStrike : public Strike {
 public:
  ServerStrike(KubernetesCluster& cluster, bool etcd, bool kill)
      : cluster_(cluster),
        server_(etcd ? cluster.etcd() : cluster.api_server()),
        kill_(kill) {}

  void Begin() override {
    if (kill_) {
      server_.Kill();
    } else {
      server_.Freeze();
    }
    away_ = !Answers(cluster_, milliseconds(400));
  }
  void End() override {
    if (!kill_) {
      server_.Continue();
    } else if (!server_.Running()) {
      server_.Start();
    }
    cluster_.WaitReady();
    const bool back = support::Eventually(
        seconds(60), [this] { return Answers(cluster_, seconds(1)); },
        milliseconds(50));
    if (!back) throw std::runtime_error("the API server stays away");
  }
  bool Seen() override { return away_; }

 private:
  KubernetesCluster& cluster_;
  Server& server_;
  const bool kill_;
  bool away_ = false;
};

constexpr base::Duration kLimit = seconds(2);

json ReadLease(KubernetesCluster& cluster, const std::string& path) {
  const support::Answer answer = cluster.Request("GET", path, nullptr, kLimit);
  if (answer.status == 404) return nullptr;
  if (!answer.ok()) throw std::runtime_error(answer.error);
  return answer.Json();
}

// Empty: there is nothing to edit in that way now.
json EditOf(int variant, const json& lease, const json& older) {
  const std::string holder = lease["spec"].value("holderIdentity", "");
  switch (variant % 6) {
    case 0:
      return {{"spec", {{"holderIdentity", ""}}}};
    case 1:  // client-go's release looks so.
      return {{"spec", {{"holderIdentity", ""}, {"leaseDurationSeconds", 1}}}};
    case 2:
      return {{"spec", {{"holderIdentity", "stranger"}}}};
    case 3:
      return {{"spec", {{"leaseDurationSeconds", 1}}}};
    case 4:
      return {{"metadata", {{"labels", {{"edit", std::to_string(variant)}}}}}};
    default:
      // An old copy, but of the same term: over one of a former term nothing is
      // promised.
      if (older.is_null() ||
          older["spec"]["leaseTransitions"] !=
              lease["spec"]["leaseTransitions"] ||
          older["metadata"]["uid"] != lease["metadata"]["uid"] ||
          older["spec"].value("holderIdentity", "") != holder ||
          older["spec"]["renewTime"] == lease["spec"]["renewTime"]) {
        return nullptr;
      }
      return {{"spec", older["spec"]}};
  }
}

bool Edit(int variant, KubernetesCluster& cluster, const std::string& path) {
  const json older = ReadLease(cluster, path);
  constexpr int kAttempts = 20;  // The holder writes in between.
  for (int i = 0; i < kAttempts; ++i) {
    // What makes an older copy old.
    std::this_thread::sleep_for(milliseconds(variant % 6 == 5 ? 600 : 10));
    const json lease = ReadLease(cluster, path);
    if (lease.is_null()) return false;
    json edit = EditOf(variant, lease, older);
    if (edit.is_null()) return false;
    edit["metadata"]["resourceVersion"] = lease["metadata"]["resourceVersion"];
    const support::Answer answer = cluster.Request("PATCH", path, edit, kLimit);
    if (answer.status == 0) throw std::runtime_error(answer.error);
    if (!answer.ok()) continue;
    // The same content would have kept its version.
    return answer.Json()["metadata"]["resourceVersion"] !=
           lease["metadata"]["resourceVersion"];
  }
  return false;
}

bool Delete(KubernetesCluster& cluster, const std::string& path) {
  const support::Answer answer =
      cluster.Request("DELETE", path, nullptr, kLimit);
  if (answer.status == 0) throw std::runtime_error(answer.error);
  if (!answer.ok()) return false;
  const json details = answer.Json().value("details", json::object());
  const json now = ReadLease(cluster, path);
  return now.is_null() || now["metadata"]["uid"] != details.value("uid", "");
}

}  // namespace

std::unique_ptr<Strike> NewStrike(const Planned& planned,
                                  KubernetesCluster& cluster) {
  const bool etcd = planned.fault == Fault::kEtcdPaused ||
                    planned.fault == Fault::kEtcdKilled;
  const bool kill = planned.fault == Fault::kServerKilled ||
                    planned.fault == Fault::kEtcdKilled;
  return std::make_unique<ServerStrike>(cluster, etcd, kill);
}

bool StrikeLease(const Planned& planned, KubernetesCluster& cluster,
                 const std::string& lease) {
  const std::string path = support::LeasePath("default", lease);
  return planned.fault == Fault::kDeleted
             ? Delete(cluster, path)
             : Edit(planned.variant, cluster, path);
}

}  // namespace faults
