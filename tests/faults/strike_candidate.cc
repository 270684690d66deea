// Faults of one candidate: its process, its packets, its connections, its
// token.
#include <signal.h>

#include <sstream>

#include "tests/faults/strike.h"
#include "tests/support/file_port_wait.h"

namespace faults {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using support::BootNow;
using support::Ending;
using support::Flow;
using support::Newcomers;
using support::Way;

// The pod stands still. Seen when a question to the agent stays unanswered.
class StandStill : public Strike {
 public:
  StandStill(Seat& seat, bool freezer) : seat_(seat), freezer_(freezer) {}

  void Begin() override {
    begun_ = BootNow();
    if (freezer_) {
      seat_.freezer().Freeze();
    } else {
      Signal(SIGSTOP);
    }
  }
  void End() override {
    if (freezer_) {
      seat_.freezer().Thaw();
    } else {
      Signal(SIGCONT);
    }
  }
  bool Seen() override {
    if (!seat_.ours()) return freezer_ || IsStopped();
    const auto last = seat_.observer().Last(seat_.name());
    return last && last->told.sent <= begun_ + milliseconds(100) &&
           BootNow() - begun_ > milliseconds(300);
  }

 private:
  // A frozen one is said to be so by the kernel before Freeze returns.
  bool IsStopped() {
    const std::string stat = support::ReadFile(
        "/proc/" + std::to_string(seat_.process().id()) + "/stat");
    return stat.find(") T ") != std::string::npos;
  }
  void Signal(int number) {
    seat_.process().Signal(number);
    if (seat_.log_client()) seat_.log_client()->Signal(number);
  }

  Seat& seat_;
  const bool freezer_;
  Instant begun_;
};

// Seen when the process has ended by the signal and the next one has answered.
class Kill : public Strike {
 public:
  explicit Kill(Seat& seat) : seat_(seat) {}

  void Begin() override {
    seat_.Kill();
    killed_ = seat_.process().Wait(Duration::zero()) ==
              support::ExitStatus{.code = -1, .signal = SIGKILL};
  }
  void End() override {
    seat_.Start();
    started_ = true;
  }
  bool Seen() override {
    if (!killed_ || !started_) return false;
    return !seat_.ours() || seat_.observer().Last(seat_.name()).has_value();
  }

 private:
  Seat& seat_;
  bool killed_ = false;
  bool started_ = false;
};

// Seen when the kernel has counted packets and a request was never answered.
class Drop : public Strike {
 public:
  Drop(Seat& seat, bool requests, bool answers) : seat_(seat) {
    if (requests) rules_.push_back("--dport");
    if (answers) rules_.push_back("--sport");
  }

  void Begin() override {
    unanswered_ = seat_.Unanswered();
    for (const char* rule : rules_) Rule("-A", rule);
  }
  void End() override {
    dropped_ = Dropped();
    for (const char* rule : rules_) Rule("-D", rule);
    rules_.clear();
  }
  bool Seen() override {
    return dropped_ > 0 && (!seat_.ours() || seat_.Unanswered() > unanswered_);
  }

 private:
  void Rule(const char* what, const char* port) {
    seat_.network().Iptables({what, "INPUT", "-p", "tcp", port,
                              std::to_string(seat_.proxy().port()), "-j",
                              "DROP"});
  }
  long Dropped() {
    std::istringstream lines(seat_.network().Iptables({"-nvxL", "INPUT"}));
    long sum = 0;
    for (std::string line; std::getline(lines, line);) {
      // "  12  5040 DROP  tcp ..."; the two lines of the head have no number.
      if (line.find("DROP ") != std::string::npos)
        sum += std::atol(line.c_str());
    }
    return sum;
  }

  Seat& seat_;
  std::vector<const char*> rules_;
  int unanswered_ = 0;
  long dropped_ = 0;
};

// Seen when bytes waited in the proxy.
class Delay : public Strike {
 public:
  Delay(Seat& seat, int variant)
      : seat_(seat),
        way_(variant % 3 == 0 ? Way::kToServer : Way::kToClient),
        // Some longer than a first attempt, so that answers come too late.
        delay_(milliseconds(50 + variant / 3 % 900)) {}

  void Begin() override { seat_.proxy().SetDelay(way_, delay_); }
  void End() override { seat_.proxy().SetDelay(way_, Duration::zero()); }
  bool Seen() override { return seat_.proxy().counts().Held(way_) > 0; }

 private:
  Seat& seat_;
  const Way way_;
  const Duration delay_;
};

// Seen when connections have ended and there are new ones later.
class Cut : public Strike {
 public:
  Cut(Seat& seat, int variant)
      : seat_(seat),
        ending_(variant % 2 == 0 ? Ending::kReset : Ending::kFin) {}

  void Begin() override {
    before_ = seat_.proxy().counts();
    seat_.proxy().SetNewcomers(Newcomers::kRefuse);
    seat_.proxy().EndAll(ending_);
  }
  void End() override {
    seat_.proxy().Heal();
    healed_ = true;
  }
  bool Seen() override {
    const auto now = seat_.proxy().counts();
    return healed_ && now.ended > before_.ended &&
           now.accepted > before_.accepted;
  }

 private:
  Seat& seat_;
  const Ending ending_;
  support::TcpProxy::Counts before_;
  bool healed_ = false;
};

// What is asked is done, and the answer is lost with its connection, or comes
// late. Seen when there was one.
class LoseAnswer : public Strike {
 public:
  LoseAnswer(Seat& seat, int variant) : seat_(seat), hold_(variant % 3 == 0) {}

  void Begin() override {
    swallowed_ = seat_.proxy().counts().Swallowed(Way::kToClient);
    seat_.proxy().SetFlow(Way::kToClient, hold_ ? Flow::kHold : Flow::kSwallow);
  }
  void End() override {
    // What was held arrives, late.
    if (!hold_) seat_.proxy().EndAll(Ending::kReset);
    seat_.proxy().SetFlow(Way::kToClient, Flow::kPass);
  }
  bool Seen() override {
    const auto counts = seat_.proxy().counts();
    return hold_ ? counts.Held(Way::kToClient) > 0
                 : counts.Swallowed(Way::kToClient) > swallowed_;
  }

 private:
  Seat& seat_;
  const bool hold_;
  std::size_t swallowed_ = 0;
};

// Seen when the API server has refused the agent. It believes in a token for up
// to 10 s after it has last looked.
class Revoke : public Strike {
 public:
  explicit Revoke(Seat& seat) : seat_(seat) {}

  void Begin() override {
    refused_ = seat_.Answered("401");
    seat_.RevokeToken();
  }
  void End() override { seat_.NewToken(); }
  bool Seen() override {
    return seat_.ours() ? seat_.Answered("401") > refused_
                        : seat_.TokenIsRefused();
  }
  bool StartsLate() const override { return true; }

 private:
  Seat& seat_;
  int refused_ = 0;
};

}  // namespace

std::unique_ptr<Strike> NewStrike(const Planned& planned, Seat& seat) {
  switch (planned.fault) {
    case Fault::kStopped:
      return std::make_unique<StandStill>(seat, /*freezer=*/false);
    case Fault::kFrozen:
      return std::make_unique<StandStill>(seat, /*freezer=*/true);
    case Fault::kKilled:
      return std::make_unique<Kill>(seat);
    case Fault::kDropRequest:
      return std::make_unique<Drop>(seat, true, false);
    case Fault::kDropAnswer:
      return std::make_unique<Drop>(seat, false, true);
    case Fault::kDropBoth:
      return std::make_unique<Drop>(seat, true, true);
    case Fault::kDelayed:
      return std::make_unique<Delay>(seat, planned.variant);
    case Fault::kCut:
      return std::make_unique<Cut>(seat, planned.variant);
    case Fault::kAnswerLost:
      return std::make_unique<LoseAnswer>(seat, planned.variant);
    case Fault::kRevoked:
      return std::make_unique<Revoke>(seat);
    default:
      throw std::logic_error("no fault of a candidate");
  }
}

}  // namespace faults
