#include "agent/runtime/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "agent/runtime/quote.h"

namespace runtime {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

// 2026-08-21T10:15:02.003456Z.
constexpr k8s::MicroTime kAt = 1'787'307'302'003'456;

std::string Line(LogFormat format, std::string_view message,
                 std::initializer_list<LogField> fields = {}) {
  std::string line;
  FormatLogLine(format, kAt, LogLevel::kInfo, message,
                {fields.begin(), fields.size()}, line);
  return line;
}

// The two ends of a pipe, and what came through it.
class LogPipe {
 public:
  LogPipe() { EXPECT_EQ(pipe2(ends_, O_NONBLOCK), 0); }
  ~LogPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  LogPipe(const LogPipe&) = delete;
  LogPipe& operator=(const LogPipe&) = delete;

  int in() const { return ends_[1]; }
  std::string Drain() {
    std::string all;
    std::string part(65536, '\0');
    for (ssize_t size; (size = read(ends_[0], part.data(), part.size())) > 0;) {
      all.append(part, 0, static_cast<std::size_t>(size));
    }
    return all;
  }
  std::vector<std::string> DrainLines() {
    std::istringstream all(Drain());
    std::vector<std::string> lines;
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    return lines;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(LogTest, LogfmtIsKeysAndValues) {
  EXPECT_EQ(Line(LogFormat::kLogfmt, "became leader",
                 {{"lease", "shop/web"}, {"valid_for_ms", 9980}}),
            "ts=2026-08-21T10:15:02.003456Z level=info msg=\"became leader\" "
            "lease=shop/web valid_for_ms=9980\n");
}

TEST(LogTest, JsonIsOneObjectALine) {
  const std::string text = "a \"quoted\"\nline\t\x01 \\ \xC3\xA4";

  const std::string line = Line(LogFormat::kJson, "became leader",
                                {{"text", text},
                                 {"count", std::uint64_t{7}},
                                 {"ratio", 0.5},
                                 {"leads", true},
                                 {"below", -1}});

  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const json parsed = json::parse(line);
  EXPECT_EQ(parsed, json({{"ts", "2026-08-21T10:15:02.003456Z"},
                          {"level", "info"},
                          {"msg", "became leader"},
                          {"text", text},
                          {"count", 7},
                          {"ratio", 0.5},
                          {"leads", true},
                          {"below", -1}}));
}

TEST(LogTest, JsonHasNoWordForInfinity) {
  EXPECT_TRUE(
      json::parse(Line(LogFormat::kJson, "x",
                       {{"n", std::numeric_limits<double>::infinity()}}))["n"]
          .is_null());
}

TEST(LogTest, LogfmtQuotesWhatWouldEndAValue) {
  const auto value = [](std::string_view text) {
    const std::string line = Line(LogFormat::kLogfmt, "m", {{"k", text}});
    const std::size_t at = line.find(" k=") + 3;
    return line.substr(at, line.size() - at - 1);
  };
  EXPECT_EQ(value("plain-1./:"), "plain-1./:");
  EXPECT_EQ(value(""), R"("")");
  EXPECT_EQ(value("a b"), R"("a b")");
  EXPECT_EQ(value("a=b"), R"("a=b")");
  EXPECT_EQ(value("a\"b"), R"("a\"b")");
  EXPECT_EQ(value("a\\b"), R"("a\\b")");
  EXPECT_EQ(value("a\nlevel=error"), R"("a\nlevel=error")");
  EXPECT_EQ(value("\x1b[31m\r\t\x7f"), R"("\u001b[31m\r\t\u007f")");
  EXPECT_EQ(value(std::string_view("a\0b", 3)), R"("a\u0000b")");
  EXPECT_EQ(value("\xC3\xA4"), "\"\xC3\xA4\"");
}

TEST(LogTest, BytesThatAreNoTextAreReplaced) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    AppendQuoted(text, out);
    return out;
  };
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(quoted("a\xFFz"), "\"a" + bad + "z\"");
  EXPECT_EQ(quoted("\xC3"), "\"" + bad + "\"");
  EXPECT_EQ(quoted("\xC0\xAF"), "\"" + bad + bad + "\"");  // Overlong.
  EXPECT_EQ(quoted("\xED\xA0\x80"),
            "\"" + bad + bad + bad + "\"");  // Surrogate.
  EXPECT_EQ(quoted("\xF0\x9F\x98\x80"), "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(quoted("\xC2\x9B\xE2\x80\xAE"), R"("\u009b\u202e")");
}

TEST(LogTest, EveryByteMakesAValidJsonLine) {
  std::string text;
  for (int c = 0; c < 256; ++c) text += static_cast<char>(c);

  EXPECT_NO_THROW(json::parse(Line(LogFormat::kJson, text, {{"k", text}})));
}

TEST(LogTest, ALongLineIsCutAndSaysSo) {
  const std::string text(100'000, '\n');
  const std::string line =
      Line(LogFormat::kJson, text,
           {{"a", text}, {"b", text}, {"c", text}, {"d", 1}});

  EXPECT_LE(line.size(), kLongestLogLine);
  EXPECT_EQ(json::parse(line)["truncated"], true);
}

TEST(LogTest, LinesBelowTheLevelAreNotWritten) {
  LogPipe pipe;
  Log log(LogLevel::kWarn, LogFormat::kLogfmt, pipe.in(), [] { return kAt; });

  log.Debug("d");
  log.Info("i");
  log.Warn("w");
  log.Error("e");

  EXPECT_THAT(pipe.DrainLines(),
              ElementsAre("ts=2026-08-21T10:15:02.003456Z level=warn msg=\"w\"",
                          "ts=2026-08-21T10:15:02.003456Z level=error "
                          "msg=\"e\""));
}

// A reader of stderr that is stuck must not stop a renewal.
TEST(LogTest, AFullPipeLosesLinesAndTellsHowMany) {
  LogPipe pipe;
  // The log must not need O_NONBLOCK: nobody may set that on a shared stderr.
  fcntl(pipe.in(), F_SETFL, 0);
  Log log(LogLevel::kInfo, LogFormat::kLogfmt, pipe.in(), [] { return kAt; });
  const std::string text(900, 'x');
  constexpr std::size_t kTold = 500;

  for (std::size_t i = 0; i < kTold; ++i) log.Info("m", {{"text", text}});
  const std::size_t arrived = pipe.DrainLines().size();
  log.Info("after");

  ASSERT_LT(arrived, kTold);
  EXPECT_THAT(
      pipe.DrainLines(),
      ElementsAre(HasSubstr("level=warn msg=\"dropped log lines\" lines=" +
                            std::to_string(kTold - arrived)),
                  HasSubstr("msg=\"after\"")));
}

TEST(LogTest, LinesOfSeveralThreadsStayWhole) {
  LogPipe pipe;
  Log log(LogLevel::kInfo, LogFormat::kJson, pipe.in(), [] { return kAt; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 50; ++i) log.Info("m", {{"t", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();

  const auto lines = pipe.DrainLines();
  EXPECT_EQ(lines.size(), 200U);
  for (const std::string& line : lines) EXPECT_NO_THROW(json::parse(line));
}

TEST(FailureLogTest, TellsTheFirstFailureANewCauseAndTheEnd) {
  LogPipe pipe;
  Log log(LogLevel::kInfo, LogFormat::kLogfmt, pipe.in(), [] { return kAt; });
  FailureLog failures(log, "failed to renew", "renewed again");
  const base::Instant start{std::chrono::seconds(100)};

  failures.Succeeded(start);
  failures.Failed(start, "timeout", "no answer in 2s");
  failures.Failed(start + milliseconds(500), "timeout", "no answer in 2s");
  failures.Failed(start + milliseconds(900), "403", "403 Forbidden");
  failures.Failed(start + milliseconds(950), "timeout", "no answer in 2s");
  EXPECT_TRUE(failures.failing());
  failures.Succeeded(start + milliseconds(1200));
  failures.Succeeded(start + milliseconds(1300));
  EXPECT_FALSE(failures.failing());

  EXPECT_THAT(
      pipe.DrainLines(),
      ElementsAre(HasSubstr("level=warn msg=\"failed to renew\" cause=timeout "
                            "error=\"no answer in 2s\" failures=1 "
                            "failing_for_ms=0"),
                  HasSubstr("cause=403 error=\"403 Forbidden\" failures=3 "
                            "failing_for_ms=900"),
                  HasSubstr("level=info msg=\"renewed again\" failures=4 "
                            "failed_for_ms=1200")));
}

}  // namespace
}  // namespace runtime
