// What a person reads when a request fails.
#include "k8s/status.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

namespace k8s {
namespace {

const LeaseName kName{"shop", "web"};

HttpAnswer Answer(int status, const std::string& reason,
                  const std::string& message, const std::string& kind = "",
                  const std::string& name = "") {
  HttpAnswer answer;
  answer.status = status;
  answer.body = nlohmann::json({{"kind", "Status"},
                                {"status", "Failure"},
                                {"reason", reason},
                                {"message", message},
                                {"code", status},
                                {"details", {{"kind", kind}, {"name", name}}}})
                    .dump();
  return answer;
}

std::string Text(const char* verb, const HttpAnswer& answer) {
  return ErrorFromAnswer({verb, kName}, answer).message;
}

TEST(StatusTest, ARoleThatLacksAVerbIsToldWhich) {
  EXPECT_EQ(
      Text("update",
           Answer(403, "Forbidden",
                  "leases.coordination.k8s.io \"web\" is forbidden: User "
                  "\"system:serviceaccount:shop:web\" cannot update resource "
                  "\"leases\" in API group \"coordination.k8s.io\" in the "
                  "namespace \"shop\"")),
      "update lease shop/web: 403 Forbidden: the role needs verb \"update\" on "
      "\"leases\" (asked as system:serviceaccount:shop:web)");
}

// The server checks "update" first, then "create" when there is no lease.
TEST(StatusTest, TheVerbIsTheOneThatTheServerNames) {
  EXPECT_NE(Text("create", Answer(403, "Forbidden",
                                  "x: User \"u\" cannot update resource "
                                  "\"leases\" in API group"))
                .find("verb \"update\""),
            std::string::npos);
}

TEST(StatusTest, AnAdmissionRefusalIsQuoted) {
  EXPECT_EQ(Text("update", Answer(403, "Forbidden",
                                  "admission webhook \"w\" denied the "
                                  "request: not on\nFridays")),
            "update lease shop/web: 403 Forbidden: admission webhook \"w\" "
            "denied the request: not on Fridays");
}

TEST(StatusTest, EachAnswerSaysWhatToDo) {
  EXPECT_EQ(Text("get", Answer(401, "Unauthorized", "Unauthorized")),
            "get lease shop/web: 401 Unauthorized: the API server does not "
            "accept our token or certificate; it may have expired");
  EXPECT_EQ(
      Text("create", Answer(404, "NotFound", "namespaces \"shop\" not found",
                            "namespaces", "shop")),
      "create lease shop/web: 404 Not Found: the namespace \"shop\" does "
      "not exist");
  EXPECT_EQ(Text("update", Answer(409, "Conflict", "modified")),
            "update lease shop/web: 409 Conflict: it was changed by somebody "
            "else since it was read (modified)");
  EXPECT_EQ(Text("update", Answer(500, "InternalError", "etcd is away")),
            "update lease shop/web: 500 Internal Server Error: etcd is away");
  EXPECT_EQ(Text("get", Answer(302, "", "")),
            "get lease shop/web: 302: redirects are not followed; give the "
            "address of the API server itself");
}

// As kube-apiserver 1.36 sends it.
TEST(StatusTest, AStatusWithoutItsKindIsDecoded) {
  HttpAnswer answer;
  answer.status = 504;
  answer.body =
      R"({"metadata":{},"status":"Failure","message":"Timeout: request did )"
      R"(not complete within the allotted timeout","reason":"Timeout",)"
      R"("details":{},"code":504})";
  EXPECT_EQ(Text("update", answer),
            "update lease shop/web: 504 Gateway Timeout: Timeout: request did "
            "not complete within the allotted timeout");
}

TEST(StatusTest, KeepsCodeReasonAndRetryAfter) {
  HttpAnswer answer = Answer(429, "TooManyRequests", "slow down");
  answer.retry_after = "7";
  const ApiError error = ErrorFromAnswer({"get", kName}, answer);
  EXPECT_EQ(error.http_status, 429);
  EXPECT_EQ(error.reason, "TooManyRequests");
  EXPECT_EQ(error.retry_after, base::Duration(std::chrono::seconds(7)));
}

TEST(StatusTest, ARetryAfterThatIsNotSecondsIsIgnored) {
  for (const char* text : {"", "-1", "1.5", "Fri, 21 Aug 2026 10:00:00 GMT"}) {
    HttpAnswer answer = Answer(503, "", "");
    answer.retry_after = text;
    EXPECT_FALSE(ErrorFromAnswer({"get", kName}, answer).retry_after) << text;
  }
}

TEST(StatusTest, AnAnswerThatIsNotAStatusIsQuotedInPart) {
  HttpAnswer answer;
  answer.status = 502;
  answer.body = "<html>\n" + std::string(10'000, 'x') + "\x1b[31m";
  const std::string text = Text("get", answer);
  EXPECT_EQ(text.find("get lease shop/web: 502 Bad Gateway: <html> xxx"), 0U);
  EXPECT_LT(text.size(), 500U);
}

TEST(StatusTest, OnlyTheLeaseItselfCanBeAbsent) {
  const std::string message = "leases.coordination.k8s.io \"web\" not found";
  EXPECT_TRUE(SaysLeaseIsAbsent(
      Answer(404, "NotFound", message, "leases", "web"), kName));
  EXPECT_FALSE(SaysLeaseIsAbsent(
      Answer(404, "NotFound", message, "leases", "other"), kName));
  EXPECT_FALSE(
      SaysLeaseIsAbsent(Answer(404, "NotFound", "namespaces \"shop\" not found",
                               "namespaces", "shop"),
                        kName));
  HttpAnswer page;
  page.status = 404;
  page.body = "404 page not found\n";
  EXPECT_FALSE(SaysLeaseIsAbsent(page, kName));
}

TEST(StatusTest, TellsALeaseThatExistsFromOneThatIsInvalid) {
  EXPECT_TRUE(SaysLeaseExists(
      Answer(422, "Invalid",
             "leases.coordination.k8s.io \"web\" is invalid: "
             "metadata.resourceVersion: Invalid value: 0: must be specified "
             "for an update")));
  EXPECT_FALSE(SaysLeaseExists(
      Answer(422, "Invalid", "spec.leaseDurationSeconds: must be greater")));
}

}  // namespace
}  // namespace k8s
