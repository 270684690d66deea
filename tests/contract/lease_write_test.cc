// Create, update and delete as compare-and-swap: what decides a race.
#include <gtest/gtest.h>

#include "tests/contract/api.h"

namespace contract {
namespace {

using nlohmann::json;

class LeaseWrite : public ContractTest {};
CONTRACT_ON_BOTH(LeaseWrite);

TEST_P(LeaseWrite, PostCreates) {
  const auto created = Do("create", "POST", all(), NewLease());
  EXPECT_EQ(created.status, 201);
}

TEST_P(LeaseWrite, PutWithoutVersionCreatesWhatIsAbsent) {
  const auto created = Do("create", "PUT", path(), NewLease());
  EXPECT_EQ(created.status, 201);
}

TEST_P(LeaseWrite, PutWithoutVersionIsRefusedForWhatExists) {
  Create();
  const auto refused = Do("create again", "PUT", path(), NewLease());
  EXPECT_EQ(refused.status, 422);
}

TEST_P(LeaseWrite, PostIsRefusedForWhatExists) {
  Create();
  const auto refused = Do("create again", "POST", all(), NewLease());
  EXPECT_EQ(refused.status, 409);
}

TEST_P(LeaseWrite, PostWithVersionIsRefused) {
  json lease = NewLease();
  lease["metadata"]["resourceVersion"] = "1";
  EXPECT_FALSE(Do("create", "POST", all(), lease).ok());
}

TEST_P(LeaseWrite, PutWithTheCurrentVersionReplaces) {
  json lease = Create();
  const auto first = Version(lease);
  lease["spec"]["holderIdentity"] = "second";
  lease["spec"]["leaseTransitions"] = 1;

  const auto replaced = Do("replace", "PUT", path(), lease);

  EXPECT_EQ(replaced.status, 200);
  EXPECT_GT(Version(replaced.Json()), first);
  EXPECT_EQ(replaced.Json()["metadata"]["uid"], lease["metadata"]["uid"]);
}

TEST_P(LeaseWrite, PutWithAStaleVersionIsAConflict) {
  const json lease = Create();
  json newer = lease;
  newer["spec"]["holderIdentity"] = "second";
  ASSERT_TRUE(api().User().Request("PUT", path(), newer).ok());

  json stale = lease;
  stale["spec"]["holderIdentity"] = "third";
  const auto refused = Do("replace", "PUT", path(), stale);

  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(Do("read", "GET", path()).Json()["spec"]["holderIdentity"],
            "second");
}

// A retried write that says nothing new does not count as a change.
TEST_P(LeaseWrite, PutOfTheSameContentKeepsTheVersion) {
  const json lease = Create();
  Keep("created", lease);
  const auto same = Do("replace", "PUT", path(), lease);
  EXPECT_EQ(same.status, 200);
  EXPECT_EQ(Version(same.Json()), Version(lease));
}

TEST_P(LeaseWrite, PutWithAnotherUidIsAConflict) {
  json lease = Create();
  Keep("created", lease);
  lease["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(Do("replace", "PUT", path(), lease).status, 409);
}

TEST_P(LeaseWrite, PutWithAnotherUidAndAStaleVersionIsAConflict) {
  json lease = Create();
  Keep("created", lease);
  lease["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000";
  lease["metadata"]["resourceVersion"] = "1";
  EXPECT_EQ(Do("replace", "PUT", path(), lease).status, 409);
}

TEST_P(LeaseWrite, PutWithUidAfterDeletionIsAConflict) {
  const json lease = Create();
  Keep("created", lease);
  Do("delete", "DELETE", path());

  EXPECT_EQ(Do("replace", "PUT", path(), lease).status, 409);
  EXPECT_EQ(Do("read", "GET", path()).status, 404);
}

// Why every write of ours carries the uid.
TEST_P(LeaseWrite, PutWithoutUidAfterDeletionCreatesAnew) {
  json lease = Create();
  Keep("created", lease);
  Do("delete", "DELETE", path());
  lease["metadata"].erase("uid");

  const auto created = Do("replace", "PUT", path(), lease);

  EXPECT_EQ(created.status, 201);
}

TEST_P(LeaseWrite, PutWithTheUidOfADeletedLeaseIsAConflictForANewOne) {
  const json first = Create();
  Keep("created", first);
  Do("delete", "DELETE", path());
  const json second = Create();
  Keep("created again", second);

  json mixed = first;
  mixed["metadata"]["resourceVersion"] = second["metadata"]["resourceVersion"];
  EXPECT_EQ(Do("replace", "PUT", path(), mixed).status, 409);
}

TEST_P(LeaseWrite, VersionGrowsOverDeletionAndCreation) {
  const json first = Create();
  json lease = first;
  lease["spec"]["holderIdentity"] = "second";
  const json second = Do("replace", "PUT", path(), lease).Json();
  Do("delete", "DELETE", path());
  const json third = Do("create", "PUT", path(), NewLease()).Json();

  EXPECT_LT(Version(first), Version(second));
  EXPECT_LT(Version(second), Version(third));
  EXPECT_NE(first["metadata"]["uid"], third["metadata"]["uid"]);
}

TEST_P(LeaseWrite, PutWithAVersionThatIsNoNumberIsRefused) {
  json lease = Create();
  lease["metadata"]["resourceVersion"] = "abc";
  EXPECT_FALSE(Do("replace", "PUT", path(), lease).ok());
}

TEST_P(LeaseWrite, PutUnderAnotherNameIsRefused) {
  json lease = NewLease();
  lease["metadata"]["name"] = "somebody-else";
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 400);
}

TEST_P(LeaseWrite, PutIntoAnotherNamespaceIsRefused) {
  json lease = NewLease();
  lease["metadata"]["namespace"] = "somewhere-else";
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 400);
}

TEST_P(LeaseWrite, DeleteOfWhatIsAbsentIsNotFound) {
  EXPECT_EQ(Do("delete", "DELETE", path()).status, 404);
}

TEST_P(LeaseWrite, DeleteWithAnotherUidIsAConflict) {
  const json lease = Create();
  Keep("created", lease);
  const json options = {
      {"apiVersion", "v1"},
      {"kind", "DeleteOptions"},
      {"preconditions", {{"uid", "00000000-0000-0000-0000-000000000000"}}}};
  EXPECT_EQ(Do("delete", "DELETE", path(), options).status, 409);
}

TEST_P(LeaseWrite, LabelsAndAnnotationsAreKept) {
  json lease = NewLease();
  lease["metadata"]["labels"] = {{"team", "shop"}};
  lease["metadata"]["annotations"] = {{"example.com/note", "kept"}};
  Do("create", "PUT", path(), lease);
  const json read = Do("read", "GET", path()).Json();
  EXPECT_EQ(read["metadata"]["annotations"]["example.com/note"], "kept");
}

}  // namespace
}  // namespace contract
