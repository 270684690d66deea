#include "tests/conformance/side_by_side.h"

#include <algorithm>
#include <utility>

namespace conformance {

using base::Duration;
using base::Instant;
using fleet::kLong;
using support::BootNow;
using support::Eventually;
using support::Flow;
using support::Way;

namespace {

constexpr Duration kOften = std::chrono::milliseconds(5);

}  // namespace

void SideBySideTest::SetUp() {
  REQUIRE_CLIENT_GO();
  FleetTest::SetUp();
  if (IsSkipped() || HasFailure()) return;
  peers_line_ = std::make_unique<support::TcpProxy>(cluster().port());
  our_line_ = std::make_unique<support::TcpProxy>(cluster().port());
}

void SideBySideTest::TearDown() {
  FleetTest::TearDown();
  if (HasFailure()) {
    for (const auto& [name, peer] : peers_) {
      std::cout << "--- client-go " << name << "\n" << peer->process().Output();
    }
  }
  peers_.clear();
}

std::string SideBySideTest::LineTo(support::TcpProxy& proxy,
                                   const std::string& name) {
  return cluster().Kubeconfig(lease() + "." + name, {"system:masters"},
                              "default", proxy.port());
}

fleet::ClientGo& SideBySideTest::AddPeer(const std::string& name,
                                         const std::string& identity,
                                         const std::string& kubeconfig,
                                         const fleet::Timing& timing,
                                         bool release) {
  auto& place = peers_[name];
  place = std::make_unique<fleet::ClientGo>(
      identity, peers_lease(), kubeconfig, timing,
      fleet::ClientGoOptions{.release = release});
  return *place;
}

void SideBySideTest::Begin(const Beginning& beginning) {
  const auto& timing = beginning.peer_timing;
  AddPeer("a", "a", LineTo(*peers_line_, "peer"), timing.at(0),
          beginning.peers_release);
  NewFleet(beginning.flags, kScaled);
  fleet().Add({.name = "a", .kubeconfig = LineTo(*our_line_, "ours")});
  peer("a").WaitUntilItLeads();
  AddPeer("b", "b", kubeconfig(), timing.at(1), beginning.peers_release);
  AddPeer("c", "c", kubeconfig(), timing.at(2), beginning.peers_release);
  fleet().WaitForLeader();
  fleet().Add({.name = "b"});
  fleet().Add({.name = "c"});
  fleet().WaitForAll();
  peer("b").WaitUntilItSeesALeader();
  peer("c").WaitUntilItSeesALeader();
}

std::string SideBySideTest::HolderOf(const std::string& lease) {
  const auto found = cluster().ReadLease("default", lease);
  return found.is_object() ? found.at("spec").value("holderIdentity", "") : "";
}

void SideBySideTest::GiveTo(const std::string& lease,
                            const std::string& holder) {
  cluster().PatchLease("default", lease,
                       {{"spec", {{"holderIdentity", holder}}}});
}

void SideBySideTest::WaitForRenewalOf(const std::string& lease) {
  const auto renewed = [&] {
    const auto found = cluster().ReadLease("default", lease);
    return found.is_object() ? found.at("spec").value("renewTime", "") : "";
  };
  const std::string before = renewed();
  Eventually(
      kScaled.lease_duration, [&] { return renewed() != before; }, kOften);
}

void SideBySideTest::WaitUntil(Instant instant) {
  Eventually(
      std::max(Duration(0), instant - BootNow()) + kLong,
      [&] { return BootNow() >= instant; }, kOften);
}

std::optional<std::string> SideBySideTest::WaitForPeer(Instant since,
                                                       const std::string& but) {
  std::optional<std::string> next;
  Eventually(3 * kScaled.lease_duration, [&] {
    for (const auto& [name, peer] : peers_) {
      const auto spans = peer->Spans();
      if (name != but && !spans.empty() && spans.back().from >= since) {
        next = name;
      }
    }
    return next.has_value();
  });
  return next;
}

void SideBySideTest::CutOff(support::TcpProxy& line) {
  line.SetNewcomers(support::Newcomers::kIgnore);
  line.SetFlow(Way::kToServer, Flow::kSwallow);
  line.SetFlow(Way::kToClient, Flow::kSwallow);
}

Instant SideBySideTest::HoldAnAnswer(support::TcpProxy& line) {
  line.SetFlow(Way::kToClient, Flow::kHold);
  EXPECT_TRUE(Eventually(
      kLong, [&] { return line.counts().Held(Way::kToClient) > 0; }, kOften));
  const Instant held = BootNow();
  line.SetFlow(Way::kToServer, Flow::kSwallow);
  return held;
}

Instant SideBySideTest::LoseAnAnswer(support::TcpProxy& line) {
  const std::size_t before = line.counts().Swallowed(Way::kToClient);
  line.SetFlow(Way::kToClient, Flow::kSwallow);
  EXPECT_TRUE(Eventually(
      kLong, [&] { return line.counts().Swallowed(Way::kToClient) > before; },
      kOften));
  const Instant lost = BootNow();
  WaitUntil(lost + std::chrono::milliseconds(100));  // The watch's event too.
  line.SetFlow(Way::kToClient, Flow::kPass);
  return lost;
}

void SideBySideTest::StoodStill(Instant from, Instant until) {
  stood_still_ = Lead{"a", from, until};
}

Duration SideBySideTest::ToldNoAfter(Instant fault) {
  std::optional<Instant> told;
  EXPECT_TRUE(Eventually(kLong, [&] {
    for (const fleet::Term& term : fleet().observer().Terms()) {
      if (term.agent == "a" && term.no) told = term.no->received;
    }
    return told.has_value();
  }));
  return told ? *told - fault : Duration::max();
}

std::vector<Lead> SideBySideTest::PeerLeads() const {
  std::vector<Lead> leads;
  for (const auto& [name, peer] : peers_) {
    for (const fleet::ClientGo::Span& span : peer->Spans()) {
      leads.push_back({name, span.from, span.until.value_or(BootNow())});
    }
  }
  return WithoutStandingStill(leads);
}

std::vector<Lead> SideBySideTest::OurPromises() {
  std::vector<Lead> leads;
  for (const fleet::Term& term : fleet().observer().Terms()) {
    leads.push_back({term.agent, term.first_yes, term.end()});
  }
  return leads;
}

std::vector<Lead> SideBySideTest::OurLeads() {
  std::vector<Lead> leads;
  for (const fleet::Term& term : fleet().observer().Terms()) {
    Instant until = term.end();
    if (term.no) until = std::min(until, term.no->received);
    leads.push_back({term.agent, term.first_yes, until});
  }
  return WithoutStandingStill(leads);
}

std::vector<Lead> SideBySideTest::WithoutStandingStill(
    const std::vector<Lead>& leads) const {
  if (!stood_still_) return leads;
  return Without(leads, stood_still_->who, stood_still_->from,
                 stood_still_->until);
}

Measured SideBySideTest::Record(const std::string& weakness,
                                Instant peers_fault, Instant our_fault,
                                const std::string& note,
                                bool two_leaders_expected) {
  const Instant now = BootNow();
  const std::vector<Lead> peers = PeerLeads();
  const Measured client_go{TwoLead(peers, peers_fault, now),
                           NobodyLeads(peers, peers_fault, now)};
  const Measured ours{TwoLead(OurPromises(), our_fault, Instant::Never()),
                      NobodyLeads(OurLeads(), our_fault, now)};
  EXPECT_EQ(ours.two_lead, Duration(0));
  std::string said = note;
  if (two_leaders_expected && client_go.two_lead == Duration(0)) {
    said += std::string(said.empty() ? "" : "; ") + "client-go had luck";
  }
  AddRow({weakness, client_go, ours, said});
  return client_go;
}

}  // namespace conformance
