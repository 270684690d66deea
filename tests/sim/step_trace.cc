#include "tests/sim/step_trace.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

namespace sim {
namespace {

using base::Duration;
using base::Instant;
using election::WriteKind;
using Json = nlohmann::ordered_json;

std::int64_t Micros(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration)
      .count();
}

std::int64_t Micros(std::int64_t seconds) { return seconds * 1'000'000; }

// The store counts its objects: uid-1, uid-2.
std::int64_t NumberOf(const std::string& uid) {
  const std::size_t dash = uid.rfind('-');
  return dash == uid.npos ? 0 : std::stoll(uid.substr(dash + 1));
}

std::string Stamp(k8s::MicroTime time) {
  return time == 0 ? "" : "s" + std::to_string(time);
}

Json MarkOf(const k8s::LeaseRecord& record) {
  if (!record.mark) return {{"u", 0}};
  return {{"u", NumberOf(record.mark->uid)},
          {"i", record.mark->incarnation},
          {"t", record.mark->transitions}};
}

Json Absent(std::int64_t version) { return {{"ex", false}, {"rv", version}}; }

Json Found(const k8s::Lease& lease) {
  const k8s::LeaseRecord& record = lease.record;
  return {{"ex", true},
          {"uid", NumberOf(record.uid)},
          {"rv", lease.resource_version},
          {"h", record.holder},
          {"acq", Stamp(record.acquire_time)},
          {"st", Stamp(record.renew_time)},
          {"tr", record.transitions},
          {"dur", Micros(record.duration_seconds)},
          {"mark", MarkOf(record)}};
}

const char* NameOf(WriteKind kind) {
  switch (kind) {
    case WriteKind::kCreate:
      return "new";
    case WriteKind::kAcquire:
      return "acq";
    case WriteKind::kRenew:
      return "ren";
    case WriteKind::kRelease:
      return "rel";
  }
  return "";
}

// What the specification has no word for is told as it is, and refused there.
struct Telling {
  Json& line;
  bool stale;

  void Say(const char* ev, std::string_view how) const {
    line["ev"] = ev;
    line["how"] = how;
  }
  void operator()(const election::Start&) const { Say("start", ""); }
  void operator()(const election::Tick&) const { Say("tick", ""); }
  void operator()(const election::WatchLive&) const { Say("live", ""); }
  void operator()(const election::WatchLost&) const { Say("down", ""); }
  void operator()(const election::StopRequested&) const { Say("stop", ""); }
  void operator()(const election::GiveUp&) const { Say("giveup", ""); }
  void operator()(const election::Drained&) const { Say("drained", ""); }
  void operator()(const election::Doubt&) const { Say("doubt", ""); }
  void operator()(const election::Permission&) const { Say("permission", ""); }
  void operator()(const election::ReadDone& done) const {
    Say("read", stale ? "stale" : k8s::ToString(done.status));
    if (done.status == k8s::ReadStatus::kFound) line["v"] = Found(done.lease);
  }
  void operator()(const election::WriteDone& done) const {
    Say("write", stale ? "stale" : k8s::ToString(done.status));
    line["stamp"] = Stamp(done.renew_time);
    if (done.status == k8s::WriteStatus::kApplied) {
      line["v"] = Found(done.lease);
    }
  }
  void operator()(const election::WatchEvent& event) const {
    Say("watch", "");
    line["follows"] = event.follows;
    line["v"] = event.deleted ? Absent(event.lease.resource_version)
                              : Found(event.lease);
  }
};

std::uint64_t AnswerTo(const election::Event& event) {
  if (const auto* read = std::get_if<election::ReadDone>(&event)) {
    return read->id;
  }
  const auto* write = std::get_if<election::WriteDone>(&event);
  return write ? write->id : 0;
}

}  // namespace

StepTrace::StepTrace(std::FILE* file, const election::Config& config)
    : file_(file) {
  Json trust = Json::array();
  if (config.trust_new_lease) trust.push_back("new");
  if (config.trust_client_go_release) trust.push_back("cg");
  const bool last = config.stop_order == election::StopOrder::kSidecarLast;
  const Json settings{{"L", Micros(config.lease_duration.count())},
                      {"D", Micros(config.renew_deadline)},
                      {"G", Micros(config.stop_grace)},
                      {"R", Micros(config.retry_period)},
                      {"order", last ? "last" : "together"},
                      {"trust", trust},
                      {"accept", config.accept_restored_store}};
  std::fprintf(file_, "%s\n", settings.dump().c_str());
}

void StepTrace::OnStart(const std::string& incarnation, Instant now) {
  incarnation_ = incarnation;
  last_ = now;
  asked_ = 0;
}

void StepTrace::OnStep(Instant now, const election::Event& event,
                       const election::Actions& actions,
                       const election::View& view) {
  Json line{{"p", incarnation_}, {"dt", Micros(now - last_)}};
  last_ = now;
  line["v"] = Absent(0);
  const std::uint64_t answered = AnswerTo(event);
  std::visit(Telling{line, answered != asked_}, event);
  if (answered == asked_) asked_ = 0;
  line["sent"] = "none";
  for (const election::Action& action : actions) {
    if (const auto* read = std::get_if<election::Read>(&action)) {
      line["sent"] = "read";
      asked_ = read->id;
    } else if (const auto* write = std::get_if<election::Write>(&action)) {
      const k8s::LeaseRecord& record = write->write.record;
      line["sent"] = NameOf(write->kind);
      line["body"] = {{"h", record.holder},
                      {"tr", record.transitions},
                      {"dur", Micros(record.duration_seconds)},
                      {"mark", MarkOf(record)}};
      asked_ = write->id;
    }
  }
  line["state"] = election::ToString(view.state);
  line["leads"] = view.leads;
  line["left"] =
      view.valid_until > now ? Micros(view.valid_until - now) : std::int64_t{0};
  line["token"] = view.fencing_token;
  std::fprintf(file_, "%s\n", line.dump().c_str());
}

}  // namespace sim
