#include "agent/http/message.h"

#include <algorithm>
#include <charconv>

#include "agent/base/check.h"

namespace http {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void AppendNumber(std::size_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

bool IsPlain(std::string_view text) {
  return text.find_first_of("\"\\") == std::string_view::npos;
}

struct QueryPair {
  std::string_view key;
  std::string_view value;
};

// The first pair of `rest`, which then begins after it.
QueryPair TakePair(std::string_view& rest) {
  const std::string_view pair = rest.substr(0, rest.find('&'));
  rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  const std::size_t equals = pair.find('=');
  return {pair.substr(0, equals),
          equals == pair.npos ? std::string_view() : pair.substr(equals + 1)};
}

}  // namespace

bool EqualNoCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string_view> Request::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (EqualNoCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::QueryValue(
    std::string_view key) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const QueryPair pair = TakePair(rest);
    if (pair.key == key) return pair.value;
  }
  return std::nullopt;
}

bool Request::QueryHasOnly(
    std::initializer_list<std::string_view> known) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const QueryPair pair = TakePair(rest);
    if (std::find(known.begin(), known.end(), pair.key) == known.end()) {
      return false;
    }
  }
  return true;
}

Response ErrorResponse(int status, std::string_view error,
                       std::string_view hint) {
  CHECK(IsPlain(error) && IsPlain(hint));
  Response response;
  response.status = status;
  response.body.append("{\"error\":\"").append(error);
  response.body.append("\",\"hint\":\"").append(hint).append("\"}\n");
  return response;
}

std::string_view StatusText(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
  }
  return "Unknown";
}

void AppendResponse(const Response& response, const Framing& framing,
                    std::string& out) {
  out.append("HTTP/1.1 ");
  AppendNumber(static_cast<std::size_t>(response.status), out);
  out.append(" ").append(StatusText(response.status));
  out.append("\r\nContent-Type: ").append(response.content_type);
  out.append("\r\nContent-Length: ");
  AppendNumber(response.body.size(), out);
  out.append(
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  out.append(response.extra_fields);
  if (!framing.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (framing.http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (!framing.head_only) out.append(response.body);
}

}  // namespace http
