// What the events of a watch mean and which stream to open next, from one
// LeaseWatch::Follow() until the watch is lost. Pure: no I/O, clock or thread,
// so that simulators run it as the agent does.
// Source: kubernetes.io/docs/reference/using-api/api-concepts/#watch.
#ifndef K8S_WATCH_SESSION_H_
#define K8S_WATCH_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "agent/base/time.h"
#include "k8s/lease_watch.h"
#include "k8s/status.h"
#include "k8s/watch_decoder.h"

namespace k8s {

// What follows a stream that has ended: another one after a pause of half of
// `pause_up_to` to all of it, or the loss of the watch.
struct WatchNext {
  base::Duration pause_up_to{};
  std::optional<ApiError> lost;
};

class WatchSession {
 public:
  WatchSession(LeaseAction action, std::int64_t follow);

  // The version after which the next stream begins. Empty after a 410: it is
  // opened without one, and its first event is the lease as it is.
  std::optional<std::int64_t> OpenFrom() const;

  // The stream is open. True the first time: the watch is live.
  bool OnOpen();
  // Tells a change, if the event is one. False ends the stream.
  bool OnFrame(const WatchFrame& frame,
               const std::function<void(LeaseChange)>& tell);
  // It was not answered, or broke, or said what cannot be understood.
  void OnFailure(ApiError error);
  // The stream has ended, `lasted` after it was asked for.
  WatchNext OnEnd(base::Duration lasted);

 private:
  bool Anchor(const WatchFrame& frame,
              const std::function<void(LeaseChange)>& tell);
  void Tell(const WatchFrame& frame, std::int64_t follows,
            const std::function<void(LeaseChange)>& tell);
  WatchNext AfterForgotten();
  WatchNext AfterStream(base::Duration lasted);
  WatchNext Lost(ApiError error);

  const LeaseAction action_;
  std::int64_t follows_;   // The last lease state told.
  std::int64_t position_;  // Where to resume: that, or a later bookmark.
  bool told_live_ = false;
  // False after a 410.
  bool anchored_ = true;
  bool resuming_ = false;    // This stream is not the first one.
  std::size_t in_vain_ = 0;  // Resumes in a row that brought nothing.
  // How often the server did not know the version.
  std::size_t forgotten_ = 0;

  // The present stream. In good order unless there is an error.
  std::int64_t opened_from_;
  bool opened_ = false;
  bool told_ = false;  // Any change.
  std::optional<ApiError> error_;
};

}  // namespace k8s

#endif  // K8S_WATCH_SESSION_H_
