// One request and one response, as values. Parsing is in parser.h. No thread.
// Source: RFC 9110, RFC 9112.
#ifndef AGENT_HTTP_MESSAGE_H_
#define AGENT_HTTP_MESSAGE_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct Field {
  std::string_view name;  // As sent; compare with EqualNoCase.
  std::string_view value;
};

// Its views point into the bytes received: valid until the handler returns.
struct Request {
  std::string_view method;               // "GET". Any token; case counts.
  std::string_view path;                 // "/leader". Not percent-decoded.
  std::string_view query;                // "confirm=1", without '?'.
  std::optional<std::string_view> host;  // Header, or authority of the target.
  bool http_1_0 = false;
  bool keep_alive = true;
  std::vector<Field> fields;

  // The first header of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // The value of `key` in the query: "" for "?key" and "?key=".
  std::optional<std::string_view> QueryValue(std::string_view key) const;
  // Whether every key of the query is one of `known`.
  bool QueryHasOnly(std::initializer_list<std::string_view> known) const;
};

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kText = "text/plain; charset=utf-8";

// Content-Length, `Cache-Control: no-store`, `X-Content-Type-Options: nosniff`
// and Connection are the server's to add.
struct Response {
  int status = 200;
  std::string_view content_type = kJson;  // A literal: not copied.
  std::string body;
  std::string_view extra_fields = {};  // A literal: "Retry-After: 1\r\n".
};

// {"error":...,"hint":...}. Both are literals without quotes and backslashes;
// nothing that a client sent belongs in them.
Response ErrorResponse(int status, std::string_view error,
                       std::string_view hint);

struct Framing {
  bool head_only = false;  // HEAD: all but the body.
  bool http_1_0 = false;
  bool keep_alive = true;
};

// Adds the bytes of `response` to `out`.
void AppendResponse(const Response& response, const Framing& framing,
                    std::string& out);

std::string_view StatusText(int status);

bool EqualNoCase(std::string_view a, std::string_view b);

}  // namespace http

#endif  // AGENT_HTTP_MESSAGE_H_
