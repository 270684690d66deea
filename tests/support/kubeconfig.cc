#include "tests/support/kubeconfig.h"

#include <nlohmann/json.hpp>

#include "tests/support/file_port_wait.h"

namespace support {

using nlohmann::json;

void WriteKubeconfig(const std::string& path,
                     const KubeconfigContent& content) {
  json user = json::object();
  if (content.certificate) {
    user["client-certificate-data"] =
        Base64(content.certificate->certificate_pem);
    user["client-key-data"] = Base64(content.certificate->key_pem);
  }
  if (!content.token.empty()) user["token"] = content.token;
  if (!content.token_file.empty()) user["tokenFile"] = content.token_file;
  const json cluster = {
      {"server", content.server},
      {"certificate-authority-data", Base64(content.authority_pem)}};
  const json context = {
      {"cluster", "test"}, {"user", "test"}, {"namespace", content.name_space}};
  const auto named = [](const char* kind, const json& value) {
    return json::array({json{{"name", "test"}, {kind, value}}});
  };
  const json config = {
      {"apiVersion", "v1"},           {"kind", "Config"},
      {"current-context", "test"},    {"clusters", named("cluster", cluster)},
      {"users", named("user", user)}, {"contexts", named("context", context)}};
  WriteFile(path, config.dump(2) + "\n");
}

}  // namespace support
