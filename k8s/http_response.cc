#include "k8s/http_response.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace k8s {
namespace {

constexpr std::size_t kMaxLines = 32 << 10;  // Bytes of a head or trailer.

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool ParseNumber(std::string_view text, int base, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && rest == end;
}

}  // namespace

HttpResponse::State HttpResponse::state() const {
  switch (step_) {
    case Step::kStatusLine:
    case Step::kHeader:
      return State::kHead;
    case Step::kDone:
      return State::kDone;
    case Step::kBad:
      return State::kBad;
    default:
      return State::kBody;
  }
}

HttpResponse::State HttpResponse::Feed(std::string_view bytes,
                                       std::string& body) {
  while (!bytes.empty() && step_ != Step::kBad) {
    if (step_ == Step::kDone) {
      extra_ = true;
      break;
    }
    if (step_ == Step::kFixedBody || step_ == Step::kBodyUntilClose ||
        step_ == Step::kChunkData) {
      bytes = Data(bytes, body);
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const std::size_t taken = std::min(end, bytes.size() - 1) + 1;
    line_.append(bytes.substr(0, taken));
    line_bytes_ += taken;
    bytes.remove_prefix(taken);
    if (line_bytes_ > kMaxLines) {
      Fail("its header is longer than 32 KiB");
    } else if (end != std::string_view::npos) {
      const std::string line = std::exchange(line_, "");
      Line(line);
    }
  }
  return state();
}

HttpResponse::State HttpResponse::Close() {
  if (step_ == Step::kBodyUntilClose) step_ = Step::kDone;
  if (step_ != Step::kDone) Fail("it ends too early");
  return state();
}

void HttpResponse::Line(std::string_view line) {
  if (line.size() < 2 || line.substr(line.size() - 2) != "\r\n") {
    return Fail("a line does not end with CR LF");
  }
  line.remove_suffix(2);
  if (step_ == Step::kStatusLine) return StatusLine(line);
  if (step_ == Step::kHeader) return line.empty() ? EndOfHead() : Header(line);
  if (step_ == Step::kChunkSize) return ChunkSize(line);
  if (step_ == Step::kChunkEnd) {
    if (!line.empty()) return Fail("a chunk is longer than it says");
    step_ = Step::kChunkSize;
    line_bytes_ = 0;
    return;
  }
  if (line.empty()) step_ = Step::kDone;  // The end of the trailer.
}

void HttpResponse::StatusLine(std::string_view line) {
  std::uint64_t code = 0;
  const bool http = line.substr(0, 7) == "HTTP/1." && line.size() >= 12 &&
                    (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                    (line.size() == 12 || line[12] == ' ');
  if (!http || !ParseNumber(line.substr(9, 3), 10, code) || code < 100 ||
      code > 599) {
    return Fail("it is not HTTP");
  }
  status_ = static_cast<int>(code);
  keeps_connection_ = line[7] == '1';
  chunked_ = false;
  has_length_ = false;
  left_ = 0;
  retry_after_.clear();
  step_ = Step::kHeader;
}

void HttpResponse::Header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      line.substr(0, colon).find_first_of(" \t") != std::string_view::npos) {
    return Fail("it has a header that is not one");
  }
  const std::string name = Lower(line.substr(0, colon));
  const std::string_view value = Trim(line.substr(colon + 1));
  if (name == "content-length") {
    std::uint64_t length = 0;
    if (!ParseNumber(value, 10, length) || (has_length_ && length != left_)) {
      return Fail("its Content-Length is not a number");
    }
    has_length_ = true;
    left_ = length;
  } else if (name == "transfer-encoding") {
    if (Lower(value) != "chunked") return Fail("its encoding is not known");
    chunked_ = true;
  } else if (name == "content-encoding") {
    if (Lower(value) != "identity") return Fail("it is compressed, unasked");
  } else if (name == "connection") {
    if (Lower(value).find("close") != std::string::npos) {
      keeps_connection_ = false;
    }
  } else if (name == "retry-after") {
    retry_after_ = value;
  }
}

void HttpResponse::EndOfHead() {
  line_bytes_ = status_ < 200 ? line_bytes_ : 0;
  if (status_ == 101) return Fail("it switches protocols, unasked");
  if (status_ < 200) {
    step_ = Step::kStatusLine;  // The answer itself follows.
  } else if (status_ == 204 || status_ == 304) {
    step_ = Step::kDone;
  } else if (chunked_ && has_length_) {
    Fail("it has both a length and chunks");
  } else if (chunked_) {
    step_ = Step::kChunkSize;
  } else if (has_length_) {
    step_ = left_ == 0 ? Step::kDone : Step::kFixedBody;
  } else {
    keeps_connection_ = false;
    step_ = Step::kBodyUntilClose;
  }
}

void HttpResponse::ChunkSize(std::string_view line) {
  const std::string_view size =
      Trim(line.substr(0, std::min(line.find(';'), line.size())));
  if (size.size() > 15 || !ParseNumber(size, 16, left_)) {
    return Fail("the size of a chunk is not a number");
  }
  line_bytes_ = 0;
  step_ = left_ == 0 ? Step::kTrailer : Step::kChunkData;
}

std::string_view HttpResponse::Data(std::string_view bytes, std::string& body) {
  if (step_ == Step::kBodyUntilClose) {
    body.append(bytes);
    return {};
  }
  const std::size_t count =
      static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  body.append(bytes.substr(0, count));
  left_ -= count;
  if (left_ == 0) {
    step_ = step_ == Step::kFixedBody ? Step::kDone : Step::kChunkEnd;
  }
  return bytes.substr(count);
}

void HttpResponse::Fail(const char* problem) {
  problem_ = problem;
  step_ = Step::kBad;
  keeps_connection_ = false;
}

}  // namespace k8s
