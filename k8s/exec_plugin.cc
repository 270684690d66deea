#include "k8s/exec_plugin.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "k8s/base64.h"
#include "k8s/bounded_json.h"
#include "k8s/micro_time.h"
#include "k8s/one_line.h"
#include "k8s/program_run.h"
#include "k8s/small_file.h"
#include "k8s/tls_context.h"

namespace k8s {
namespace {

using base::Error;
using base::Result;
using nlohmann::json;

constexpr std::size_t kMaxShown = 300;

std::string Name(const ExecPlugin& plugin) {
  return "the exec plugin " + OneLine(plugin.command, kMaxShown);
}

// KUBERNETES_EXEC_INFO. The authority goes as bytes, whatever it was read from.
Result<std::string> ExecInfo(const ExecPlugin& plugin) {
  json spec = {{"interactive", false}};
  if (plugin.cluster) {
    const ExecCluster& from = *plugin.cluster;
    json cluster = {{"server", from.server}};
    std::string authority = from.ca.data;
    if (!from.ca.file.empty()) {
      Result<std::string> read = ReadSmallFile(from.ca.file);
      if (!read) return read;
      authority = std::move(*read);
    }
    if (!authority.empty()) {
      cluster["certificate-authority-data"] = EncodeBase64(authority);
    }
    if (!from.tls_server_name.empty()) {
      cluster["tls-server-name"] = from.tls_server_name;
    }
    if (from.insecure_skip_tls_verify) {
      cluster["insecure-skip-tls-verify"] = true;
    }
    if (!from.proxy_url.empty()) cluster["proxy-url"] = from.proxy_url;
    if (!from.config.empty()) cluster["config"] = json::parse(from.config);
    spec["cluster"] = std::move(cluster);
  }
  const json info = {{"apiVersion", plugin.api_version},
                     {"kind", "ExecCredential"},
                     {"spec", std::move(spec)}};
  return info.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::optional<Error> WhyNotInstalled(const ExecPlugin& plugin) {
  if (FindProgram(plugin.command)) return std::nullopt;
  std::string why = Name(plugin) + " is not a program that can be run";
  if (plugin.command.find('/') == std::string::npos) why += ", nor in PATH";
  if (!plugin.install_hint.empty()) {
    why += "; " + OneLine(plugin.install_hint, kMaxShown);
  }
  return Error{why};
}

Result<std::string> RunExecPlugin(const ExecPlugin& plugin, Waiter& waiter,
                                  base::Instant deadline) {
  if (auto why = WhyNotInstalled(plugin)) return *why;
  const Result<std::string> info = ExecInfo(plugin);
  if (!info) return Error{Name(plugin) + ": " + info.error().message};
  ProgramOptions options;
  options.path = *FindProgram(plugin.command);
  options.arguments = plugin.arguments;
  options.environment = plugin.environment;
  options.environment.emplace_back("KUBERNETES_EXEC_INFO", *info);
  const Result<ProgramOutput> output = RunProgram(options, waiter, deadline);
  if (!output) return Error{Name(plugin) + ": " + output.error().message};
  if (output->exit_code == 0) return output->out;
  std::string why = Name(plugin) + " ended with ";
  why += output->signal != 0 ? "signal " + std::to_string(output->signal)
                             : "code " + std::to_string(output->exit_code);
  const std::string said = OneLine(output->err, kMaxShown);
  if (!said.empty()) why += ": " + said;
  return Error{why};
}

Result<ExecCredential> DecodeExecCredential(const std::string& text,
                                            const std::string& api_version) {
  const std::optional<json> object = ParseBoundedJson(text);
  if (!object) return Error{"what it printed is not JSON"};
  if (StringMember(*object, "kind") != "ExecCredential") {
    return Error{"what it printed is not an ExecCredential"};
  }
  const std::string version = StringMember(*object, "apiVersion");
  if (version != api_version) {
    return Error{"it printed apiVersion " + OneLine(version, kMaxShown) +
                 "; the kubeconfig says " + api_version};
  }
  const json* status = FindMember(*object, "status");
  if (status == nullptr) return Error{"it printed no status"};
  ExecCredential credential;
  credential.token = StringMember(*status, "token");
  credential.certificate = StringMember(*status, "clientCertificateData");
  credential.key = StringMember(*status, "clientKeyData");
  if (credential.certificate.empty() != credential.key.empty()) {
    return Error{"it printed a client certificate or a key, not both"};
  }
  if (credential.token.empty() && credential.certificate.empty()) {
    return Error{"it printed neither a token nor a client certificate"};
  }
  if (!IsPrintable(credential.token)) {
    return Error{"its token has a character that no token has"};
  }
  TlsMaterial material;
  material.verifies_server = false;  // Only the pair is looked at.
  material.certificate = credential.certificate;
  material.key = credential.key;
  const auto made = MakeTlsContext(material);
  if (!made) return made.error();
  const std::string expires = StringMember(*status, "expirationTimestamp");
  if (!expires.empty()) {
    credential.expires = ParseMicroTime(expires);
    if (!credential.expires) {
      return Error{"its expirationTimestamp is not a time"};
    }
  }
  return credential;
}

}  // namespace k8s
