#include "agent/http/parser.h"

#include <array>

namespace http {
namespace {

using Outcome = RequestParser::Outcome;

constexpr std::string_view kLineEnd = "\r\n";

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kToken = MakeTokenTable();

bool IsTokenChar(char c) { return kToken[static_cast<unsigned char>(c)]; }

bool IsToken(std::string_view text) {
  for (const char c : text) {
    if (!IsTokenChar(c)) return false;
  }
  return !text.empty();
}

// Visible ASCII.
bool IsTarget(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c >= '\x7f') return false;
  }
  return !text.empty();
}

// Anything but control characters; a tab is fine.
bool IsFieldValue(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && c != '\t') || c == '\x7f') return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `use` with each element of a comma-separated list.
template <typename Use>
void ForEachElement(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::string_view element = list.substr(0, list.find(','));
    use(Trim(element));
    list.remove_prefix(std::min(element.size() + 1, list.size()));
  }
}

// "http://host:port/path?query" as a proxy would be asked; RFC 9112 3.2.2.
bool SplitAbsoluteTarget(std::string_view& target, Request& request) {
  constexpr std::string_view kScheme = "http://";
  if (!EqualNoCase(target.substr(0, kScheme.size()), kScheme)) return false;
  target.remove_prefix(kScheme.size());
  const std::size_t end = target.find_first_of("/?");
  request.host = target.substr(0, end);
  target = end == target.npos ? std::string_view() : target.substr(end);
  return true;
}

}  // namespace

Outcome RequestParser::Refuse(int status, const char* error, const char* hint) {
  refusal_ = {status, error, hint};
  return Outcome::kRefused;
}

Outcome RequestParser::Parse(std::string_view data, Request& request) {
  const std::string_view head = data.substr(0, kHeadLimit);
  if (!head.empty() && head[0] != '\r' && !IsTokenChar(head[0])) {
    return Refuse(400, "not an HTTP request",
                  "this port speaks plain HTTP/1.1, not TLS");
  }
  for (;;) {
    const std::size_t newline = head.find('\n', scanned_);
    const bool first_line = line_start_ == head_start_;
    const std::size_t line_end = std::min(newline, head.size());
    if (first_line && line_end - line_start_ > kRequestLineLimit + 1) {
      return Refuse(414, "the request line is too long",
                    "at most 1024 bytes; try GET /leader");
    }
    if (newline == head.npos) break;
    if (newline == 0 || head[newline - 1] != '\r') {
      return Refuse(400, "a line ends without a carriage return",
                    "lines of HTTP/1.1 end with CR LF");
    }
    scanned_ = newline + 1;
    const bool empty = newline - 1 == line_start_;
    line_start_ = scanned_;
    if (empty && newline > 1) {
      return ParseHead(head.substr(head_start_, scanned_ - head_start_),
                       request);
    }
    // RFC 9112 2.2: one empty line before a request is forgiven.
    if (empty) head_start_ = scanned_;
  }
  scanned_ = head.size();
  if (head.size() < kHeadLimit) return Outcome::kIncomplete;
  return Refuse(431, "the headers are too large", "at most 8192 bytes");
}

Outcome RequestParser::ParseHead(std::string_view head, Request& request) {
  request.fields.clear();
  request.host.reset();
  std::size_t end = head.find(kLineEnd);
  if (!ParseRequestLine(head.substr(0, end), request)) {
    return Outcome::kRefused;
  }
  for (;;) {
    head.remove_prefix(end + kLineEnd.size());
    end = head.find(kLineEnd);
    if (end == 0) break;
    if (!ParseField(head.substr(0, end), request)) return Outcome::kRefused;
  }
  return CheckFields(request) ? Outcome::kComplete : Outcome::kRefused;
}

bool RequestParser::ParseRequestLine(std::string_view line, Request& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) {
    Refuse(400, "not an HTTP request", "try GET /leader HTTP/1.1");
    return false;
  }
  request.method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") ||
      !IsToken(request.method) || !IsTarget(target)) {
    Refuse(400, "not an HTTP request", "try GET /leader HTTP/1.1");
    return false;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    Refuse(505, "not a version of HTTP spoken here", "use HTTP/1.1");
    return false;
  }
  request.http_1_0 = version == "HTTP/1.0";
  request.keep_alive = !request.http_1_0;
  const bool absolute = SplitAbsoluteTarget(target, request);
  if (!absolute && target[0] != '/' && target != "*") {
    Refuse(400, "the request target is not a path", "try GET /leader");
    return false;
  }
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (request.path.empty()) request.path = "/";
  request.query = question == target.npos ? std::string_view()
                                          : target.substr(question + 1);
  return true;
}

bool RequestParser::ParseField(std::string_view line, Request& request) {
  const std::size_t colon = line.find(':');
  // A name must be a token, so a folded line, which begins with a space, and a
  // space before the colon are refused as well.
  if (colon == line.npos || !IsToken(line.substr(0, colon)) ||
      !IsFieldValue(line.substr(colon + 1))) {
    Refuse(400, "a header is malformed", "one line each: Name: value");
    return false;
  }
  if (request.fields.size() == kFieldLimit) {
    Refuse(431, "there are too many headers", "at most 100");
    return false;
  }
  request.fields.push_back(
      {line.substr(0, colon), Trim(line.substr(colon + 1))});
  return true;
}

bool RequestParser::CheckFields(Request& request) {
  int hosts = 0;
  const std::optional<std::string_view> authority = request.host;
  for (const auto& [name, value] : request.fields) {
    if (EqualNoCase(name, "host")) {
      ++hosts;
      request.host = authority.value_or(value);
    } else if (EqualNoCase(name, "connection")) {
      ForEachElement(value, [&request](std::string_view option) {
        if (EqualNoCase(option, "close")) request.keep_alive = false;
        if (request.http_1_0 && EqualNoCase(option, "keep-alive")) {
          request.keep_alive = true;
        }
      });
    } else if (EqualNoCase(name, "transfer-encoding")) {
      Refuse(413, "no bodies are taken here", "send GET without a body");
      return false;
    } else if (EqualNoCase(name, "content-length")) {
      if (value.empty() ||
          value.find_first_not_of("0123456789") != value.npos) {
        Refuse(400, "Content-Length is not a number", "send no body");
        return false;
      }
      if (value.find_first_not_of('0') != value.npos) {
        Refuse(413, "no bodies are taken here", "send GET without a body");
        return false;
      }
    }
  }
  if (hosts > 1 || (hosts == 0 && !request.http_1_0)) {
    Refuse(400, "there must be one Host header", "for example localhost:4040");
    return false;
  }
  return true;
}

}  // namespace http
