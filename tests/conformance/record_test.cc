// client-go's record round trip and its LeaseLock cases, asked of our JSON.
// Coordinated elections are another protocol, which ours does not speak; it
// only leaves their fields alone.
// Source: k8s.io/client-go@v0.36.3 tools/leaderelection:
// leaderelection_test.go, resourcelock/leaselock_test.go.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "k8s/lease_json.h"

namespace k8s {
namespace {

using nlohmann::json;

json Object(const json& spec) {
  return {{"apiVersion", "coordination.k8s.io/v1"},
          {"kind", "Lease"},
          {"metadata",
           {{"name", "web"},
            {"namespace", "shop"},
            {"uid", "u-1"},
            {"resourceVersion", "41"}}},
          {"spec", spec}};
}

// Full, as client-go writes it.
const json kSpec = {{"holderIdentity", "b_1"},
                    {"leaseDurationSeconds", 15},
                    {"leaseTransitions", 7},
                    {"acquireTime", "2026-08-21T10:15:02.123456Z"},
                    {"renewTime", "2026-08-21T10:15:04.000001Z"}};

json WrittenBack(const json& object) {
  const auto lease = DecodeLease(object.dump(), "web");
  EXPECT_TRUE(lease);
  const auto text = EncodeLeaseWrite({*lease, lease->record}, "shop", "web");
  EXPECT_TRUE(text);
  return json::parse(*text);
}

// client-go's raw record has times of whole seconds; ours keeps the digits.
TEST(ClientGoRecordTest, RoundTripKeepsEveryFieldAndDigit) {
  EXPECT_EQ(WrittenBack(Object(kSpec))["spec"], kSpec);
}

// The same in both: null and absent read as empty, and are written as values.
// A time that is not set is left out; client-go writes null.
TEST(ClientGoRecordTest, WhatIsNotSetIsWrittenAsAValueButForTimes) {
  const json spec = WrittenBack(Object(json::object()))["spec"];

  EXPECT_EQ(spec["holderIdentity"], "");
  EXPECT_EQ(spec["leaseDurationSeconds"], 0);
  EXPECT_EQ(spec["leaseTransitions"], 0);
  EXPECT_FALSE(spec.contains("acquireTime"));
  EXPECT_FALSE(spec.contains("renewTime"));
}

// client-go's PUT drops what belongs to a coordinated election.
TEST(ClientGoRecordTest, StrategyAndPreferredHolderAreLeftAlone) {
  json spec = kSpec;
  spec["strategy"] = "OldestEmulationVersion";
  spec["preferredHolder"] = "c_1";

  EXPECT_EQ(WrittenBack(Object(spec))["spec"], spec);
}

// LeaseLock, "LabelUpdate" and its relatives: client-go lays its own labels
// over those that are there. Ours has none to set, and keeps what is there.
TEST(ClientGoLeaseLockTest, LabelsAnnotationsAndOwnersAreKept) {
  json object = Object(kSpec);
  json& metadata = object["metadata"];
  metadata["labels"] = {{"team", "a"}};
  metadata["annotations"] = {{"note", "by hand"}};
  metadata["ownerReferences"] = json::array({{{"kind", "Pod"}, {"uid", "p"}}});

  EXPECT_EQ(WrittenBack(object)["metadata"], metadata);
}

TEST(ClientGoLeaseLockTest, NoLabelsStayNoLabels) {
  const json metadata = WrittenBack(Object(kSpec))["metadata"];

  EXPECT_FALSE(metadata.contains("labels"));
  EXPECT_FALSE(metadata.contains("annotations"));
}

// "Update before Get or Create is an error": of ours it is a create, which the
// API server refuses if there is something (and tests/contract asks it so).
TEST(ClientGoLeaseLockTest, AWriteOverNothingNamesNoUidAndNoVersion) {
  const auto text = EncodeLeaseWrite({std::nullopt, {}}, "shop", "web");
  ASSERT_TRUE(text);
  const json metadata = json::parse(*text)["metadata"];

  EXPECT_FALSE(metadata.contains("uid"));
  EXPECT_FALSE(metadata.contains("resourceVersion"));
}

// A write over what was read names both, so that a lease that was deleted and
// made anew in between is not overwritten.
TEST(ClientGoLeaseLockTest, AWriteOverWhatWasReadNamesUidAndVersion) {
  const json metadata = WrittenBack(Object(kSpec))["metadata"];

  EXPECT_EQ(metadata["uid"], "u-1");
  EXPECT_EQ(metadata["resourceVersion"], "41");
}

// "Get error": what cannot be a Lease is told, and is no empty lease.
TEST(ClientGoLeaseLockTest, WhatIsNoLeaseIsAnError) {
  json other = Object(kSpec);
  other["kind"] = "Status";
  EXPECT_FALSE(DecodeLease(other.dump(), "web"));
  EXPECT_FALSE(DecodeLease(Object(kSpec).dump(), "shop"));
  EXPECT_FALSE(
      DecodeLease(Object({{"leaseDurationSeconds", "x"}}).dump(), "web"));
  EXPECT_FALSE(DecodeLease(Object({{"leaseTransitions", -1}}).dump(), "web"));
}

}  // namespace
}  // namespace k8s
