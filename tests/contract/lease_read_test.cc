// Reads, and the two kinds of "not found".
#include <gtest/gtest.h>

#include "tests/contract/api.h"

namespace contract {
namespace {

using nlohmann::json;

class LeaseRead : public ContractTest {
 protected:
  // The test's user may do nothing in a namespace that does not exist.
  support::RestClient AsAdministrator() {
    return GetParam() == Kind::kKubeApiserver ? RealCluster().Admin()
                                              : api().User();
  }
};
CONTRACT_ON_BOTH(LeaseRead);

TEST_P(LeaseRead, GetReturnsWhatWasStored) {
  const json lease = Create();
  Keep("created", lease);
  const auto read = Do("read", "GET", path());
  EXPECT_EQ(read.status, 200);
}

TEST_P(LeaseRead, GetOfWhatIsAbsentIsNotFound) {
  EXPECT_EQ(Do("read", "GET", path()).status, 404);
}

// The same code as an absent lease; only details.kind tells them apart.
TEST_P(LeaseRead, CreateInAMissingNamespaceIsNotFound) {
  const auto created = AsAdministrator().Request(
      "PUT", support::LeasePath("missing", name()), NewLease());
  Keep("create", created);
  EXPECT_EQ(created.status, 404);
}

TEST_P(LeaseRead, ListByFieldSelectorHasTheOneLeaseOnly) {
  Create();
  const auto read = api().User().Request(
      "GET", all() + "?fieldSelector=metadata.name%3D" + name());
  json list = read.Json();
  // The list has the version of the whole store.
  EXPECT_GE(Version(list), Version(list["items"][0]));
  list["metadata"]["resourceVersion"] = nullptr;
  Keep("list", list);
  EXPECT_EQ(list["items"].size(), 1U);
}

TEST_P(LeaseRead, AnUnknownPathIsNotFound) {
  EXPECT_EQ(AsAdministrator().Request("GET", "/no/such/path").status, 404);
}

}  // namespace
}  // namespace contract
