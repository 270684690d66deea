// Writes a kubeconfig with one cluster, user and context. Thread: any.
#ifndef TESTS_SUPPORT_KUBECONFIG_H_
#define TESTS_SUPPORT_KUBECONFIG_H_

#include <optional>
#include <string>

#include "tests/support/certificates.h"

namespace support {

struct KubeconfigContent {
  std::string server = {};  // "https://127.0.0.1:1234"
  std::string authority_pem = {};
  std::optional<KeyPair> certificate = {};  // Who speaks: this,
  std::string token = {};                   // or this,
  std::string token_file = {};              // or this.
  std::string name_space = "default";
};

// The file is JSON, which every reader of YAML takes, and readable by its owner
// only. Throws std::runtime_error.
void WriteKubeconfig(const std::string& path, const KubeconfigContent& content);

}  // namespace support

#endif  // TESTS_SUPPORT_KUBECONFIG_H_
