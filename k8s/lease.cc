#include "k8s/lease.h"

namespace k8s {

std::string_view ToString(ReadStatus status) {
  switch (status) {
    case ReadStatus::kFound:
      return "found";
    case ReadStatus::kAbsent:
      return "absent";
    case ReadStatus::kFailed:
      return "failed";
  }
  return "?";
}

std::string_view ToString(WriteStatus status) {
  switch (status) {
    case WriteStatus::kApplied:
      return "applied";
    case WriteStatus::kConflict:
      return "conflict";
    case WriteStatus::kRejected:
      return "rejected";
    case WriteStatus::kUnknown:
      return "unknown";
  }
  return "?";
}

}  // namespace k8s
