// What kubelet and Prometheus are answered.
#include "agent/runtime/ops_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runtime {
namespace {

class OpsApiTest : public testing::Test {
 protected:
  http::Response Ask(std::string_view path, std::string_view query = "",
                     std::string_view method = "GET") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    const auto mailbox = std::make_shared<http::Mailbox>();
    http::Exchange exchange(mailbox, 1);
    return *api_.handler()(request, exchange);
  }

  std::optional<std::string> sick_;
  std::optional<std::string> busy_;
  OpsApi api_{{[] { return std::string("up 1\n"); }, [this] { return sick_; },
               [this] { return busy_; }}};
};

TEST_F(OpsApiTest, ServesMetricsInThePrometheusTextFormat) {
  const http::Response response = Ask("/metrics");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.body, "up 1\n");
}

TEST_F(OpsApiTest, SaysOkWhileAllIsWell) {
  for (const char* path : {"/livez", "/readyz", "/healthz"}) {
    EXPECT_EQ(Ask(path).status, 200);
    EXPECT_EQ(Ask(path).body, "ok");
  }
}

TEST_F(OpsApiTest, VerboseListsTheChecks) {
  EXPECT_EQ(Ask("/livez", "verbose").body,
            "[+]ping ok\n[+]election-loop ok\nlivez check passed\n");
  EXPECT_EQ(Ask("/readyz", "verbose=true").body,
            "[+]ping ok\n[+]started ok\nreadyz check passed\n");
}

TEST_F(OpsApiTest, AStuckLoopFailsLivenessAndNotReadiness) {
  sick_ = "it has not turned for 12 s";

  EXPECT_EQ(Ask("/livez").status, 500);
  EXPECT_EQ(Ask("/livez").body,
            "[+]ping ok\n[-]election-loop failed: it has not turned for 12 s\n"
            "livez check failed\n");
  EXPECT_EQ(Ask("/healthz").status, 500);
  EXPECT_EQ(Ask("/readyz").status, 200);
}

TEST_F(OpsApiTest, NotReadyIsNotSick) {
  busy_ = "starting";

  EXPECT_EQ(Ask("/readyz").status, 500);
  EXPECT_EQ(Ask("/livez").status, 200);
}

TEST_F(OpsApiTest, OtherPathsAre404AndOtherMethods405) {
  EXPECT_EQ(Ask("/leader").status, 404);
  EXPECT_EQ(Ask("/livez/").status, 404);
  EXPECT_EQ(Ask("/leader", "", "POST").status, 404);
  EXPECT_EQ(Ask("/metrics", "", "HEAD").status, 200);
  EXPECT_EQ(Ask("/metrics", "", "POST").status, 405);
  EXPECT_EQ(Ask("/metrics", "", "POST").extra_fields, "Allow: GET, HEAD\r\n");
}

}  // namespace
}  // namespace runtime
