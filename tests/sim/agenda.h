// What is to happen, in the order of virtual time; what is due at the same
// instant happens in the order it was asked for. One thread.
#ifndef TESTS_SIM_AGENDA_H_
#define TESTS_SIM_AGENDA_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "agent/base/time.h"

namespace sim {

using base::Duration;
using base::Instant;

class Agenda {
 public:
  Duration now() const { return now_; }

  void After(Duration delay, std::function<void()> what) {
    entries_.push_back({now_ + delay, ++asked_, std::move(what)});
    std::push_heap(entries_.begin(), entries_.end(), Later);
  }

  // Does what is due until `end`, or until `ended` says so.
  template <typename Ended>
  void RunUntil(Duration end, const Ended& ended) {
    while (!ended() && !entries_.empty() && entries_.front().at <= end) {
      std::pop_heap(entries_.begin(), entries_.end(), Later);
      const Entry next = std::move(entries_.back());
      entries_.pop_back();
      now_ = std::max(now_, next.at);
      next.what();
    }
    now_ = std::max(now_, end);
  }

 private:
  struct Entry {
    Duration at;
    std::uint64_t asked;
    std::function<void()> what;
  };
  static bool Later(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at > b.at : a.asked > b.asked;
  }

  Duration now_{};
  std::uint64_t asked_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace sim

#endif  // TESTS_SIM_AGENDA_H_
