// Which contents of a Lease are taken, and how they come back.
#include <gtest/gtest.h>

#include "tests/contract/api.h"

namespace contract {
namespace {

using nlohmann::json;

class LeaseBody : public ContractTest {
 protected:
  // Creates the lease with `field` of its spec set to `value`, keeps the answer
  // and deletes the lease.
  int With(const std::string& step, const std::string& field,
           const json& value) {
    json lease = NewLease();
    lease["spec"][field] = value;
    const int status = Do(step, "PUT", path(), lease).status;
    api().User().Request("DELETE", path());
    return status;
  }
};
CONTRACT_ON_BOTH(LeaseBody);

TEST_P(LeaseBody, DurationMustBePositive) {
  EXPECT_EQ(With("zero", "leaseDurationSeconds", 0), 422);
  EXPECT_EQ(With("negative", "leaseDurationSeconds", -1), 422);
}

TEST_P(LeaseBody, DurationMustBeAnInt32) {
  EXPECT_EQ(With("text", "leaseDurationSeconds", "15"), 400);
  EXPECT_EQ(With("fraction", "leaseDurationSeconds", 1.5), 400);
  EXPECT_EQ(With("large", "leaseDurationSeconds", 2147483648LL), 400);
}

TEST_P(LeaseBody, DurationMayBeAbsent) {
  EXPECT_EQ(With("null", "leaseDurationSeconds", nullptr), 201);
}

TEST_P(LeaseBody, TransitionsMustNotBeNegative) {
  EXPECT_EQ(With("negative", "leaseTransitions", -1), 422);
}

TEST_P(LeaseBody, EveryWrongFieldIsNamed) {
  json lease = NewLease();
  lease["spec"]["leaseDurationSeconds"] = 0;
  lease["spec"]["leaseTransitions"] = -1;
  EXPECT_EQ(Do("both", "PUT", path(), lease).status, 422);
}

TEST_P(LeaseBody, ValidationGoesForUpdatesToo) {
  json lease = Create();
  lease["spec"]["leaseDurationSeconds"] = 0;
  EXPECT_EQ(Do("update", "PUT", path(), lease).status, 422);
}

TEST_P(LeaseBody, MicroTimeHasExactlySixDigits) {
  EXPECT_EQ(With("six", "renewTime", "2026-01-02T03:04:05.123456Z"), 201);
  EXPECT_EQ(With("zeros", "renewTime", "2026-01-02T03:04:05.000000Z"), 201);
  EXPECT_EQ(With("none", "renewTime", "2026-01-02T03:04:05Z"), 400);
  EXPECT_EQ(With("three", "renewTime", "2026-01-02T03:04:05.123Z"), 400);
  EXPECT_EQ(With("nine", "renewTime", "2026-01-02T03:04:05.123456789Z"), 400);
}

TEST_P(LeaseBody, MicroTimeMayHaveAnOffsetAndComesBackInUtc) {
  EXPECT_EQ(With("east", "renewTime", "2026-01-02T03:04:05.123456+02:00"), 201);
}

TEST_P(LeaseBody, MicroTimeMayBeNull) {
  EXPECT_EQ(With("null", "renewTime", nullptr), 201);
}

TEST_P(LeaseBody, MicroTimeMustBeATime) {
  EXPECT_EQ(With("text", "renewTime", "soon"), 400);
  EXPECT_EQ(With("number", "renewTime", 5), 400);
}

TEST_P(LeaseBody, HolderMayBeEmptyOrAbsent) {
  EXPECT_EQ(With("empty", "holderIdentity", ""), 201);
  EXPECT_EQ(With("null", "holderIdentity", nullptr), 201);
}

// With the CoordinatedLeaderElection gate off, which is the default.
TEST_P(LeaseBody, StrategyAndPreferredHolderAreDropped) {
  json lease = NewLease();
  lease["spec"]["strategy"] = "OldestEmulationVersion";
  lease["spec"]["preferredHolder"] = "somebody";
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 201);
}

TEST_P(LeaseBody, UnknownFieldsAreDropped) {
  json lease = NewLease();
  lease["spec"]["colour"] = "blue";
  lease["metadata"]["colour"] = "blue";
  lease["colour"] = "blue";
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 201);
}

TEST_P(LeaseBody, KindAndApiVersionMayBeLeftOut) {
  json lease = NewLease();
  lease.erase("kind");
  lease.erase("apiVersion");
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 201);
}

TEST_P(LeaseBody, AnotherKindIsRefused) {
  json lease = NewLease();
  lease["kind"] = "ConfigMap";
  lease["apiVersion"] = "v1";
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 400);
}

TEST_P(LeaseBody, WhatIsNotJsonIsRefused) {
  const auto refused = api().User().RequestText("PUT", path(), "{not json");
  // The text is that of Go's parser.
  Keep("reason", refused.Json().value("reason", json()));
  EXPECT_EQ(refused.status, 400);
}

TEST_P(LeaseBody, ALeaseWithoutSpecIsTaken) {
  json lease = NewLease();
  lease.erase("spec");
  EXPECT_EQ(Do("create", "PUT", path(), lease).status, 201);
}

}  // namespace
}  // namespace contract
