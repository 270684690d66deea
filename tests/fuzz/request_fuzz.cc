// HTTP requests to both listeners, cut anywhere.
#include <string>

#include "agent/http/host_rule.h"
#include "agent/http/parser.h"
#include "tests/fuzz/fuzz.h"

namespace {

// As a connection does it: it asks again with each byte more.
http::RequestParser::Outcome ParseGrowing(std::string_view bytes,
                                          std::size_t step,
                                          http::RequestParser& parser,
                                          http::Request& request) {
  for (std::size_t size = step;; size += step) {
    const auto outcome = parser.Parse(bytes.substr(0, size), request);
    if (outcome != http::RequestParser::Outcome::kIncomplete ||
        size >= bytes.size()) {
      return outcome;
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes = fuzz::Text(data + 1, size - 1);
  http::RequestParser whole, cut;
  http::Request request, same;
  const auto outcome = whole.Parse(bytes, request);
  FUZZ_CHECK(ParseGrowing(bytes, 1 + data[0] % 32, cut, same) == outcome);
  if (outcome == http::RequestParser::Outcome::kRefused) {
    FUZZ_CHECK(whole.refusal().status == cut.refusal().status);
    FUZZ_CHECK(whole.refusal().status >= 400);
  }
  if (outcome != http::RequestParser::Outcome::kComplete) return 0;
  FUZZ_CHECK(whole.size() <= bytes.size() && whole.size() == cut.size());
  FUZZ_CHECK(request.method == same.method && request.path == same.path);
  FUZZ_CHECK(request.query == same.query);
  FUZZ_CHECK(request.fields.size() <= http::kFieldLimit);
  (void)request.QueryValue("confirm");
  (void)request.QueryHasOnly({"confirm"});
  (void)http::CheckLoopbackRequest(request, 4040);
  return 0;
}
