// Searches all states that two candidates can reach, on all cores, and prints
// how many there were.
//
//   election_model [--faults=N] [--absent] [--prompt] [--jobs=N]
//                  [--states=MAX]
//
// Built with planted bugs (election_model_with_bugs):
//   ... --bugs      which of them a prompt network shows with at most 2 faults
//   ... --bug=B     one of them
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/election/planted_bug.h"
#include "tests/model/search.h"

namespace model {
namespace {

struct Options {
  Limits limits;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t states = 200'000'000;  // More are too many for the memory.
  int bug = 0;
  bool bugs = false;
};

struct Hash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Hash&) const = default;
};
struct HashOfHash {
  std::size_t operator()(const Hash& hash) const { return hash.low; }
};

// Two independent 64-bit FNV-1a sums: among 10^9 states the chance that two
// share both is about 10^-21.
Hash HashOf(const std::string& bytes) {
  Hash hash{0xcbf29ce484222325, 0x9ae16a3b2f90404f};
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hash.high = (hash.high ^ byte) * 0x100000001b3;
    hash.low = (hash.low ^ byte) * 0x9fb21c651e98df25;
    hash.low ^= hash.low >> 29;
  }
  return hash;
}

// The states that have been met, by their hashes.
class Visited {
 public:
  // False if it has been there before.
  bool Add(const Hash& hash) {
    Shard& shard = shards_[hash.high % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    return shard.hashes.insert(hash).second;
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_set<Hash, HashOfHash> hashes;
  };
  std::vector<Shard> shards_ = std::vector<Shard>(64);
};

class Search {
 public:
  explicit Search(const Options& options) : options_(options) {}

  // True if every state was visited and no rule was broken.
  bool Run() {
    auto first = std::make_unique<State>(options_.limits);
    visited_.Add(HashOf(first->Bytes()));
    shared_.push_back(std::move(first));
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < options_.jobs; ++i) {
      threads.emplace_back([this] { Work(); });
    }
    for (std::thread& thread : threads) thread.join();
    return broken_.empty() && !too_many_;
  }

  std::uint64_t states() const { return states_; }
  std::uint64_t steps() const { return steps_; }
  std::uint64_t terms() const { return terms_; }
  bool too_many() const { return too_many_; }
  const std::string& broken() const { return broken_; }
  const std::vector<std::string>& story() const { return story_; }

 private:
  using Stack = std::vector<std::unique_ptr<State>>;

  void Work() {
    Stack stack;
    while (Refill(stack)) {
      while (!stack.empty() && !ended_) {
        const std::unique_ptr<State> state = std::move(stack.back());
        stack.pop_back();
        Visit(*state, stack);
        Share(stack);
      }
      if (ended_) stack.clear();
    }
  }

  void Visit(const State& state, Stack& stack) {
    if (++states_ > options_.states) too_many_ = ended_ = true;
    for (std::unique_ptr<State>& next : state.Successors()) {
      ++steps_;
      if (!next->broken().empty()) return Report(*next);
      if (next->terms() > state.terms()) ++terms_;
      if (visited_.Add(HashOf(next->Bytes()))) stack.push_back(std::move(next));
    }
  }

  // Others may have nothing to do.
  void Share(Stack& stack) {
    if (idle_ == 0 || stack.size() < 2) return;
    const std::lock_guard lock(mutex_);
    const auto half = static_cast<std::ptrdiff_t>(stack.size() / 2);
    for (auto i = stack.begin(); i != stack.begin() + half; ++i) {
      shared_.push_back(std::move(*i));
    }
    stack.erase(stack.begin(), stack.begin() + half);
    changed_.notify_all();
  }

  // False when all is done.
  bool Refill(Stack& stack) {
    std::unique_lock lock(mutex_);
    ++idle_;
    changed_.notify_all();
    while (shared_.empty() && idle_ < options_.jobs && !ended_) {
      changed_.wait(lock);
    }
    if (shared_.empty() || ended_) {
      ended_ = true;
      changed_.notify_all();
      return false;
    }
    --idle_;
    stack.push_back(std::move(shared_.front()));
    shared_.pop_front();
    return true;
  }

  void Report(const State& state) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (!broken_.empty()) return;
    broken_ = state.broken();
    story_ = state.Story();
  }

  const Options options_;
  Visited visited_;
  std::atomic<std::uint64_t> states_ = 0;
  std::atomic<std::uint64_t> steps_ = 0;
  std::atomic<std::uint64_t> terms_ = 0;
  std::atomic<bool> too_many_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<unsigned> idle_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<State>> shared_;
  std::string broken_;
  std::vector<std::string> story_;
};

bool Parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--absent") {
      options.limits.lease_exists = false;
      continue;
    }
    if (argument == "--prompt") {
      options.limits.prompt = true;
      continue;
    }
    if (argument == "--bugs") {
      options.bugs = true;
      continue;
    }
    const std::size_t equals = argument.find('=');
    if (equals == argument.npos) return false;
    const std::string_view name = argument.substr(0, equals);
    char* end = nullptr;
    const unsigned long long value =
        std::strtoull(argv[i] + equals + 1, &end, 10);
    if (*end != '\0' || end == argv[i] + equals + 1) return false;
    if (name == "--faults") {
      options.limits.faults = static_cast<int>(value);
    } else if (name == "--jobs") {
      options.jobs = std::max(1U, static_cast<unsigned>(value));
    } else if (name == "--states") {
      options.states = value;
    } else if (name == "--bug") {
      options.bug = static_cast<int>(value);
    } else {
      return false;
    }
  }
  return true;
}

#ifdef LEADER_ELECTOR_PLANTED_BUGS
// With as few faults as it takes. What needs another kind of fault, or stands
// in the simulator's shell, is for the simulator to find.
int FindBugs(Options options) {
  int found = 0;
  options.limits.prompt = true;
  for (int bug = 1; bug <= static_cast<int>(election::Bug::kLast); ++bug) {
    election::planted_bug = static_cast<election::Bug>(bug);
    std::string broken;
    for (int faults = 0; faults <= 2 && broken.empty(); ++faults) {
      options.limits.faults = faults;
      Search search(options);
      search.Run();
      broken = search.broken();
      if (broken.empty() && faults < 2) continue;
      std::printf("bug %2d %-24s %s, %d faults, %" PRIu64 " states\n", bug,
                  election::NameOf(election::planted_bug),
                  broken.empty() ? "-" : broken.c_str(), faults,
                  search.states());
      std::fflush(stdout);
    }
    found += !broken.empty();
  }
  std::printf("%d of %d found\n", found,
              static_cast<int>(election::Bug::kLast));
  return found >= 13 ? 0 : 1;
}
#endif

int Main(int argc, char** argv) {
  Options options;
  if (!Parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: election_model [--faults=N] [--absent] [--prompt] "
                 "[--jobs=N] [--states=MAX]\n");
    return 2;
  }
#ifdef LEADER_ELECTOR_PLANTED_BUGS
  if (options.bugs) return FindBugs(options);
  election::planted_bug = static_cast<election::Bug>(options.bug);
#endif
  const auto start = std::chrono::steady_clock::now();
  Search search(options);
  const bool complete = search.Run();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  std::printf(
      "two candidates, at most %d faults,%s the lease %s: %" PRIu64
      " states, %" PRIu64 " steps, %" PRIu64
      " of them begin a term, %.1f s%s\n",
      options.limits.faults, options.limits.prompt ? " a prompt network," : "",
      options.limits.lease_exists ? "released" : "absent", search.states(),
      search.steps(), search.terms(), seconds, complete ? ", complete" : "");
  for (const std::string& line : search.story()) {
    std::printf("  %s\n", line.c_str());
  }
  if (!search.broken().empty()) {
    std::printf("FAILED: %s\n", search.broken().c_str());
  }
  if (search.too_many()) std::printf("FAILED: too many states\n");
  return complete && search.terms() > 0 ? 0 : 1;
}

}  // namespace
}  // namespace model

int main(int argc, char** argv) { return model::Main(argc, argv); }
