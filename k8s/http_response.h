// Takes an HTTP/1.1 answer apart as its bytes come in. Strict: what is not
// clearly well formed is an error, for an answer that is misread would be worse
// than none. Source: RFC 9112.
#ifndef K8S_HTTP_RESPONSE_H_
#define K8S_HTTP_RESPONSE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace k8s {

class HttpResponse {
 public:
  enum class State { kHead, kBody, kDone, kBad };

  // Takes the next bytes and appends what they hold of the body to `body`.
  State Feed(std::string_view bytes, std::string& body);
  // The server has closed in good order: kDone if that is how this body ends.
  State Close();

  State state() const;
  const std::string& problem() const { return problem_; }  // With kBad.

  // From kBody on.
  int status() const { return status_; }
  const std::string& retry_after() const { return retry_after_; }
  // With kDone: another request may follow on the same connection.
  bool keeps_connection() const { return keeps_connection_ && !extra_; }

 private:
  enum class Step {
    kStatusLine,
    kHeader,
    kFixedBody,
    kBodyUntilClose,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailer,
    kDone,
    kBad,
  };

  void Line(std::string_view line);
  void StatusLine(std::string_view line);
  void Header(std::string_view line);
  void EndOfHead();
  void ChunkSize(std::string_view line);
  std::string_view Data(std::string_view bytes, std::string& body);
  void Fail(const char* problem);

  Step step_ = Step::kStatusLine;
  std::string line_;            // The part of a line that has come.
  std::size_t line_bytes_ = 0;  // Of all lines of this head or trailer.
  int status_ = 0;
  bool chunked_ = false;
  bool has_length_ = false;
  std::uint64_t left_ = 0;  // Of the body, or of this chunk.
  bool keeps_connection_ = true;
  bool extra_ = false;  // Bytes came after the end.
  std::string retry_after_;
  std::string problem_;
};

}  // namespace k8s

#endif  // K8S_HTTP_RESPONSE_H_
