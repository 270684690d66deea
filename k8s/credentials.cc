#include "k8s/credentials.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "k8s/tls_context.h"

namespace k8s {
namespace {

using base::Error;
using base::Result;

constexpr base::Duration kLookEvery = std::chrono::seconds(1);

std::string WithoutSpaceAround(const std::string& text) {
  const char* const space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// It goes into a header line.
bool IsToken(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

SecretContent::SecretContent(Secret secret)
    : file_(std::move(secret.file)),
      text_(file_.empty() ? std::move(secret.data) : "") {}

Result<bool> SecretContent::Refresh() {
  if (file_.empty()) return false;
  const FileStamp stamp = StampOf(file_);
  if (stamp == stamp_ && stamp.size >= 0) return false;
  Result<std::string> content = ReadSmallFile(file_);
  if (content && content->empty()) content = Error{file_ + ": it is empty"};
  if (!content) {
    if (text_.empty()) return content.error();
    return false;
  }
  stamp_ = stamp;
  if (*content == text_) return false;
  text_ = std::move(*content);
  return true;
}

Credentials::Credentials(const ClusterConfig& config)
    : uses_tls_(config.tls),
      authorities_(config.ca),
      certificate_(config.client_certificate),
      key_(config.client_key),
      token_content_(config.token),
      token_(WithoutSpaceAround(token_content_.text())) {}

Result<bool> Credentials::Refresh(base::Instant now, bool force) {
  if (last_look_ && !force && now < *last_look_ + kLookEvery) return false;
  const Result<bool> token = token_content_.Refresh();
  if (!token)
    return Error{"the token cannot be read: " + token.error().message};
  if (*token || !last_look_) {
    const std::string text = WithoutSpaceAround(token_content_.text());
    if (!IsToken(text)) {
      return Error{"the token has a character that no token has"};
    }
    token_ = text;
  }
  const Result<bool> tls = RefreshTls();
  if (!tls) return tls;
  last_look_ = now;
  return *token || *tls;
}

Result<bool> Credentials::RefreshTls() {
  if (!uses_tls_) return false;
  for (SecretContent* content : {&authorities_, &certificate_, &key_}) {
    const Result<bool> changed = content->Refresh();
    if (!changed) {
      return Error{"a certificate or key cannot be read: " +
                   changed.error().message};
    }
    tls_is_stale_ = tls_is_stale_ || *changed;
  }
  if (!tls_is_stale_) return false;
  auto made =
      MakeTlsContext(authorities_.text(), certificate_.text(), key_.text());
  if (!made) {
    if (tls_) return false;  // Still stale: tried again at the next look.
    return made.error();
  }
  tls_ = *made;
  tls_is_stale_ = false;
  return true;
}

}  // namespace k8s
