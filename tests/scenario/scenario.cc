#include "tests/scenario/scenario.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/election/elector.h"
#include "agent/election/trace.h"

namespace election {
namespace {

constexpr Instant kOrigin{std::chrono::hours(1)};
constexpr k8s::MicroTime kFirstStamp = 1000;

// What is wrong with the line being read. Caught in PlayScenario().
struct Mistake {
  std::string message;
};

[[noreturn]] void Wanted(const std::string& found, const std::string& wanted) {
  throw Mistake{"found '" + found + "'; wanted " + wanted};
}

std::int64_t ParseNumber(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) Wanted(text, "a whole number");
  return number;
}

// 2s, 1.5s, 250ms, 1ns, 1.000000001s.
Duration ParseDuration(const std::string& text) {
  static const std::pair<const char*, std::int64_t> kUnits[] = {
      {"ms", 1'000'000}, {"ns", 1}, {"s", 1'000'000'000}};
  for (const auto& [unit, ns] : kUnits) {
    if (!text.ends_with(unit)) continue;
    std::string digits = text.substr(0, text.size() - std::string(unit).size());
    const std::size_t point = digits.find('.');
    std::int64_t scale = ns;
    if (point != std::string::npos) {
      for (std::size_t i = point + 1; i < digits.size(); ++i) {
        if (scale % 10 != 0) Wanted(text, "at most nanoseconds");
        scale /= 10;
      }
      digits.erase(point, 1);
    }
    return Duration(ParseNumber(digits) * scale);
  }
  Wanted(text, "a time such as 2s, 1.5s, 250ms or 1ns");
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The words of a line after the event's name: `key=value` or `flag`.
class Arguments {
 public:
  Arguments(std::vector<std::string> words, std::size_t first) {
    for (std::size_t i = first; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      const bool flag = equals == std::string::npos;
      values_[words[i].substr(0, equals)] =
          flag ? "" : words[i].substr(equals + 1);
      order_.push_back(words[i]);
    }
  }

  std::optional<std::string> Take(const std::string& key) {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    std::string value = found->second;
    values_.erase(found);
    return value;
  }
  bool Flag(const std::string& key) { return Take(key).has_value(); }
  std::string Need(const std::string& key) {
    std::optional<std::string> value = Take(key);
    if (!value) throw Mistake{"found no " + key + "=; wanted one here"};
    return *value;
  }
  void End(const std::string& wanted) const {
    if (!values_.empty()) Wanted(values_.begin()->first, wanted);
  }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> order_;
};

Config ParseConfig(Arguments arguments) {
  Config config;
  config.incarnation = "a_1";
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  if (auto v = arguments.Take("incarnation")) config.incarnation = *v;
  if (auto v = arguments.Take("L")) {
    config.lease_duration = duration_cast<seconds>(ParseDuration(*v));
  }
  if (auto v = arguments.Take("D")) config.renew_deadline = ParseDuration(*v);
  if (auto v = arguments.Take("R")) config.retry_period = ParseDuration(*v);
  if (auto v = arguments.Take("grace")) config.stop_grace = ParseDuration(*v);
  if (auto v = arguments.Take("order")) {
    if (*v != "together" && *v != "sidecar-last") {
      Wanted(*v, "order=together or order=sidecar-last");
    }
    if (*v == "sidecar-last") config.stop_order = StopOrder::kSidecarLast;
  }
  config.trust_new_lease = arguments.Flag("trust-new-lease");
  config.trust_client_go_release = arguments.Flag("trust-client-go-release");
  config.accept_restored_store = arguments.Flag("accept-restored-store");
  arguments.End("incarnation= L= D= R= grace= order= or a trust flag");
  return config;
}

class Player {
 public:
  // The line is an event. Returns what the elector does, a line each.
  std::vector<std::string> Play(const std::string& line) {
    const std::vector<std::string> words = Words(line);
    if (words.front() == "config") {
      if (elector_) throw Mistake{"found a config after an event"};
      config_ = ParseConfig(Arguments(words, 1));
      return {};
    }
    if (words.size() < 2) Wanted(line, "a time and an event");
    const Instant now = kOrigin + ParseDuration(words[0]);
    if (now < now_) Wanted(words[0], "no earlier a time than the line before");
    now_ = now;
    if (!elector_) elector_.emplace(config_);
    const Event event = ParseEvent(words);
    std::vector<std::string> lines;
    for (const Action& action : elector_->Step(now_, event)) {
      Note(action);
      lines.push_back(ToLine(action, kOrigin));
    }
    const WakeWindow wake = elector_->NextWake();
    if (wake != wake_) lines.push_back("wake " + ToText(wake));
    wake_ = wake;
    return lines;
  }

 private:
  static std::string ToText(const WakeWindow& wake) {
    if (wake.earliest.is_never()) return "never";
    char text[64];
    const double earliest = base::ToSeconds(wake.earliest - kOrigin);
    const double latest = base::ToSeconds(wake.latest - kOrigin);
    // A window that is long since open.
    if (wake.latest < kOrigin) return "now";
    std::snprintf(text, sizeof text, "%.3fs..%.3fs", std::max(earliest, 0.0),
                  latest);
    return text;
  }

  void Note(const Action& action) {
    if (const auto* read = std::get_if<Read>(&action)) read_ = read->id;
    if (const auto* write = std::get_if<Write>(&action)) {
      write_ = *write;
      write_out_ = true;
      ++stamp_;
    }
  }

  Event ParseEvent(const std::vector<std::string>& words) {
    const std::string& name = words[1];
    static const std::map<std::string, Event> kPlain = {
        {"start", Start{}},    {"tick", Tick{}},
        {"live", WatchLive{}}, {"lost", WatchLost{}},
        {"doubt", Doubt{}},    {"stop", StopRequested{}},
        {"give-up", GiveUp{}}, {"drained", Drained{}},
    };
    if (const auto plain = kPlain.find(name); plain != kPlain.end()) {
      Arguments(words, 2).End("nothing after '" + name + "'");
      return plain->second;
    }
    if (name == "permission") {
      Arguments arguments(words, 2);
      Permission permission{.healthy = !arguments.Flag("unhealthy")};
      permission.paused = arguments.Flag("paused");
      arguments.End("unhealthy or paused");
      return permission;
    }
    if (name == "answer-again") {
      if (!last_answer_) Wanted(name, "an answer before it");
      return *last_answer_;
    }
    if (name == "watch") return ParseWatch(Arguments(words, 2));
    if (name == "read") last_answer_ = ParseRead(Arguments(words, 2));
    if (name == "write") last_answer_ = ParseWrite(Arguments(words, 2));
    if (name == "read" || name == "write") return *last_answer_;
    Wanted(name,
           "start, tick, live, lost, doubt, stop, give-up, drained, "
           "permission, read, write, watch or answer-again");
  }

  Event ParseRead(Arguments arguments) {
    if (!read_) throw Mistake{"found an answer; wanted a read that is out"};
    ReadDone done{.id = *std::exchange(read_, std::nullopt)};
    if (arguments.Flag("absent")) {
      done.status = k8s::ReadStatus::kAbsent;
      seen_ = {};
    } else if (arguments.Flag("failed")) {
      done.retry_after = RetryAfter(arguments);
    } else {
      done.status = k8s::ReadStatus::kFound;
      done.lease = ParseLease(arguments);
    }
    arguments.End("absent, failed [retry-after=] or a lease");
    return done;
  }

  Event ParseWrite(Arguments arguments) {
    if (!write_out_)
      throw Mistake{"found an answer; wanted a write that is out"};
    write_out_ = false;
    WriteDone done{.id = write_.id};
    done.renew_time = stamp_;
    if (arguments.Flag("applied")) {
      done.status = k8s::WriteStatus::kApplied;
      seen_.record = OurWrite();
      done.lease = ParseLease(arguments);
    } else if (arguments.Flag("conflict")) {
      done.status = k8s::WriteStatus::kConflict;
    } else if (arguments.Flag("rejected")) {
      done.status = k8s::WriteStatus::kRejected;
      done.retry_after = RetryAfter(arguments);
    } else if (!arguments.Flag("unknown")) {
      throw Mistake{"wanted write applied, conflict, rejected or unknown"};
    }
    arguments.End("rv= or retry-after=");
    return done;
  }

  Event ParseWatch(Arguments arguments) {
    WatchEvent event{.follows = seen_.resource_version};
    if (const auto v = arguments.Take("follows"))
      event.follows = ParseNumber(*v);
    event.deleted = arguments.Flag("deleted");
    event.lease = ParseLease(arguments);
    if (event.deleted) seen_ = {};
    arguments.End("deleted, follows= or a lease");
    return event;
  }

  static Duration RetryAfter(Arguments& arguments) {
    const auto text = arguments.Take("retry-after");
    return text ? ParseDuration(*text) : Duration{};
  }

  k8s::LeaseRecord OurWrite() const {
    k8s::LeaseRecord record = write_.write.record;
    record.renew_time = stamp_;
    if (write_.kind == WriteKind::kAcquire) record.acquire_time = stamp_;
    if (write_.kind == WriteKind::kCreate) record.uid = "uid-1";
    return record;
  }

  k8s::Lease ParseLease(Arguments& arguments) {
    seen_.resource_version = ParseNumber(arguments.Need("rv"));
    k8s::LeaseRecord& record = seen_.record;
    if (arguments.Flag("our-write")) record = OurWrite();
    if (record.uid.empty()) record.uid = "uid-1";
    if (record.duration_seconds == 0) record.duration_seconds = 15;
    if (auto v = arguments.Take("uid")) record.uid = *v;
    if (auto v = arguments.Take("holder")) {
      record.holder = *v == "\"\"" ? "" : *v;
    }
    const std::pair<const char*, std::int64_t*> numbers[] = {
        {"renew", &record.renew_time},
        {"acquired", &record.acquire_time},
        {"transitions", &record.transitions},
        {"duration", &record.duration_seconds}};
    for (const auto& [key, number] : numbers) {
      if (auto v = arguments.Take(key)) *number = ParseNumber(*v);
    }
    if (auto v = arguments.Take("mark")) record.mark = ParseMark(*v);
    return seen_;
  }

  static std::optional<k8s::ReleaseMark> ParseMark(const std::string& text) {
    if (text == "none") return std::nullopt;
    const std::size_t first = text.find('/');
    const std::size_t second = text.find('/', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      Wanted(text, "mark=uid/incarnation/transitions or mark=none");
    }
    return k8s::ReleaseMark{text.substr(0, first),
                            text.substr(first + 1, second - first - 1),
                            ParseNumber(text.substr(second + 1))};
  }

  Config config_ = ParseConfig(Arguments({}, 0));
  std::optional<Elector> elector_;
  Instant now_ = kOrigin;
  WakeWindow wake_;
  k8s::Lease seen_;
  std::optional<std::uint64_t> read_;
  Write write_;
  bool write_out_ = false;
  k8s::MicroTime stamp_ = kFirstStamp;
  std::optional<Event> last_answer_;
};

}  // namespace

base::Result<std::string> PlayScenario(const std::string& text) {
  Player player;
  std::istringstream in(text);
  std::string out;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("  ")) continue;  // What came of it before.
    out += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    try {
      for (const std::string& did : player.Play(line)) out += "  " + did + "\n";
    } catch (const Mistake& mistake) {
      return base::Error{"line " + std::to_string(number) + ": " +
                         mistake.message};
    }
  }
  return out;
}

}  // namespace election
