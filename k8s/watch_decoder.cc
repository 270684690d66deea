#include "k8s/watch_decoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "k8s/bounded_json.h"
#include "k8s/lease_json.h"

namespace k8s {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxLine = 256 << 10;

}  // namespace

bool WatchDecoder::Feed(
    std::string_view bytes,
    const std::function<bool(const WatchFrame&)>& on_frame) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (line_.size() + end > kMaxLine) {
      problem_ = "an event is larger than 256 KiB";
      return false;
    }
    line_.append(bytes.substr(0, end));
    if (end == bytes.size()) return true;
    bytes.remove_prefix(end + 1);
    WatchFrame frame;
    const bool blank = line_.find_first_not_of(" \r\t") == std::string::npos;
    if (!blank && !Decode(line_, frame)) return false;
    line_.clear();
    if (!blank && !on_frame(frame)) return false;
  }
  return true;
}

bool WatchDecoder::Decode(std::string_view line, WatchFrame& frame) {
  const std::optional<json> event = ParseBoundedJson(line);
  const json* object = event ? FindMember(*event, "object") : nullptr;
  if (object == nullptr) {
    problem_ = "an event is not JSON with an object";
    return false;
  }
  const std::string type = StringMember(*event, "type");
  if (type == "ERROR") {
    frame.type = WatchFrame::Type::kError;
    frame.status = object->dump();
    const json* code = FindMember(*object, "code");
    if (code != nullptr && code->is_number_unsigned()) {
      frame.code = static_cast<int>(
          std::min<std::uint64_t>(code->get<std::uint64_t>(), 999));
    }
    return true;
  }
  const auto version = DecodeResourceVersion(*object);
  if (!version) {
    problem_ = "an event has no resourceVersion";
    return false;
  }
  frame.resource_version = *version;
  if (type == "BOOKMARK") {
    frame.type = WatchFrame::Type::kBookmark;
    return true;
  }
  if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") {
    problem_ = "an event has the unknown type \"" + type.substr(0, 40) + "\"";
    return false;
  }
  base::Result<Lease> lease = DecodeLeaseObject(*object, name_);
  if (!lease) {
    problem_ = lease.error().message;
    return false;
  }
  frame.type = type == "DELETED" ? WatchFrame::Type::kDeleted
                                 : WatchFrame::Type::kChanged;
  frame.lease = std::move(*lease);
  return true;
}

}  // namespace k8s
