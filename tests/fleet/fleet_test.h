// What every test with real agents stands on: one real cluster a program, a
// lease of its own a test, and at the end the questions that are never skipped:
// did two ever lead, has a secret been logged, has a sanitizer complained?
#ifndef TESTS_FLEET_FLEET_TEST_H_
#define TESTS_FLEET_FLEET_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fleet/fleet.h"
#include "tests/support/kubernetes_cluster.h"

namespace fleet {

class FleetTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Started by the first test that asks; ended with the program.
  static support::KubernetesCluster& cluster();

  // A fleet whose lease is this test's. `flags` go to every agent.
  Fleet& NewFleet(std::vector<std::string> flags = {}, Timing timing = {},
                  base::Duration ask_every = std::chrono::milliseconds(3));
  Fleet& fleet() { return *fleet_; }
  bool has_fleet() const { return fleet_ != nullptr; }

  // May do everything, by client certificate.
  const std::string& kubeconfig() const { return kubeconfig_; }
  const std::string& lease() const { return lease_; }
  nlohmann::json ReadLease() { return cluster().ReadLease("default", lease_); }
  std::string Holder();  // "" too when there is no lease.

  // Must not show up in any log of the fleet.
  void Secret(std::string text) { secrets_.push_back(std::move(text)); }

  // One line that says how long something took here.
  static void Figure(std::string_view what, base::Duration took);

 private:
  std::string lease_;
  std::string kubeconfig_;
  std::vector<std::string> secrets_;
  std::unique_ptr<Fleet> fleet_;
};

// A lease that nobody has ever held is free at once: for tests that are not
// about the first election, which waits for a whole lease duration.
inline constexpr char kAtOnce[] = "--trust-new-lease";

// Long enough that no busy machine loses the lease by itself: for tests where
// only what the test does may end a term.
inline constexpr Timing kPatient{std::chrono::seconds(60),
                                 std::chrono::seconds(40),
                                 std::chrono::seconds(2)};

}  // namespace fleet

#endif  // TESTS_FLEET_FLEET_TEST_H_
