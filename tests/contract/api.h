// The API server that a contract test speaks to: the real one or the stand-in.
// Each is started once for all tests of a run. Thread: the test's.
#ifndef TESTS_CONTRACT_API_H_
#define TESTS_CONTRACT_API_H_

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/contract/recording.h"
#include "tests/support/kubernetes_cluster.h"
#include "tests/support/rest_client.h"

namespace contract {

// The namespace that exists on both.
inline constexpr char kNamespace[] = "contract";

enum class Kind { kKubeApiserver, kStandin };
std::string NameOf(const testing::TestParamInfo<Kind>& info);

class Api {
 public:
  virtual ~Api() = default;
  // May do everything with the leases of kNamespace.
  virtual support::RestClient User() const = 0;
  // `token` "" sends none.
  virtual support::RestClient WithToken(const std::string& token) const = 0;
  // From now on a watch from an earlier version cannot be served.
  virtual void ForgetOldVersions() = 0;
};

// A test of the contract. Its lease is named for it, so that tests do not meet.
class ContractTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override;
  void TearDown() override;

  Api& api() { return *api_; }
  // The request's answer, kept for the comparison at the end of the test.
  support::Answer Do(const std::string& step, const std::string& method,
                     const std::string& path,
                     const nlohmann::json& body = nullptr);
  void Keep(const std::string& step, const support::Answer& answer) {
    recording_->Add(step, answer);
  }
  void Keep(const std::string& step, const nlohmann::json& value) {
    recording_->Add(step, value);
  }

  // Creates the test's lease with a known spec; not part of the recording.
  nlohmann::json Create();
  const std::string& name() const { return name_; }
  std::string path() const { return support::LeasePath(kNamespace, name_); }
  std::string all() const { return support::LeasesPath(kNamespace); }
  // The lease that all tests begin with.
  nlohmann::json NewLease() const;

 private:
  Api* api_ = nullptr;
  std::string name_;
  std::unique_ptr<Recording> recording_;
};

std::int64_t Version(const nlohmann::json& lease);

#define CONTRACT_ON_BOTH(suite)                                              \
  INSTANTIATE_TEST_SUITE_P(Contract, suite,                                  \
                           testing::Values(::contract::Kind::kKubeApiserver, \
                                           ::contract::Kind::kStandin),      \
                           ::contract::NameOf)
#define CONTRACT_ON_KUBE_APISERVER_ONLY(suite)                                \
  INSTANTIATE_TEST_SUITE_P(Contract, suite,                                   \
                           testing::Values(::contract::Kind::kKubeApiserver), \
                           ::contract::NameOf)

// The real cluster, for what the stand-in has no counterpart of.
support::KubernetesCluster& RealCluster();

}  // namespace contract

#endif  // TESTS_CONTRACT_API_H_
