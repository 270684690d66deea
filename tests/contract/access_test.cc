// Who may do what.
#include <gtest/gtest.h>

#include "tests/contract/api.h"

namespace contract {
namespace {

using nlohmann::json;

class Access : public ContractTest {};
CONTRACT_ON_BOTH(Access);

TEST_P(Access, AWrongTokenIsUnauthorized) {
  const auto read = api().WithToken("wrong").Request("GET", path());
  Keep("read", read);
  EXPECT_EQ(read.status, 401);
}

TEST_P(Access, AWrongTokenDoesNotCreate) {
  EXPECT_EQ(api().WithToken("wrong").Request("PUT", path(), NewLease()).status,
            401);
  EXPECT_EQ(api().User().Request("GET", path()).status, 404);
}

TEST_P(Access, AWrongTokenDoesNotWatch) {
  const auto watch = api().WithToken("wrong").Watch(
      all() + "?watch=1&fieldSelector=metadata.name%3D" + name(),
      [](const json&) { return false; });
  Keep("watch", watch);
  EXPECT_EQ(watch.status, 401);
}

// The stand-in has no roles, so these are not asked of it.
class AccessUnderTheOneRuleNotOnStandin : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (IsSkipped()) return;
    auto& cluster = RealCluster();
    cluster.CreateServiceAccount(kNamespace, name());
    cluster.GrantLease(
        kNamespace, name(),
        std::string("system:serviceaccount:") + kNamespace + ":" + name());
    token_ = cluster.ServiceAccountToken(kNamespace, name());
  }
  support::RestClient OneRule() { return api().WithToken(token_); }
  std::string WatchPath(const std::string& lease) const {
    return all() + "?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3D" +
           lease;
  }

 private:
  std::string token_;
};
CONTRACT_ON_KUBE_APISERVER_ONLY(AccessUnderTheOneRuleNotOnStandin);

TEST_P(AccessUnderTheOneRuleNotOnStandin, PutMayCreateTheNamedLease) {
  const auto created = OneRule().Request("PUT", path(), NewLease());
  Keep("create", created);
  EXPECT_EQ(created.status, 201);
}

TEST_P(AccessUnderTheOneRuleNotOnStandin, PostMayNotCreate) {
  const auto refused = OneRule().Request("POST", all(), NewLease());
  Keep("create", refused);
  EXPECT_EQ(refused.status, 403);
}

TEST_P(AccessUnderTheOneRuleNotOnStandin, TheNamedLeaseMayBeReadAndUpdated) {
  json lease = Create();
  EXPECT_EQ(OneRule().Request("GET", path()).status, 200);
  lease["spec"]["holderIdentity"] = "second";
  EXPECT_EQ(OneRule().Request("PUT", path(), lease).status, 200);
}

TEST_P(AccessUnderTheOneRuleNotOnStandin, TheNamedLeaseMayNotBeDeleted) {
  Create();
  const auto refused = OneRule().Request("DELETE", path());
  Keep("delete", refused);
  EXPECT_EQ(refused.status, 403);
}

TEST_P(AccessUnderTheOneRuleNotOnStandin, AnotherLeaseMayNotBeTouched) {
  const std::string other = support::LeasePath(kNamespace, "other");
  json lease = NewLease();
  lease["metadata"]["name"] = "other";
  const auto read = OneRule().Request("GET", other);
  const auto create = OneRule().Request("PUT", other, lease);
  Keep("read", read);
  Keep("create", create);
  EXPECT_EQ(read.status, 403);
  EXPECT_EQ(create.status, 403);
}

TEST_P(AccessUnderTheOneRuleNotOnStandin, TheNamedLeaseMayBeWatched) {
  Create();
  int events = 0;
  const auto watch = OneRule().Watch(WatchPath(name()), [&](const json&) {
    ++events;
    return true;
  });
  EXPECT_EQ(watch.status, 200) << watch.error;
  EXPECT_EQ(events, 1);
}

TEST_P(AccessUnderTheOneRuleNotOnStandin, OthersMayNotBeWatchedNorListed) {
  const auto all_of_them =
      OneRule().Watch(all() + "?watch=1", [](const json&) { return false; });
  const auto other =
      OneRule().Watch(WatchPath("other"), [](const json&) { return false; });
  const auto list = OneRule().Request("GET", all());
  Keep("watch all", all_of_them);
  Keep("watch another", other);
  Keep("list", list);
  EXPECT_EQ(all_of_them.status, 403);
  EXPECT_EQ(other.status, 403);
  EXPECT_EQ(list.status, 403);
}

}  // namespace
}  // namespace contract
