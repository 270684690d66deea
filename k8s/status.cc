#include "k8s/status.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "k8s/bounded_json.h"
#include "k8s/one_line.h"

namespace k8s {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxQuoted = 400;
constexpr std::int64_t kMaxRetrySeconds = 86'400;

struct Status {
  std::string reason;
  std::string message;
  std::string kind;  // details.kind, details.name: what it is about.
  std::string name;
};

Status Decode(const std::string& body) {
  Status status;
  const std::optional<json> object = ParseBoundedJson(body);
  // The server's 504 of a request that ran into its timeout has no kind.
  const bool decoded = object && (StringMember(*object, "kind") == "Status" ||
                                  StringMember(*object, "status") == "Failure");
  if (!decoded) {
    status.message = body;
    return status;
  }
  status.reason = StringMember(*object, "reason");
  status.message = StringMember(*object, "message");
  if (const json* details = FindMember(*object, "details")) {
    status.kind = StringMember(*details, "kind");
    status.name = StringMember(*details, "name");
  }
  return status;
}

std::string Quoted(const std::string& text) {
  return OneLine(text, kMaxQuoted);
}

const char* NameOf(int http_status) {
  switch (http_status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Request Entity Too Large";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

// The text between two others, if both are there.
std::optional<std::string> Between(const std::string& text,
                                   std::string_view before,
                                   std::string_view after) {
  const std::size_t found = text.find(before);
  if (found == std::string::npos) return std::nullopt;
  const std::size_t begin = found + before.size();
  const std::size_t end = text.find(after, begin);
  if (end == std::string::npos) return std::nullopt;
  return text.substr(begin, end - begin);
}

// A role's refusal names the user, the verb that is missing (a PUT of a lease
// that does not exist needs "create") and the resource. Admission says other
// things with the same code; they are quoted.
std::string ForbiddenHint(const std::string& message) {
  const auto verb = Between(message, "\" cannot ", " resource \"");
  const auto resource = Between(message, " resource \"", "\"");
  if (!verb || !resource || verb->find(' ') != std::string::npos) {
    return Quoted(message);
  }
  std::string hint =
      "the role needs verb \"" + *verb + "\" on \"" + *resource + "\"";
  const auto user = Between(message, "User \"", "\"");
  if (user) hint += " (asked as " + Quoted(*user) + ")";
  return hint;
}

std::string Hint(int http_status, const Status& status,
                 const LeaseName& lease) {
  switch (http_status) {
    case 401:
      return "the API server does not accept our token or certificate; it may "
             "have expired";
    case 403:
      return ForbiddenHint(status.message);
    case 404:
      if (status.kind == "namespaces") {
        return "the namespace \"" + lease.name_space + "\" does not exist";
      }
      return Quoted(status.message);
    case 409:
      return "it was changed by somebody else since it was read (" +
             Quoted(status.message) + ")";
    case 429:
      return "the API server asks us to slow down";
    default:
      if (http_status >= 300 && http_status < 400) {
        return "redirects are not followed; give the address of the API "
               "server itself";
      }
      return Quoted(status.message);
  }
}

std::string Beginning(const LeaseAction& action) {
  return std::string(action.verb) + " lease " + action.lease.name_space + "/" +
         action.lease.name + ": ";
}

// Whole seconds. The other form, a date, is ignored: it needs a wall clock.
std::optional<base::Duration> RetryAfter(const std::string& header) {
  std::int64_t seconds = 0;
  const char* end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, seconds);
  if (header.empty() || error != std::errc() || rest != end || seconds < 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(std::min(seconds, kMaxRetrySeconds));
}

}  // namespace

ApiError ErrorFromAnswer(const LeaseAction& action, const HttpAnswer& answer) {
  const Status status = Decode(answer.body);
  ApiError error;
  error.http_status = answer.status;
  error.reason = status.reason;
  error.retry_after = RetryAfter(answer.retry_after);
  error.message = Beginning(action) + std::to_string(answer.status);
  const std::string name = NameOf(answer.status);
  if (!name.empty()) error.message += " " + name;
  const std::string hint = Hint(answer.status, status, action.lease);
  if (!hint.empty()) error.message += ": " + hint;
  return error;
}

ApiError ErrorFromFailure(const LeaseAction& action,
                          const TransportFailure& failure) {
  ApiError error;
  error.message = Beginning(action) + failure.detail;
  return error;
}

ApiError ErrorFromContent(const LeaseAction& action, int http_status,
                          const std::string& why) {
  ApiError error;
  error.http_status = http_status;
  error.message =
      Beginning(action) + std::to_string(http_status) + ", but " + why;
  return error;
}

bool SaysLeaseIsAbsent(const HttpAnswer& answer, const LeaseName& lease) {
  if (answer.status != 404) return false;
  const Status status = Decode(answer.body);
  return status.reason == "NotFound" && status.kind == "leases" &&
         status.name == lease.name;
}

bool SaysLeaseExists(const HttpAnswer& answer) {
  return answer.status == 422 &&
         Decode(answer.body).message.find("must be specified for an update") !=
             std::string::npos;
}

}  // namespace k8s
