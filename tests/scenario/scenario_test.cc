// One test for each *.txt file of this folder: what the elector does must be
// what the file says.
#include "tests/scenario/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace election {
namespace {

std::vector<std::string> Files() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(SCENARIO_FOLDER)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".txt" && path.stem() != "CMakeLists") {
      names.push_back(path.stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The first line that differs, as a person would point at it.
std::string Difference(const std::string& name, const std::string& wanted,
                       const std::string& found) {
  std::istringstream w(wanted), f(found);
  for (int number = 1;; ++number) {
    std::string want = "(the end)", got = "(the end)";
    const bool more_wanted = static_cast<bool>(std::getline(w, want));
    const bool more_found = static_cast<bool>(std::getline(f, got));
    if (!more_wanted && !more_found) return "";
    if (!more_wanted) want = "(the end)";
    if (!more_found) got = "(the end)";
    if (want == got && more_wanted == more_found) continue;
    return name + ".txt:" + std::to_string(number) + ":\n  wanted: " + want +
           "\n  found:  " + got +
           "\nUPDATE_GOLDEN=1 writes what is found into the file.";
  }
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, DoesWhatTheFileSays) {
  const std::string path =
      std::string(SCENARIO_FOLDER) + "/" + GetParam() + ".txt";
  const std::string wanted = ReadFile(path);

  const base::Result<std::string> played = PlayScenario(wanted);

  ASSERT_TRUE(played) << GetParam() << ".txt: " << played.error().message;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << *played;
    return;
  }
  const std::string difference = Difference(GetParam(), wanted, *played);
  EXPECT_EQ(difference, "") << difference;
}

INSTANTIATE_TEST_SUITE_P(Stories, ScenarioTest, testing::ValuesIn(Files()),
                         [](const testing::TestParamInfo<std::string>& story) {
                           std::string name = story.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(ScenarioFolderTest, HoldsStories) { EXPECT_GE(Files().size(), 10U); }

TEST(ScenarioFolderTest, ADifferenceNamesFileLineAndBothSides) {
  EXPECT_EQ(Difference("x", "a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(Difference("x", "a\nb\n", "a\nc\n"),
            "x.txt:2:\n  wanted: b\n  found:  c\n"
            "UPDATE_GOLDEN=1 writes what is found into the file.");
  EXPECT_NE(Difference("x", "a\n", "a\nc\n"), "");
}

}  // namespace
}  // namespace election
