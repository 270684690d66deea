// The README and the migration page against the program: settings, metrics,
// examples, links. Reads files of the checkout; no clock, no network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/runtime/config.h"
#include "agent/runtime/leadership.h"
#include "agent/runtime/metrics.h"
#include "agent/runtime/settings.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path Source() { return SOURCE_FOLDER; }

std::string Text(const fs::path& file) {
  std::ifstream in(Source() / file);
  EXPECT_TRUE(in) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

using Cells = std::vector<std::string>;

// The rows of tables whose first cell begins with `begin`, cell by cell.
std::vector<Cells> Rows(const std::string& begin) {
  std::vector<Cells> rows;
  std::istringstream lines(Text("README.md"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| " + begin)) continue;
    Cells cells;
    std::istringstream rest(line.substr(1));
    for (std::string cell; std::getline(rest, cell, '|');) {
      cells.push_back(cell.substr(1, cell.size() - 2));
    }
    rows.push_back(cells);
  }
  return rows;
}

std::string Code(const std::string& text) { return "`" + text + "`"; }

std::vector<std::string> Matches(const std::string& text,
                                 const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end;
       i != end; ++i) {
    found.push_back((*i)[1]);
  }
  return found;
}

TEST(ReadmeTest, HasEverySettingInItsThreeSpellings) {
  const std::vector<Cells> rows = Rows("`--");

  std::vector<Cells> names;
  for (const Cells& row : rows) names.push_back({row[0], row[1], row[2]});
  std::vector<Cells> expected;
  for (const runtime::Setting& s : runtime::Settings()) {
    expected.push_back(
        {Code(FlagName(s)), Code(EnvironmentName(s)), Code(FileKey(s))});
  }
  EXPECT_EQ(names, expected);
}

TEST(ReadmeTest, HasTheDefaultOfEverySetting) {
  const std::vector<Cells> rows = Rows("`--");
  const auto settings = runtime::Settings();
  ASSERT_EQ(rows.size(), settings.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (settings[i].preset.empty()) continue;
    std::string shown = rows[i][3];
    std::erase_if(shown, [](char c) { return c == '`' || c == ' '; });
    EXPECT_EQ(shown, settings[i].preset) << settings[i].flag;
  }
}

TEST(ReadmeTest, NamesEveryAlias) {
  const std::string readme = Text("README.md");
  for (const runtime::Alias& alias : runtime::Aliases()) {
    // The shared beginning of client-go's names is written once.
    std::string name = "--" + std::string(alias.flag);
    if (readme.find(name) == std::string::npos) {
      name = name.substr(std::string("--leader-elect").size());
    }
    EXPECT_THAT(readme, HasSubstr(Code(name)));
  }
}

TEST(ReadmeTest, HasEveryMetricWithItsKind) {
  const runtime::Leadership leadership({"a", "a_1", "shop", "web"});
  runtime::Metrics metrics(
      leadership, [] { return base::Instant{}; }, "1");
  metrics.OnRequest("get", "200", {});

  std::map<std::string, std::string> listed;
  for (const char* begin : {"`leader_", "`process_"}) {
    for (const Cells& row : Rows(begin)) {
      listed[row[0].substr(1, row[0].find_first_of("{`", 1) - 1)] = row[1];
    }
  }
  std::map<std::string, std::string> served;
  std::istringstream lines(metrics.Text());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, type, name, kind;
    words >> hash >> type >> name >> kind;
    if (type == "TYPE") served[name] = kind;
  }
  EXPECT_EQ(listed, served);
}

TEST(ReadmeTest, ShowsTheExamplesAsTheyAre) {
  const std::string readme = Text("README.md");
  for (const char* file : {"rbac.yaml", "deployment.yaml", "fencing.sql",
                           "work-while-leading.sh", "work_while_leading.py"}) {
    const std::string text = Text(fs::path("examples") / file);
    EXPECT_THAT(readme, HasSubstr("\n" + text + "```\n")) << file;
  }
}

TEST(ExamplesTest, UseFlagsThatExist) {
  std::set<std::string> flags;
  for (const runtime::Setting& s : runtime::Settings()) {
    flags.insert(FlagName(s));
  }
  for (const char* file : {"deployment.yaml", "classic-sidecar.yaml"}) {
    const auto arguments =
        Matches(Text(fs::path("examples") / file), R"(\n +args: \[(.*)\]\n)");
    ASSERT_EQ(arguments.size(), 1U) << file;
    const auto used = Matches(arguments[0], "(--[a-z-]+)=");
    ASSERT_FALSE(used.empty());
    for (const std::string& flag : used) EXPECT_TRUE(flags.contains(flag));
  }
}

// The manifest before is refused, the one after is taken, and its times are
// those of the table.
TEST(MigrationTest, OldManifestIsRefusedAndTheNewOneTaken) {
  std::vector<std::vector<std::string>> lines;
  for (const std::string& list :
       Matches(Text("docs/MIGRATION.md"), R"(args: \[([^\]]*)\])")) {
    lines.push_back(Matches(list, R"(([^\s,]+))"));
  }
  ASSERT_EQ(lines.size(), 2U);
  const runtime::Surroundings pod{{}, "web-1"};

  const auto before = runtime::LoadConfig(lines[0], pod);
  ASSERT_FALSE(before);
  EXPECT_THAT(before.error().err, HasSubstr("--old-fleet-stopped"));
  EXPECT_THAT(before.error().err, HasSubstr("localhost:4040"));
  const auto after = runtime::LoadConfig(lines[1], pod);
  ASSERT_TRUE(after) << after.error().err;
  EXPECT_EQ(after->lease_name, "example");
  EXPECT_EQ(after->election.renew_deadline, std::chrono::milliseconds(6600));
  EXPECT_EQ(after->election.retry_period, std::chrono::milliseconds(1600));
}

TEST(MigrationTest, SaysWhatToDoAboutForeignFlags) {
  const std::string text = Text("docs/MIGRATION.md");
  for (const runtime::ForeignFlag& flag : runtime::ForeignFlags()) {
    if (flag.advice.starts_with("drop it: the log")) continue;  // glog's.
    EXPECT_THAT(text, HasSubstr("--" + std::string(flag.flag)));
  }
}

TEST(DocumentsTest, LinkToFilesThatExist) {
  std::vector<fs::path> documents{"README.md", "CHANGELOG.md"};
  for (const auto& entry : fs::directory_iterator(Source() / "docs")) {
    if (entry.path().extension() == ".md") documents.push_back(entry.path());
  }
  ASSERT_GE(documents.size(), 5U);
  for (const fs::path& document : documents) {
    for (const std::string& link :
         Matches(Text(document), R"(\]\(([^)#:]+)[^):]*\))")) {
      EXPECT_TRUE(fs::exists((Source() / document).parent_path() / link))
          << document << " links to " << link;
    }
  }
}

}  // namespace
