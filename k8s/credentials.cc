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

constexpr char kNoToken[] = "the token has a character that no token has";

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
  // Also when it is just being written.
  if (content && WithoutSpaceAround(*content).empty()) {
    content = Error{file_ + ": it is empty"};
  }
  if (!content) {
    if (text_.empty()) return content.error();
    return false;
  }
  stamp_ = stamp;
  if (*content == text_) return false;
  text_ = std::move(*content);
  return true;
}

std::optional<Error> WhyHopeless(const ClusterConfig& config) {
  if (!IsToken(WithoutSpaceAround(config.token.data))) return Error{kNoToken};
  if (!config.client_key.file.empty()) {
    const Result<std::string> key = ReadSmallFile(config.client_key.file);
    if (key && IsEncryptedKey(*key)) {
      return Error{config.client_key.file +
                   ": the client key is encrypted, which is not supported; "
                   "store it without a passphrase"};
    }
  }
  if (config.exec) {
    if (auto why = WhyNotInstalled(*config.exec)) return why;
  }
  // A pair that is half in a file may fit tomorrow.
  TlsMaterial material;
  material.verifies_server = false;  // It is only looked at.
  material.authorities = config.ca.data;
  if (config.client_certificate.file.empty() &&
      config.client_key.file.empty()) {
    material.certificate = config.client_certificate.data;
    material.key = config.client_key.data;
  }
  const auto made = MakeTlsContext(material);
  return made ? std::nullopt : std::optional(made.error());
}

Credentials::Credentials(const ClusterConfig& config)
    : uses_tls_(config.tls),
      verifies_server_(!config.insecure_skip_tls_verify),
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
      return Error{kNoToken};
    }
    if (!taken_) token_ = text;
  }
  const Result<bool> tls = RefreshTls();
  if (!tls) return tls;
  last_look_ = now;
  return *token || *tls;
}

Result<bool> Credentials::Take(const ExecCredentialPtr& credential) {
  if (credential == taken_) return false;
  const bool same_certificate =
      taken_ ? taken_->certificate == credential->certificate &&
                   taken_->key == credential->key
             : credential->certificate.empty();
  taken_ = credential;
  token_ = credential->token;
  if (!same_certificate) tls_is_stale_ = true;
  return RefreshTls();
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
  auto made = MakeTlsContext(
      {authorities_.text(), taken_ ? taken_->certificate : certificate_.text(),
       taken_ ? taken_->key : key_.text(), verifies_server_});
  if (!made) {
    if (tls_) return false;  // Still stale: tried again at the next look.
    return made.error();
  }
  tls_ = *made;
  tls_is_stale_ = false;
  return true;
}

}  // namespace k8s
