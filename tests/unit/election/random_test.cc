// Seeded random runs of 2-5 electors. A failing run prints one line that
// repeats it.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/unit/election/random_world.h"

namespace election {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// ELECTION_SEED=n runs one and prints its events; ELECTION_SEEDS=n runs more.
TEST(RandomTest, InvariantsHoldWhateverHappens) {
  const std::uint64_t only = FromEnvironment("ELECTION_SEED", 0);
  const std::uint64_t first = only ? only : 1;
  const std::uint64_t count =
      only ? 1 : FromEnvironment("ELECTION_SEEDS", 2000);
  Exercised all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    RandomWorld world(seed, only != 0);
    world.Run();
    ASSERT_EQ(world.error(), "")
        << "repro: ELECTION_SEED=" << seed << " election_test "
        << "--gtest_filter=RandomTest.*";
    const Exercised& one = world.exercised();
    all.events += one.events;
    all.terms += one.terms;
    all.hand_overs += one.hand_overs;
    all.definite += one.definite;
    all.expiries += one.expiries;
    all.adoptions += one.adoptions;
    all.releases += one.releases;
    all.late_writes += one.late_writes;
    all.edits += one.edits;
    all.restarts += one.restarts;
  }
  std::printf(
      "%d worlds: %d events, %d terms, %d hand-overs, %d T7, %d T8, %d T9, "
      "%d releases, %d late writes, %d edits, %d restarts\n",
      static_cast<int>(count), all.events, all.terms, all.hand_overs,
      all.definite, all.expiries, all.adoptions, all.releases, all.late_writes,
      all.edits, all.restarts);
  if (only) return;
  const int worlds = static_cast<int>(count);
  EXPECT_GT(all.terms, worlds);
  EXPECT_GT(all.hand_overs, worlds);
  EXPECT_GT(all.definite, worlds / 10);
  EXPECT_GT(all.expiries, worlds / 10);
  EXPECT_GT(all.adoptions, worlds / 10);
  EXPECT_GT(all.releases, worlds / 10);
  EXPECT_GT(all.late_writes, worlds / 10);
  EXPECT_GT(all.restarts, worlds / 10);
}

}  // namespace
}  // namespace election
