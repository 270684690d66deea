// Each manifest of golden/ and, beside it, what is made of it. UPDATE_GOLDEN=1
// writes what is made now.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/inject/manifests.h"

namespace inject {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(GOLDEN_FOLDER)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".injected.") == std::string::npos) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadFile(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class GoldenTest : public testing::TestWithParam<std::string> {
 protected:
  fs::path input() const { return fs::path(GOLDEN_FOLDER) / GetParam(); }
  fs::path output() const {
    return fs::path(GOLDEN_FOLDER) / (input().stem().string() + ".injected" +
                                      input().extension().string());
  }
  Options options() const {
    Options options;
    if (input().extension() == ".json") options.rbac = Rbac::kNone;
    return options;
  }
};

TEST_P(GoldenTest, IsInjectedAsTheFileBesideItSays) {
  const std::string result = Added(ReadFile(input()), options());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(output(), std::ios::binary) << result;
  }
  EXPECT_EQ(result, ReadFile(output()));
}

TEST_P(GoldenTest, RemoveGivesItBackByteForByte) {
  EXPECT_EQ(Removed(ReadFile(output())), ReadFile(input()));
}

TEST_P(GoldenTest, InjectingAgainChangesNothing) {
  const std::string once = ReadFile(output());
  EXPECT_EQ(Added(once, options()), once);
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenTest, testing::ValuesIn(Names()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace inject
