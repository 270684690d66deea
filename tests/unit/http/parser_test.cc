// The parser alone: what it takes, what it refuses, and that it does not matter
// how the bytes were cut.
#include "agent/http/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace http {
namespace {

using Outcome = RequestParser::Outcome;

struct Parsed {
  Outcome outcome = Outcome::kIncomplete;
  int status = 0;
  std::size_t size = 0;
  std::string text;  // Everything the request holds.

  bool operator==(const Parsed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Parsed& parsed) {
  return out << static_cast<int>(parsed.outcome) << " " << parsed.status << " "
             << parsed.size << " " << parsed.text;
}

// Feeds the first `sizes` of `bytes`, each in memory of its own so that a read
// past the end is seen, until the parser has made up its mind.
Parsed Feed(const std::string& bytes, const std::vector<std::size_t>& sizes) {
  RequestParser parser;
  Parsed parsed;
  for (const std::size_t size : sizes) {
    const std::vector<char> part(bytes.begin(),
                                 bytes.begin() + static_cast<long>(size));
    Request request;
    parsed.outcome = parser.Parse({part.data(), part.size()}, request);
    if (parsed.outcome == Outcome::kIncomplete) continue;
    if (parsed.outcome == Outcome::kRefused) {
      parsed.status = parser.refusal().status;
      return parsed;
    }
    parsed.size = parser.size();
    parsed.text.append(request.method).append("|").append(request.path);
    parsed.text.append("|").append(request.query).append("|");
    parsed.text.append(request.host.value_or("-"));
    parsed.text.append(request.keep_alive ? "|keep" : "|close");
    for (const Field& field : request.fields) {
      parsed.text.append("|")
          .append(field.name)
          .append("=")
          .append(field.value);
    }
    return parsed;
  }
  return parsed;
}

Parsed Whole(const std::string& bytes) { return Feed(bytes, {bytes.size()}); }

Parsed ByteByByte(const std::string& bytes) {
  std::vector<std::size_t> sizes;
  for (std::size_t i = 1; i <= bytes.size(); ++i) sizes.push_back(i);
  return Feed(bytes, sizes);
}

// One header line or several, in a request that is fine otherwise.
std::string With(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

const std::vector<std::string>& Requests() {
  static const std::vector<std::string> requests = {
      "GET /leader?confirm=1 HTTP/1.1\r\nHost: localhost:4040\r\n\r\n",
      "\r\nHEAD / HTTP/1.1\r\nhost:a\r\nX: \t b c \t\r\n\r\nGET /next",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n",
      "GET http://127.0.0.1:4040/leader HTTP/1.1\r\nHost: other\r\n\r\n",
      "GET HTTP://h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
      With("Content-Length: 0\r\n"),
      With("Content-Length: 5\r\n"),
      With("Transfer-Encoding: chunked\r\n"),
      With(" folded\r\n"),
      "GET / HTTP/1.1\nHost: a\n\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02",
      "GET / HTTP/1.1\r\n\r\n",
      "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  return requests;
}

TEST(ParserTest, ReadsTheFieldsOfARequest) {
  EXPECT_EQ(Whole(Requests()[0]).text,
            "GET|/leader|confirm=1|localhost:4040|keep|Host=localhost:4040");
}

TEST(ParserTest, ForgivesOneEmptyLineAndLeavesWhatFollows) {
  const Parsed parsed = Whole(Requests()[1]);

  EXPECT_EQ(parsed.text, "HEAD|/||a|keep|host=a|X=b c");
  EXPECT_EQ(parsed.size,
            Requests()[1].size() - std::string("GET /next").size());
  EXPECT_EQ(Whole("\r\n\r\nGET / HTTP/1.0\r\n\r\n").status, 400);
}

TEST(ParserTest, Http10ClosesUnlessAskedToKeepAlive) {
  EXPECT_EQ(Whole(Requests()[2]).text, "GET|/||-|close");
  EXPECT_THAT(Whole(Requests()[3]).text, testing::StartsWith("GET|/||-|keep"));
}

TEST(ParserTest, AuthorityOfTheTargetWinsOverHost) {
  EXPECT_EQ(Whole(Requests()[4]).text,
            "GET|/leader||127.0.0.1:4040|keep|Host=other");
  EXPECT_THAT(Whole(Requests()[5]).text, testing::StartsWith("GET|/||h|close"));
}

TEST(ParserTest, ResultDoesNotDependOnWhereTheBytesAreCut) {
  for (const std::string& bytes : Requests()) {
    const Parsed whole = Whole(bytes);
    EXPECT_EQ(ByteByByte(bytes), whole) << bytes;
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      EXPECT_EQ(Feed(bytes, {cut, bytes.size()}), whole) << cut << bytes;
    }
  }
}

TEST(ParserTest, ResultOfDamagedRequestsDoesNotDependOnTheCutEither) {
  std::mt19937 random(432);  // NOLINT: the same every time.
  const std::string interesting(
      "\r\n\r\n \t:/?%\0\x7f\xff"
      "aZ0",
      16);
  int complete = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = Requests()[random() % (Requests().size() - 1)];
    for (auto n = random() % 3 + 1; n > 0; --n) {
      const std::size_t at = random() % bytes.size();
      const char c = interesting[random() % interesting.size()];
      if (random() % 2 == 0) {
        bytes[at] = c;
      } else {
        bytes.insert(at, 1, c);
      }
    }
    const Parsed whole = Whole(bytes);
    complete += whole.outcome == Outcome::kComplete;
    ASSERT_EQ(ByteByByte(bytes), whole) << bytes;
  }
  EXPECT_GT(complete, 1000);  // Not all damage is fatal: both ways are tried.
}

struct RefusedCase {
  const char* what;
  std::string bytes;
  int status;
};

class RefusedTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTest, IsRefusedWithItsStatus) {
  const Parsed parsed = Whole(GetParam().bytes);

  EXPECT_EQ(parsed.outcome, Outcome::kRefused);
  EXPECT_EQ(parsed.status, GetParam().status);
}

std::vector<RefusedCase> RefusedCases() {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a:\r\n";
  return {
      {"Tls", "\x16\x03\x01", 400},
      {"BareNewline", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"NewlineFirst", "\nGET / HTTP/1.1\r\n\r\n", 400},
      {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
      {"TwoHosts", With("Host: b\r\n"), 400},
      {"NoVersion", "GET /\r\n\r\n", 400},
      {"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"Http2", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"NoPath", "GET leader HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"HighByteInTarget", "GET /\xc3 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"FoldedLine", With("X: a\r\n b\r\n"), 400},
      {"SpaceBeforeColon", With("X : a\r\n"), 400},
      {"NoColon", With("X\r\n"), 400},
      {"NoName", With(": a\r\n"), 400},
      {"NulInValue", With(std::string("X: a\0b\r\n", 8)), 400},
      {"CarriageReturnInValue", With("X: a\rb\r\n"), 400},
      {"Body", With("Content-Length: 1\r\n"), 413},
      {"HugeBody", With("Content-Length: 99999999999999999999\r\n"), 413},
      {"SecondLengthCounts", With("Content-Length: 0\r\ncontent-length: 7\r\n"),
       413},
      {"NegativeLength", With("Content-Length: -1\r\n"), 400},
      {"LengthList", With("Content-Length: 0, 5\r\n"), 400},
      {"EmptyLength", With("Content-Length:\r\n"), 400},
      {"Chunked", With("Transfer-Encoding: chunked\r\n"), 413},
      {"OtherEncoding", With("transfer-encoding: x\r\n"), 413},
      {"TooManyHeaders", With(many), 431},
  };
}

INSTANTIATE_TEST_SUITE_P(ParserTest, RefusedTest,
                         testing::ValuesIn(RefusedCases()),
                         [](const auto& tested) {
                           return std::string(tested.param.what);
                         });

// `size` bytes with the empty line at the end.
std::string HeadOfSize(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  return start + std::string(size - start.size() - 4, 'a') + "\r\n\r\n";
}

TEST(ParserTest, TakesAHeadOf8192BytesAndNotOneMore) {
  EXPECT_EQ(Whole(HeadOfSize(8192)).outcome, Outcome::kComplete);
  EXPECT_EQ(ByteByByte(HeadOfSize(8192)).outcome, Outcome::kComplete);
  EXPECT_EQ(Whole(HeadOfSize(8193)).status, 431);
  EXPECT_EQ(ByteByByte(HeadOfSize(8193)).status, 431);
}

TEST(ParserTest, RefusesAnEndlessHeadAsSoonAsTheLimitIsReached) {
  const std::string bytes = HeadOfSize(20'000);

  EXPECT_EQ(Whole(bytes.substr(0, 8191)).outcome, Outcome::kIncomplete);
  EXPECT_EQ(Whole(bytes.substr(0, 8192)).status, 431);
}

// `size` bytes without the line end.
std::string RequestLineOfSize(std::size_t size) {
  return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1";
}

TEST(ParserTest, TakesARequestLineOf1024BytesAndNotOneMore) {
  const std::string rest = "\r\nHost: a\r\n\r\n";

  EXPECT_EQ(Whole(RequestLineOfSize(1024) + rest).outcome, Outcome::kComplete);
  EXPECT_EQ(Whole(RequestLineOfSize(1025) + rest).status, 414);
  EXPECT_EQ(ByteByByte(RequestLineOfSize(1025) + rest).status, 414);
  EXPECT_EQ(Whole(std::string(1026, 'G')).status, 414);
}

TEST(ParserTest, ReadsTheNextRequestAfterReset) {
  RequestParser parser;
  Request request;
  ASSERT_EQ(parser.Parse(With("Connection: close\r\n"), request),
            Outcome::kComplete);
  parser.Reset();

  ASSERT_EQ(parser.Parse("GET /b HTTP/1.1\r\nHost: b\r\n\r\n", request),
            Outcome::kComplete);
  EXPECT_EQ(request.path, "/b");
  EXPECT_EQ(request.host, "b");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(request.fields.size(), 1u);
}

}  // namespace
}  // namespace http
