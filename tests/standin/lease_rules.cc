#include "tests/standin/lease_rules.h"

#include <time.h>

#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string_view>
#include <vector>

namespace standin {
namespace {

using nlohmann::json;

constexpr char kApiVersion[] = "coordination.k8s.io/v1";
constexpr char kGroup[] = "coordination.k8s.io";
constexpr char kResource[] = "leases.coordination.k8s.io";

json Details(const std::string& name, const std::string& kind = "leases") {
  return {{"group", kGroup}, {"kind", kind}, {"name", name}};
}

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

std::string Named(const LeaseId& id) {
  return std::string(kResource) + " " + Quoted(id.name);
}

// Thrown within this file only; Decode turns it into a reply.
struct NotDecodable {
  std::string why;
};

std::string GoNameOf(const json& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "number";
}

[[noreturn]] void WrongType(const json& value, const std::string& field,
                            const std::string& wanted) {
  const bool shown = value.is_number() && wanted != "string";
  throw NotDecodable{"json: cannot unmarshal " + GoNameOf(value) +
                     (shown ? " " + value.dump() : "") +
                     " into Go struct field LeaseSpec.spec." + field +
                     " of type " + wanted};
}

// A layout of Go's package time, piece by piece:
// 2006-01-02T15:04:05.000000Z07:00.
struct Piece {
  std::string_view layout;
  std::string_view pattern;  // '0': any digit; else the character itself.
};
constexpr std::array<Piece, 12> kMicroTime{{{"2006", "0000"},
                                            {"-", "-"},
                                            {"01", "00"},
                                            {"-", "-"},
                                            {"02", "00"},
                                            {"T", "T"},
                                            {"15", "00"},
                                            {":", ":"},
                                            {"04", "00"},
                                            {":", ":"},
                                            {"05", "00"},
                                            {".000000", ".000000"}}};

bool Matches(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) return false;
  }
  return true;
}

[[noreturn]] void BadTime(const std::string& text, std::string_view rest,
                          std::string_view layout) {
  throw NotDecodable{"parsing time " + Quoted(text) +
                     " as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse " +
                     Quoted(std::string(rest)) + " as " +
                     Quoted(std::string(layout))};
}

// Checks the text and brings it to UTC: exactly six digits, Z or an offset.
std::string MicroTimeInUtc(const std::string& text) {
  std::string_view rest = text;
  for (const Piece& piece : kMicroTime) {
    if (!Matches(rest, piece.pattern)) BadTime(text, rest, piece.layout);
    rest.remove_prefix(piece.pattern.size());
  }
  if (rest == "Z") return text;
  const bool offset = rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') &&
                      Matches(rest.substr(1), "00:00");
  if (!offset) BadTime(text, rest, "Z07:00");
  tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
    BadTime(text, text, "2006");
  }
  const int minutes = std::stoi(std::string(rest.substr(1, 2))) * 60 +
                      std::stoi(std::string(rest.substr(4, 2)));
  time_t seconds = timegm(&parts);
  seconds += (rest[0] == '+' ? -60 : 60) * minutes;
  gmtime_r(&seconds, &parts);
  char date[32];
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  return date + text.substr(19, 7) + "Z";
}

json DecodeSpec(const json& spec) {
  json result = json::object();
  for (const char* field : {"leaseDurationSeconds", "leaseTransitions"}) {
    if (!spec.contains(field) || spec[field].is_null()) continue;
    const json& value = spec[field];
    const bool fits = value.is_number_integer() &&
                      value >= std::numeric_limits<std::int32_t>::min() &&
                      value <= std::numeric_limits<std::int32_t>::max();
    if (!fits) WrongType(value, field, "int32");
    result[field] = value;
  }
  for (const char* field : {"holderIdentity", "acquireTime", "renewTime"}) {
    if (!spec.contains(field) || spec[field].is_null()) continue;
    const json& value = spec[field];
    if (!value.is_string()) WrongType(value, field, "string");
    const bool time = std::string_view(field) != "holderIdentity";
    result[field] = time ? MicroTimeInUtc(value) : value.get<std::string>();
  }
  return result;
}

json DecodeLease(const json& body, const std::string& name_space) {
  json metadata = json::object();
  const json given = body.value("metadata", json::object());
  for (const char* field : {"name", "namespace", "uid", "resourceVersion",
                            "labels", "annotations", "ownerReferences"}) {
    if (given.contains(field) && !given[field].is_null()) {
      metadata[field] = given[field];
    }
  }
  if (metadata.value("namespace", "").empty()) {
    metadata["namespace"] = name_space;
  }
  return {{"apiVersion", kApiVersion},
          {"kind", "Lease"},
          {"metadata", metadata},
          {"spec", DecodeSpec(body.value("spec", json::object()))}};
}

Reply BadRequest(const std::string& message) {
  return Refusal(400, "BadRequest", message);
}

}  // namespace

Reply Refusal(int code, const std::string& reason, const std::string& message,
              const json& details) {
  json status = {{"apiVersion", "v1"},         {"kind", "Status"},
                 {"metadata", json::object()}, {"status", "Failure"},
                 {"message", message},         {"code", code}};
  if (!reason.empty()) status["reason"] = reason;
  if (!details.is_null()) status["details"] = details;
  return {code, status};
}

Reply NotFound(const LeaseId& id) {
  return Refusal(404, "NotFound", Named(id) + " not found", Details(id.name));
}

Reply NamespaceNotFound(const std::string& name_space) {
  return Refusal(404, "NotFound",
                 "namespaces " + Quoted(name_space) + " not found",
                 {{"kind", "namespaces"}, {"name", name_space}});
}

Reply AlreadyExists(const LeaseId& id) {
  return Refusal(409, "AlreadyExists", Named(id) + " already exists",
                 Details(id.name));
}

Reply Modified(const LeaseId& id) {
  return Refusal(409, "Conflict",
                 "Operation cannot be fulfilled on " + Named(id) +
                     ": the object has been modified; please apply your "
                     "changes to the latest version and try again",
                 Details(id.name));
}

Reply OtherUid(const LeaseId& id, const std::string& wanted,
               const std::string& found) {
  return Refusal(
      409, "Conflict",
      "Operation cannot be fulfilled on " + Named(id) +
          ": StorageError: invalid object, Code: 4, Key: /registry/leases/" +
          id.name_space + "/" + id.name +
          ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID "
          "in precondition: " +
          wanted + ", UID in object meta: " + found,
      Details(id.name));
}

Reply DeleteOfOtherUid(const LeaseId& id, const std::string& wanted,
                       const std::string& found) {
  return Refusal(409, "Conflict",
                 "Operation cannot be fulfilled on Lease." +
                     std::string(kGroup) + " " + Quoted(id.name) +
                     ": the UID in the precondition (" + wanted +
                     ") does not match the UID in record (" + found +
                     "). The object might have been deleted and then recreated",
                 Details(id.name, "Lease"));
}

Reply VersionMissing(const LeaseId& id) {
  const std::string cause = "Invalid value: 0: must be specified for an update";
  json details = Details(id.name);
  details["causes"] = {{{"field", "metadata.resourceVersion"},
                        {"message", cause},
                        {"reason", "FieldValueInvalid"}}};
  return Refusal(422, "Invalid",
                 Named(id) + " is invalid: metadata.resourceVersion: " + cause,
                 details);
}

base::Result<json, Reply> Decode(const std::string& body,
                                 const std::string& name_space) {
  const json parsed = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) {
    return BadRequest(
        "the object provided is unrecognized (must be of type Lease)");
  }
  const std::string version = parsed.value("apiVersion", kApiVersion);
  const std::string kind = parsed.value("kind", "Lease");
  if (version != kApiVersion || kind != "Lease") {
    return BadRequest(kind + " in version " + Quoted(version) +
                      " cannot be handled as a Lease: converting (" + version +
                      "." + kind +
                      ") to (coordination.Lease): unknown conversion");
  }
  try {
    return DecodeLease(parsed, name_space);
  } catch (const NotDecodable& reason) {
    return BadRequest("Lease in version \"v1\" cannot be handled as a Lease: " +
                      reason.why);
  } catch (const json::exception& error) {
    return BadRequest(
        std::string("Lease in version \"v1\" cannot be handled as a Lease: ") +
        error.what());
  }
}

Reply Validate(const LeaseId& id, const json& lease) {
  json causes = json::array();
  std::string joined;
  const auto wrong = [&](const char* field, const std::string& wanted) {
    const std::string where = std::string("spec.") + field;
    const std::string message =
        "Invalid value: " + lease["spec"][field].dump() + ": must be " + wanted;
    causes.push_back({{"field", where},
                      {"message", message},
                      {"reason", "FieldValueInvalid"}});
    joined += (joined.empty() ? "" : ", ") + where + ": " + message;
  };
  const json& spec = lease["spec"];
  if (spec.value("leaseDurationSeconds", 1) <= 0) {
    wrong("leaseDurationSeconds", "greater than 0");
  }
  if (spec.value("leaseTransitions", 0) < 0) {
    wrong("leaseTransitions", "greater than or equal to 0");
  }
  if (causes.empty()) return {};
  if (causes.size() > 1) joined = "[" + joined + "]";
  json details = Details(id.name, "Lease");
  details["causes"] = causes;
  return Refusal(422, "Invalid",
                 std::string("Lease.") + kGroup + " " + Quoted(id.name) +
                     " is invalid: " + joined,
                 details);
}

}  // namespace standin
