// HTTP answers of the API server, cut anywhere.
#include <string>

#include "k8s/http_response.h"
#include "tests/fuzz/fuzz.h"

namespace {

struct Read {
  k8s::HttpResponse::State state = k8s::HttpResponse::State::kHead;
  int status = 0;
  std::string body;
  bool operator==(const Read&) const = default;
};

Read Parse(std::string_view bytes, std::size_t piece) {
  k8s::HttpResponse response;
  Read read;
  while (!bytes.empty() && response.state() != k8s::HttpResponse::State::kBad) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    response.Feed(part, read.body);
  }
  read.state = response.Close();
  read.status = response.status();
  // How far the body of a bad answer was read is nobody's business.
  if (read.state == k8s::HttpResponse::State::kBad) read.body.clear();
  return read;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes = fuzz::Text(data + 1, size - 1);
  const Read whole = Parse(bytes, bytes.size() + 1);
  FUZZ_CHECK(whole.body.size() <= bytes.size());
  FUZZ_CHECK(Parse(bytes, 1 + data[0] % 32) == whole);
  return 0;
}
