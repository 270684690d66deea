// Cuts the body of a watch into events, wherever the network has cut it before.
// Text only. Source:
// kubernetes.io/docs/reference/using-api/api-concepts/#watch.
#ifndef K8S_WATCH_DECODER_H_
#define K8S_WATCH_DECODER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "k8s/lease.h"

namespace k8s {

struct WatchFrame {
  enum class Type { kChanged, kDeleted, kBookmark, kError };

  Type type = Type::kChanged;
  Lease lease;                        // With kChanged and kDeleted.
  std::int64_t resource_version = 0;  // Of all but kError.
  int code = 0;                       // With kError: as an HTTP status.
  std::string status;                 // With kError: a metav1.Status.
};

class WatchDecoder {
 public:
  // Events about another lease than `name` are an error: the server, or a
  // proxy, ignores the field selector.
  explicit WatchDecoder(std::string name) : name_(std::move(name)) {}

  // Tells each event that is now whole. False if `on_frame` said so (nothing
  // more is told) or if something cannot be understood: then problem() is set.
  bool Feed(std::string_view bytes,
            const std::function<bool(const WatchFrame&)>& on_frame);

  const std::string& problem() const { return problem_; }

 private:
  bool Decode(std::string_view line, WatchFrame& frame);

  const std::string name_;
  std::string line_;
  std::string problem_;
};

}  // namespace k8s

#endif  // K8S_WATCH_DECODER_H_
