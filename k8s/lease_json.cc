#include "k8s/lease_json.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "k8s/bounded_json.h"
#include "k8s/micro_time.h"

namespace k8s {
namespace {

// A time that we cannot read, such as one of the year 10000 that somebody wrote
// by hand, must not make the lease unreadable: a time is only a value that
// changes. Another text gives another moment of the year 1.
MicroTime StandInFor(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a.
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  constexpr MicroTime kYearOne = -62'135'596'800'000'000;
  constexpr std::uint64_t kYear = 365ull * 86'400 * 1'000'000;
  return kYearOne + static_cast<MicroTime>(hash % kYear);
}

using base::Error;
using base::Result;
using nlohmann::json;

// Reads fields and remembers the first that is wrong.
class FieldReader {
 public:
  explicit FieldReader(const json& object) : object_(object) {}

  std::string Text(const char* key) {
    const json* field = Find(key);
    if (field == nullptr) return "";
    if (!field->is_string()) return Wrong(key, "a string"), "";
    return field->get<std::string>();
  }

  // An int32 of 0 or more, as the API server validates them.
  std::int64_t Count(const char* key) {
    const json* field = Find(key);
    if (field == nullptr) return 0;
    if (!field->is_number_integer()) return Wrong(key, "a whole number"), 0;
    const auto limit = std::numeric_limits<std::int32_t>::max();
    const bool fits =
        field->is_number_unsigned()
            ? field->get<std::uint64_t>() <= static_cast<std::uint64_t>(limit)
            : false;
    if (!fits) return Wrong(key, "between 0 and 2147483647"), 0;
    return field->get<std::int64_t>();
  }

  MicroTime Time(const char* key) {
    const std::string text = Text(key);
    if (text.empty()) return 0;
    return ParseMicroTime(text).value_or(StandInFor(text));
  }

  const std::string& problem() const { return problem_; }

 private:
  const json* Find(const char* key) const {
    const json* field = FindMember(object_, key);
    return field == nullptr || field->is_null() ? nullptr : field;
  }
  void Wrong(const char* key, const char* wanted) {
    if (!problem_.empty()) return;
    problem_ = std::string(key) + " is not " + wanted;
  }

  const json& object_;
  std::string problem_;
};

// A resourceVersion: decimal digits, above 0, no sign, no leading zero.
std::optional<std::int64_t> ParsePositive(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value < 0) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return value;
}

Error NotALease(const std::string& why) {
  return {"the answer is not a Lease: " + why};
}

void SetOrErase(json& spec, const char* key, MicroTime time) {
  if (time == 0) {
    spec.erase(key);
  } else {
    spec[key] = FormatMicroTime(time);
  }
}

void SetMark(json& metadata, const std::optional<ReleaseMark>& mark) {
  json& annotations = metadata["annotations"];
  if (!annotations.is_object()) annotations = json::object();
  if (mark) {
    annotations[kReleasedBy] = FormatReleaseMark(*mark);
  } else {
    annotations.erase(kReleasedBy);
  }
  if (annotations.empty()) metadata.erase("annotations");
}

json& ObjectAt(json& parent, const char* key) {
  json& child = parent[key];
  if (!child.is_object()) child = json::object();
  return child;
}

}  // namespace

std::optional<std::int64_t> DecodeResourceVersion(const json& object) {
  const json* metadata = FindMember(object, "metadata");
  if (metadata == nullptr) return std::nullopt;
  const auto version =
      ParsePositive(StringMember(*metadata, "resourceVersion"));
  return version && *version > 0 ? version : std::nullopt;
}

Result<Lease> DecodeLease(std::string_view text, const std::string& name) {
  const std::optional<json> object = ParseBoundedJson(text);
  if (!object) return NotALease("it is not JSON");
  return DecodeLeaseObject(*object, name);
}

Result<Lease> DecodeLeaseObject(const json& object, const std::string& name) {
  if (!object.is_object()) return NotALease("it is not an object");
  const std::string kind = StringMember(object, "kind");
  if (kind != "Lease") return NotALease("kind is \"" + kind + "\"");
  const json* metadata = FindMember(object, "metadata");
  if (metadata == nullptr || !metadata->is_object()) {
    return NotALease("it has no metadata");
  }
  if (StringMember(*metadata, "name") != name) {
    return NotALease("metadata.name is not \"" + name + "\"");
  }
  Lease lease;
  const auto version = DecodeResourceVersion(object);
  if (!version) return NotALease("metadata.resourceVersion is not a number");
  lease.resource_version = *version;
  LeaseRecord& record = lease.record;
  record.uid = StringMember(*metadata, "uid");
  if (record.uid.empty()) return NotALease("it has no metadata.uid");
  if (const json* all = FindMember(*metadata, "annotations")) {
    record.mark = ParseReleaseMark(StringMember(*all, kReleasedBy));
  }
  const json none = json::object();
  const json* spec = FindMember(object, "spec");
  if (spec == nullptr || spec->is_null()) spec = &none;
  if (!spec->is_object()) return NotALease("spec is not an object");
  FieldReader fields(*spec);
  record.holder = fields.Text("holderIdentity");
  record.acquire_time = fields.Time("acquireTime");
  record.renew_time = fields.Time("renewTime");
  record.transitions = fields.Count("leaseTransitions");
  record.duration_seconds = fields.Count("leaseDurationSeconds");
  if (!fields.problem().empty()) return NotALease("spec." + fields.problem());
  lease.document = object.dump();
  return lease;
}

Result<std::string> EncodeLeaseWrite(const LeaseWrite& write,
                                     const std::string& name_space,
                                     const std::string& name) {
  json object = json::object();
  if (write.base) {
    std::optional<json> base = ParseBoundedJson(write.base->document);
    if (!base || !base->is_object()) {
      return Error{"the lease to replace is not JSON"};
    }
    object = std::move(*base);
  }
  object["apiVersion"] = "coordination.k8s.io/v1";
  object["kind"] = "Lease";
  json& metadata = ObjectAt(object, "metadata");
  metadata["name"] = name;
  metadata["namespace"] = name_space;
  if (write.base) {
    metadata["uid"] = write.base->record.uid;
    metadata["resourceVersion"] = std::to_string(write.base->resource_version);
  }
  SetMark(metadata, write.record.mark);
  json& spec = ObjectAt(object, "spec");
  spec["holderIdentity"] = write.record.holder;
  spec["leaseDurationSeconds"] = write.record.duration_seconds;
  spec["leaseTransitions"] = write.record.transitions;
  SetOrErase(spec, "acquireTime", write.record.acquire_time);
  SetOrErase(spec, "renewTime", write.record.renew_time);
  // Text that is not UTF-8 is replaced rather than thrown about.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string FormatReleaseMark(const ReleaseMark& mark) {
  return mark.uid + "/" + mark.incarnation + "/" +
         std::to_string(mark.transitions);
}

std::optional<ReleaseMark> ParseReleaseMark(std::string_view text) {
  // An incarnation may contain slashes; a uid and a number do not.
  const std::size_t first = text.find('/');
  const std::size_t last = text.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  ReleaseMark mark;
  mark.uid = text.substr(0, first);
  mark.incarnation = text.substr(first + 1, last - first - 1);
  const auto transitions = ParsePositive(text.substr(last + 1));
  if (mark.uid.empty() || mark.incarnation.empty() || !transitions) {
    return std::nullopt;
  }
  mark.transitions = *transitions;
  return mark;
}

}  // namespace k8s
