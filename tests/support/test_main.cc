// Runs all tests of a program. Unlike gtest's own main it returns 77 when every
// test was skipped, so that ctest can tell that from success and from a suite
// that failed to start.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (RUN_ALL_TESTS() != 0) return 1;
  const auto& run = *testing::UnitTest::GetInstance();
  const bool only_skipped = run.skipped_test_count() > 0 &&
                            run.skipped_test_count() == run.test_to_run_count();
  return only_skipped ? 77 : 0;
}
