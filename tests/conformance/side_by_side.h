// Three client-go candidates and three of our agents, each side on a lease of
// its own, on one real etcd and kube-apiserver, so that both meet the same
// fault at the same time. The first of each side, "a", leads and reaches the
// API server through a proxy; "b" and "c" stand by.
// Thread: the test's.
#ifndef TESTS_CONFORMANCE_SIDE_BY_SIDE_H_
#define TESTS_CONFORMANCE_SIDE_BY_SIDE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/comparison.h"
#include "tests/conformance/leads.h"
#include "tests/fleet/client_go.h"
#include "tests/fleet/fleet_test.h"
#include "tests/support/tcp_proxy.h"

namespace conformance {

// The usual 15/10/2 s, scaled: client-go publishes whole seconds of L only.
inline constexpr fleet::Timing kScaled{std::chrono::seconds(6),
                                       std::chrono::seconds(4),
                                       std::chrono::milliseconds(800)};

struct Beginning {
  // client-go's ReleaseOnCancel, which is off by default.
  bool peers_release = false;
  std::vector<std::string> flags = {fleet::kAtOnce};
  // Of client-go's a, b and c. Ours have kScaled.
  std::vector<fleet::Timing> peer_timing = {kScaled, kScaled, kScaled};
};

class SideBySideTest : public fleet::FleetTest {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Both sides have a leader, a, and standbys that know it.
  void Begin(const Beginning& beginning = {});
  fleet::ClientGo& AddPeer(const std::string& name, const std::string& identity,
                           const std::string& kubeconfig,
                           const fleet::Timing& timing, bool release);

  fleet::ClientGo& peer(const std::string& name) { return *peers_.at(name); }
  fleet::Agent& ours(const std::string& name) { return fleet().agent(name); }
  support::TcpProxy& peers_line() { return *peers_line_; }
  support::TcpProxy& our_line() { return *our_line_; }

  std::string peers_lease() const { return lease() + ".client-go"; }
  std::string HolderOf(const std::string& lease);
  void GiveTo(const std::string& lease, const std::string& holder);
  // Until just after a renewal, if there is one: its leader then sleeps.
  void WaitForRenewalOf(const std::string& lease);
  static void WaitUntil(base::Instant instant);

  // Another of client-go's than `but` has begun to lead after `since`. Empty:
  // none did for a time that is long for all of them.
  std::optional<std::string> WaitForPeer(base::Instant since,
                                         const std::string& but);

  // Nothing reaches anybody any more, and no connection says so.
  static void CutOff(support::TcpProxy& line);
  // The next answers wait in the line, and no request goes through any more.
  // When the first one came.
  static base::Instant HoldAnAnswer(support::TcpProxy& line);
  // An answer gets lost, and nothing else. When.
  static base::Instant LoseAnAnswer(support::TcpProxy& line);
  // Both "a" stood still in [from, until): nobody could ask them.
  void StoodStill(base::Instant from, base::Instant until);
  // How long after `fault` the program beside our "a" was first told no.
  base::Duration ToldNoAfter(base::Instant fault);

  // Measures both sides from their fault until now. Ours never have two.
  Measured Record(const std::string& weakness, base::Instant peers_fault,
                  base::Instant our_fault, const std::string& note = "",
                  bool two_leaders_expected = true);

 private:
  std::string LineTo(support::TcpProxy& proxy, const std::string& name);
  std::vector<Lead> PeerLeads() const;
  // As long as an answer promised; or as long as readers were told so.
  std::vector<Lead> OurPromises();
  std::vector<Lead> OurLeads();
  std::vector<Lead> WithoutStandingStill(const std::vector<Lead>& leads) const;

  std::unique_ptr<support::TcpProxy> peers_line_;
  std::unique_ptr<support::TcpProxy> our_line_;
  std::map<std::string, std::unique_ptr<fleet::ClientGo>> peers_;
  std::optional<Lead> stood_still_;
};

}  // namespace conformance

#endif  // TESTS_CONFORMANCE_SIDE_BY_SIDE_H_
