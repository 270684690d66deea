// The body of a watch, cut anywhere.
#include <algorithm>
#include <string>
#include <vector>

#include "k8s/watch_decoder.h"
#include "k8s/watch_session.h"
#include "tests/fuzz/fuzz.h"

namespace {

struct Told {
  std::vector<std::int64_t> versions;
  std::string problem;
  bool operator==(const Told&) const = default;
};

Told Decode(std::string_view bytes, std::size_t piece) {
  Told told;
  k8s::WatchDecoder decoder("web");
  const auto on_frame = [&](const k8s::WatchFrame& frame) {
    told.versions.push_back(frame.resource_version);
    return true;
  };
  for (bool goes_on = true; goes_on && !bytes.empty();) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    goes_on = decoder.Feed(part, on_frame);
  }
  told.problem = decoder.problem();
  return told;
}

}  // namespace

// Where the network cuts it changes nothing, and a session tells versions that
// grow.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes = fuzz::Text(data + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 64;
  FUZZ_CHECK(Decode(bytes, piece) == Decode(bytes, bytes.size() + 1));

  static const k8s::LeaseName kName{"shop", "web"};
  k8s::WatchSession session({"watch", kName}, 5);
  k8s::WatchDecoder decoder("web");
  std::int64_t newest = 5;
  session.OnOpen();
  decoder.Feed(bytes, [&](const k8s::WatchFrame& frame) {
    return session.OnFrame(frame, [&](const k8s::LeaseChange& change) {
      FUZZ_CHECK(change.lease.resource_version > newest);
      FUZZ_CHECK(change.follows == newest || change.follows == 0);
      newest = change.lease.resource_version;
    });
  });
  session.OnEnd(base::Duration::zero());
  return 0;
}
