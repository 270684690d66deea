// Finds and checks the head of one request in the bytes received so far. The
// result does not depend on how the bytes were cut. Strict on purpose: what two
// readers could understand differently is refused. No socket, no clock.
// Source: RFC 9112.
#ifndef AGENT_HTTP_PARSER_H_
#define AGENT_HTTP_PARSER_H_

#include <cstddef>
#include <string_view>

#include "agent/http/message.h"

namespace http {

// The request line and all headers, with their line ends.
inline constexpr std::size_t kHeadLimit = 8192;
inline constexpr std::size_t kRequestLineLimit = 1024;
inline constexpr std::size_t kFieldLimit = 100;

// Why a request is not answered; the connection ends after saying so.
struct Refusal {
  int status = 0;
  const char* error = "";
  const char* hint = "";
};

class RequestParser {
 public:
  enum class Outcome { kIncomplete, kComplete, kRefused };

  // `data` begins at the first byte of a request and only grows from one call
  // to the next. Fills in `request` with views into `data` if kComplete.
  //
  // kRefused  400, 413 (a body), 414, 431 or 505: see refusal().
  Outcome Parse(std::string_view data, Request& request);

  // How many bytes of `data` the complete request is.
  std::size_t size() const { return scanned_; }
  const Refusal& refusal() const { return refusal_; }

  void Reset() { *this = RequestParser(); }

 private:
  Outcome Refuse(int status, const char* error, const char* hint);
  Outcome ParseHead(std::string_view head, Request& request);
  bool ParseRequestLine(std::string_view line, Request& request);
  bool ParseField(std::string_view line, Request& request);
  bool CheckFields(Request& request);

  std::size_t scanned_ = 0;     // No end of head before this.
  std::size_t line_start_ = 0;  // Of the line that is not complete yet.
  std::size_t head_start_ = 0;  // Behind an empty line, if any.
  Refusal refusal_;
};

}  // namespace http

#endif  // AGENT_HTTP_PARSER_H_
