// Who we are to the API server and whom we trust, kept up to date with the
// files it comes from: a service-account token is replaced every hour or so.
// Reads files, makes no request. Thread: that of its Transport.
#ifndef K8S_CREDENTIALS_H_
#define K8S_CREDENTIALS_H_

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/cluster_config.h"
#include "k8s/exec_source.h"
#include "k8s/small_file.h"

namespace k8s {

// The content of one Secret.
class SecretContent {
 public:
  explicit SecretContent(Secret secret);

  // Reads the file if it is another one than last time. True if the content has
  // changed. A file that cannot be read, or is empty, leaves the last content
  // in place; it is an error only if there never was one.
  base::Result<bool> Refresh();

  const std::string& text() const { return text_; }

 private:
  const std::string file_;
  FileStamp stamp_;
  std::string text_;
};

// Why `config` can never work, whatever happens to files: what was given in
// place is not what it should be, or a key needs a passphrase. Without secrets.
std::optional<base::Error> WhyHopeless(const ClusterConfig& config);

class Credentials {
 public:
  explicit Credentials(const ClusterConfig& config);

  // Looks at the files, but no more than once a second unless `force`. True if
  // anything changed. A new certificate that does not fit its key (they are not
  // replaced at the same instant) leaves the last good pair in place.
  base::Result<bool> Refresh(base::Instant now, bool force);

  // From now on this is who we are. An error if it cannot be used.
  base::Result<bool> Take(const ExecCredentialPtr& credential);
  // What was taken last, or null.
  const ExecCredentialPtr& taken() const { return taken_; }

  // Null without TLS. Another one when a certificate, key or authority changed.
  const std::shared_ptr<SSL_CTX>& tls() const { return tls_; }
  // "" if there is none.
  const std::string& token() const { return token_; }

 private:
  base::Result<bool> RefreshTls();

  const bool uses_tls_;
  const bool verifies_server_;
  SecretContent authorities_;
  SecretContent certificate_;
  SecretContent key_;
  SecretContent token_content_;
  std::string token_;
  ExecCredentialPtr taken_;
  std::shared_ptr<SSL_CTX> tls_;
  bool tls_is_stale_ = true;
  std::optional<base::Instant> last_look_;
};

}  // namespace k8s

#endif  // K8S_CREDENTIALS_H_
