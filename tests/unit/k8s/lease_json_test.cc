// A Lease to JSON and back, and what is not ours in it.
#include "k8s/lease_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "k8s/bounded_json.h"

namespace k8s {
namespace {

using nlohmann::json;

const char kLease[] = R"({
  "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
  "metadata": {
    "name": "web", "namespace": "shop", "uid": "u-1", "resourceVersion": "41",
    "labels": {"team": "a"}, "unknown": {"x": [1, 2.5, null]},
    "annotations": {"other": "stays",
                    "leader-elector.io/released-by": "u-1/web-1_ab/c/6"},
    "managedFields": [{"manager": "kubectl"}]},
  "spec": {
    "holderIdentity": "web-1_ab", "leaseDurationSeconds": 15,
    "leaseTransitions": 7, "acquireTime": "2026-08-21T10:15:02.123456Z",
    "renewTime": "2026-08-21T10:15:04.000000Z", "strategy": "OldestEmulationVersion"}
})";

Lease Decoded() {
  auto lease = DecodeLease(kLease, "web");
  EXPECT_TRUE(lease);
  return *lease;
}

json Encoded(const LeaseWrite& write) {
  const auto text = EncodeLeaseWrite(write, "shop", "web");
  EXPECT_TRUE(text);
  return json::parse(*text);
}

// kLease after one change to it.
std::string Changed(const char* pointer, const json& value) {
  json object = json::parse(kLease);
  object[json::json_pointer(pointer)] = value;
  return object.dump();
}

// A time is only a value that changes: one that somebody wrote by hand must not
// make the lease unreadable, or nobody could lead any more.
TEST(LeaseJsonTest, ATimeThatCannotBeReadIsStillAValue) {
  const auto odd = DecodeLease(
      Changed("/spec/renewTime", "10000-01-01T00:59:59.000000Z"), "web");
  const auto other = DecodeLease(
      Changed("/spec/renewTime", "0000-06-01T00:00:00.000000Z"), "web");
  ASSERT_TRUE(odd);
  ASSERT_TRUE(other);
  EXPECT_NE(odd->record.renew_time, other->record.renew_time);
  EXPECT_NE(odd->record.renew_time, 0);
  LeaseWrite write;
  write.base = *odd;
  write.record = odd->record;
  EXPECT_EQ(Encoded(write)["spec"]["renewTime"].get<std::string>().substr(0, 4),
            "0001");
}

TEST(LeaseJsonTest, DecodesEveryField) {
  const Lease lease = Decoded();
  EXPECT_EQ(lease.resource_version, 41);
  EXPECT_EQ(lease.record.uid, "u-1");
  EXPECT_EQ(lease.record.holder, "web-1_ab");
  EXPECT_EQ(lease.record.acquire_time, 1787307302'123456);
  EXPECT_EQ(lease.record.renew_time, 1787307304'000000);
  EXPECT_EQ(lease.record.transitions, 7);
  EXPECT_EQ(lease.record.duration_seconds, 15);
  const ReleaseMark mark{"u-1", "web-1_ab/c", 6};
  EXPECT_EQ(lease.record.mark, mark);
  EXPECT_EQ(json::parse(lease.document), json::parse(kLease));
}

TEST(LeaseJsonTest, TakesNullAndAbsentForNotSet) {
  for (const std::string& text :
       {Changed("/spec", nullptr), Changed("/spec", json::object()),
        Changed("/spec", {{"holderIdentity", nullptr},
                          {"acquireTime", nullptr},
                          {"renewTime", nullptr},
                          {"leaseTransitions", nullptr},
                          {"leaseDurationSeconds", nullptr}})}) {
    const auto lease = DecodeLease(text, "web");
    ASSERT_TRUE(lease) << lease.error().message;
    LeaseRecord empty = lease->record;
    empty.uid = "";
    empty.mark.reset();
    EXPECT_EQ(empty, LeaseRecord{});
  }
}

TEST(LeaseJsonTest, RefusesWhatIsNotThisLease) {
  const json deep = json::parse(std::string(60, '[') + std::string(60, ']'));
  for (const std::string& text :
       {std::string(),
        std::string("{"),
        std::string("[]"),
        std::string("1"),
        std::string(100'000, '['),
        std::string("\"\xff\""),
        Changed("/kind", "Pod"),
        Changed("/metadata", "x"),
        Changed("/metadata/name", "other"),
        Changed("/metadata/uid", nullptr),
        Changed("/metadata/uid", ""),
        Changed("/metadata/uid", 7),
        Changed("/metadata/resourceVersion", nullptr),
        Changed("/metadata/resourceVersion", 41),
        Changed("/metadata/resourceVersion", ""),
        Changed("/metadata/resourceVersion", "0"),
        Changed("/metadata/resourceVersion", "-1"),
        Changed("/metadata/resourceVersion", "4x"),
        Changed("/metadata/resourceVersion", "041"),
        Changed("/metadata/resourceVersion", "99999999999999999999"),
        Changed("/spec", "x"),
        Changed("/spec/holderIdentity", 1),
        Changed("/spec/leaseDurationSeconds", "15"),
        Changed("/spec/leaseDurationSeconds", 1.5),
        Changed("/spec/leaseDurationSeconds", -1),
        Changed("/spec/leaseTransitions", 2147483648),
        Changed("/spec/renewTime", 5),
        Changed("/spec/deep", json{json{json{json{json{deep}}}}})}) {
    EXPECT_FALSE(DecodeLease(text, "web")) << text.substr(0, 500);
  }
}

TEST(LeaseJsonTest, TakesAMarkThatCannotBeReadForNone) {
  for (const char* mark :
       {"", "x", "u/1", "/web/1", "u//1", "u/web/", "u/web/x", "u/web/-1",
        "u/web/01", "u/web/1 ", "u/web/99999999999999999999"}) {
    EXPECT_FALSE(ParseReleaseMark(mark)) << mark;
  }
  const auto number =
      DecodeLease(Changed("/metadata/annotations", {{kReleasedBy, 3}}), "web");
  ASSERT_TRUE(number);
  EXPECT_FALSE(number->record.mark);
}

TEST(LeaseJsonTest, ReadsTheMarkThatItWrites) {
  const ReleaseMark mark{"u-1", "a/b_c", 0};
  EXPECT_EQ(FormatReleaseMark(mark), "u-1/a/b_c/0");
  EXPECT_EQ(ParseReleaseMark(FormatReleaseMark(mark)), mark);
}

TEST(LeaseJsonTest, ANewLeaseHasNeitherUidNorResourceVersion) {
  LeaseWrite write;
  write.record.uid = "ignored";
  write.record.duration_seconds = 15;
  write.record.renew_time = 1787307304'000000;

  EXPECT_EQ(Encoded(write), json::parse(R"({
    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"holderIdentity": "", "leaseDurationSeconds": 15,
             "leaseTransitions": 0,
             "renewTime": "2026-08-21T10:15:04.000000Z"}})"));
}

TEST(LeaseJsonTest, AWriteKeepsWhatItDoesNotKnow) {
  LeaseWrite write;
  write.base = Decoded();
  write.record = write.base->record;
  write.record.holder = "web-2_cd";
  write.record.transitions = 8;

  json wanted = json::parse(kLease);
  wanted["spec"]["holderIdentity"] = "web-2_cd";
  wanted["spec"]["leaseTransitions"] = 8;
  EXPECT_EQ(Encoded(write), wanted);
}

TEST(LeaseJsonTest, AWriteCarriesUidAndVersionOfItsBase) {
  LeaseWrite write;
  write.base = Decoded();
  write.base->resource_version = 77;
  write.base->record.uid = "u-2";
  write.record.uid = "ignored";

  const json metadata = Encoded(write)["metadata"];

  EXPECT_EQ(metadata["uid"], "u-2");
  EXPECT_EQ(metadata["resourceVersion"], "77");
}

TEST(LeaseJsonTest, AWriteRemovesTheMarkUnlessItSetsOne) {
  LeaseWrite write;
  write.base = Decoded();
  write.record = write.base->record;
  write.record.mark.reset();
  EXPECT_EQ(Encoded(write)["metadata"]["annotations"],
            json({{"other", "stays"}}));
  write.record.mark = ReleaseMark{"u-1", "me", 9};
  EXPECT_EQ(Encoded(write)["metadata"]["annotations"][kReleasedBy], "u-1/me/9");
}

TEST(LeaseJsonTest, AWriteDropsTimesThatAreNotSet) {
  LeaseWrite write;
  write.base = Decoded();
  write.record = write.base->record;
  write.record.acquire_time = 0;
  EXPECT_FALSE(Encoded(write)["spec"].contains("acquireTime"));
}

TEST(LeaseJsonTest, AWriteOverADocumentThatIsNotJsonIsAnError) {
  LeaseWrite write;
  write.base = Decoded();
  write.base->document = "{";
  EXPECT_FALSE(EncodeLeaseWrite(write, "shop", "web"));
}

}  // namespace
}  // namespace k8s
