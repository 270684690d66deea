// One kubeconfig: what is taken from it, and how each mistake is told.
#include <gtest/gtest.h>

#include <string>

#include "k8s/cluster_config.h"

namespace k8s {
namespace {

// PEM in base64: "-----BEGIN CERTIFICATE-----\nAA==\n".
constexpr char kPem[] = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBPT0K";
constexpr char kPemText[] = "-----BEGIN CERTIFICATE-----\nAA==\n";

// A kubeconfig with this under `cluster:` and `user:`, one key a line. Their
// first lines are 4 and 7.
std::string Kubeconfig(const std::string& cluster, const std::string& user) {
  return "clusters:\n- name: c\n  cluster:\n    " + cluster +
         "\nusers:\n- name: u\n  user: " + user +
         "\ncontexts:\n"
         "- {name: x, context: {cluster: c, user: u, namespace: shop}}\n"
         "- {name: y, context: {cluster: c}}\n"
         "current-context: x\n";
}

constexpr char kServer[] = "server: https://10.0.0.1:6443";

base::Result<ClusterConfig> Parse(const std::string& yaml,
                                  const std::string& context = "") {
  return ParseKubeconfig(yaml, "/etc/kube/config", context);
}

std::string ErrorOf(const std::string& yaml) {
  const auto config = Parse(yaml);
  return config ? "no error" : config.error().message;
}

TEST(KubeconfigTest, TakesTheCurrentContext) {
  const auto config = Parse(Kubeconfig(kServer, "{token: abc}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "10.0.0.1");
  EXPECT_EQ(config->port, 6443);
  EXPECT_TRUE(config->tls);
  EXPECT_EQ(config->default_namespace, "shop");
  EXPECT_EQ(config->token.data, "abc");
  EXPECT_EQ(config->origin, "kubeconfig /etc/kube/config, context x");
}

TEST(KubeconfigTest, TakesTheContextThatIsAskedFor) {
  const auto config = Parse(Kubeconfig(kServer, "{token: abc}"), "y");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->default_namespace, "default");
  EXPECT_TRUE(config->token.empty());
}

TEST(KubeconfigTest, TakesDataRatherThanFiles) {
  const std::string pem = kPem;
  const auto config = Parse(
      Kubeconfig("{server: https://h, certificate-authority: ca.crt, "
                 "certificate-authority-data: " +
                     pem + "}",
                 "{client-certificate: a, client-certificate-data: " + pem +
                     ", client-key-data: " + pem + "}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ca.file, "");
  EXPECT_EQ(config->ca.data, kPemText);
  EXPECT_EQ(config->client_certificate.data, kPemText);
  EXPECT_EQ(config->client_key.data, kPemText);
}

TEST(KubeconfigTest, RelativeFilesStartAtItsFolder) {
  const auto config =
      Parse(Kubeconfig("{server: https://h, certificate-authority: ca.crt}",
                       "{client-certificate: pki/a.crt, client-key: /k/a.key, "
                       "tokenFile: token}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ca.file, "/etc/kube/ca.crt");
  EXPECT_EQ(config->client_certificate.file, "/etc/kube/pki/a.crt");
  EXPECT_EQ(config->client_key.file, "/k/a.key");
  EXPECT_EQ(config->token.file, "/etc/kube/token");
}

TEST(KubeconfigTest, ATokenFileWinsOverAToken) {
  const auto config = Parse(Kubeconfig(kServer, "{tokenFile: /t, token: abc}"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->token.file, "/t");
  EXPECT_EQ(config->token.data, "");
}

TEST(KubeconfigTest, FalseAndEmptyAreNotUsed) {
  EXPECT_TRUE(Parse(Kubeconfig(
      "{server: https://h, insecure-skip-tls-verify: false, proxy-url: ''}",
      "{token: abc, username: ''}")));
}

TEST(KubeconfigTest, AServerOverHttpHasNoTls) {
  const auto config = Parse(Kubeconfig("server: http://[::1]:8080", "{}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->tls);
  EXPECT_EQ(config->host, "::1");
}

TEST(KubeconfigTest, TakesTheNameThatTheServersCertificateHas) {
  const auto config = Parse(Kubeconfig(
      "{server: https://h, tls-server-name: api.example}", "{token: abc}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "h");
  EXPECT_EQ(config->tls_server_name, "api.example");
}

TEST(KubeconfigTest, TakesAServerThatIsNotToBeVerified) {
  const auto config = Parse(Kubeconfig(
      "{server: https://h, insecure-skip-tls-verify: true}", "{token: abc}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->insecure_skip_tls_verify);
}

TEST(KubeconfigTest, TakesAProxy) {
  const auto config = Parse(Kubeconfig(
      "{server: https://h, proxy-url: 'http://proxy:3128'}", "{token: abc}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "h");
  ASSERT_TRUE(config->proxy);
  EXPECT_EQ(config->proxy->host, "proxy");
  EXPECT_EQ(config->proxy->port, 3128);
}

// An exec with these keys beside command and apiVersion v1.
std::string Exec(const std::string& more) {
  return "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws" +
         more + "}}";
}
constexpr char kNever[] = ", interactiveMode: Never";

TEST(KubeconfigTest, TakesAPlugin) {
  const auto config = Parse(Kubeconfig(
      kServer, Exec(", interactiveMode: IfAvailable, args: [eks, 5], "
                    "env: [{name: A, value: b}], installHint: get it")));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exec);
  EXPECT_EQ(config->exec->command, "aws");
  EXPECT_EQ(config->exec->api_version, "client.authentication.k8s.io/v1");
  EXPECT_EQ(config->exec->arguments, (std::vector<std::string>{"eks", "5"}));
  ASSERT_EQ(config->exec->environment.size(), 1U);
  EXPECT_EQ(config->exec->environment[0].first, "A");
  EXPECT_EQ(config->exec->environment[0].second, "b");
  EXPECT_EQ(config->exec->install_hint, "get it");
  EXPECT_FALSE(config->exec->cluster);
}

TEST(KubeconfigTest, APluginWithASlashIsRelativeToTheFile) {
  const std::string name = "client.authentication.k8s.io/v1beta1";
  const auto command = [&](const std::string& text) {
    const auto config = Parse(Kubeconfig(
        kServer, "{exec: {apiVersion: " + name + ", command: " + text + "}}"));
    return config ? config->exec->command : config.error().message;
  };
  EXPECT_EQ(command("bin/plugin"), "/etc/kube/bin/plugin");
  EXPECT_EQ(command("./plugin"), "/etc/kube/./plugin");
  EXPECT_EQ(command("/bin/plugin"), "/bin/plugin");
  EXPECT_EQ(command("plugin"), "plugin");
}

TEST(KubeconfigTest, TellsAPluginOfTheClusterIfItWantsTo) {
  const auto config = Parse(Kubeconfig(
      "{server: https://h, tls-server-name: n, certificate-authority: ca.crt, "
      "proxy-url: 'http://p', extensions: [{name: other, extension: 1}, {name: "
      "client.authentication.k8s.io/exec, extension: {a: [1, 1.5, true, 'true',"
      " x, null]}}]}",
      Exec(std::string(kNever) + ", provideClusterInfo: true")));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exec->cluster);
  const ExecCluster& told = *config->exec->cluster;
  EXPECT_EQ(told.server, "https://h");
  EXPECT_EQ(told.tls_server_name, "n");
  EXPECT_EQ(told.ca.file, "/etc/kube/ca.crt");
  EXPECT_EQ(told.proxy_url, "http://p");
  EXPECT_EQ(told.config, R"({"a":[1,1.5,true,"true","x",null]})");
}

TEST(KubeconfigErrorTest, TellsWhatIsWrongWithAPlugin) {
  const auto error = [](const std::string& exec) {
    return ErrorOf(Kubeconfig(kServer, exec)).substr(20);
  };
  EXPECT_EQ(error(Exec(", interactiveMode: Always")),
            "interactiveMode is Always: the plugin wants to ask somebody at a "
            "terminal, and there is none");
  EXPECT_EQ(error(Exec("")), "interactiveMode must be Never or IfAvailable");
  EXPECT_EQ(error("{exec: {command: x}}"),
            "exec: apiVersion must be client.authentication.k8s.io/v1 or "
            "v1beta1");
  EXPECT_EQ(error("{exec: {apiVersion: client.authentication.k8s.io/v1}}"),
            "exec has no command");
  EXPECT_EQ(error("{exec: x}"), "exec must be a map");
  EXPECT_EQ(error(Exec(std::string(kNever) + ", env: [{value: secret}]")),
            "env must hold maps of name and value");
  EXPECT_EQ(error("{token: secret, exec: {command: x}}"),
            "exec cannot be set beside a client certificate or a token; drop "
            "what is not wanted");
}

// Ten levels of ten aliases each would be ten thousand million texts.
TEST(KubeconfigErrorTest, AnExtensionThatGrowsWithoutEndIsRefused) {
  std::string bomb = "&a0 [x]";
  for (int i = 1; i <= 10; ++i) {
    std::string level = "&a" + std::to_string(i) + " [" + bomb;
    for (int j = 0; j < 9; ++j) level += ", *a" + std::to_string(i - 1);
    bomb = level + "]";
  }
  EXPECT_EQ(ErrorOf(Kubeconfig(
                "{server: https://h, extensions: [{name: "
                "client.authentication.k8s.io/exec, extension: " +
                    bomb + "}]}",
                Exec(std::string(kNever) + ", provideClusterInfo: true"))),
            "/etc/kube/config:4: the extension is too deep or too large");
}

// What changes whom we speak to, or as, must not be ignored.
struct Refused {
  const char* cluster;
  const char* user;
  const char* line;
  const char* key;
};

class RefusedKeyTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedKeyTest, NamesLineAndKey) {
  const std::string error =
      ErrorOf(Kubeconfig(GetParam().cluster, GetParam().user));
  EXPECT_EQ(error.find(std::string("/etc/kube/config:") + GetParam().line +
                       ": " + GetParam().key + " is not supported"),
            0U)
      << error;
  EXPECT_EQ(error.find("secret"), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(
    Keys, RefusedKeyTest,
    testing::Values(Refused{kServer, "{auth-provider: {name: gcp}}", "7",
                            "auth-provider"},
                    Refused{kServer, "{username: secret}", "7", "username"},
                    Refused{kServer, "{password: secret}", "7", "password"},
                    Refused{kServer, "{token: x, as: secret}", "7", "as"}));

TEST(KubeconfigErrorTest, TellsWhereAndWhat) {
  EXPECT_EQ(ErrorOf("[]"),
            "/etc/kube/config:1: it is not a kubeconfig (a YAML map)");
  EXPECT_EQ(ErrorOf(""),
            "/etc/kube/config:1: it is not a kubeconfig (a YAML map)");
  EXPECT_EQ(ErrorOf("a: b\n"),
            "/etc/kube/config:1: current-context is not set; set it or name a "
            "context");
  EXPECT_EQ(
      ErrorOf("current-context: x\ncontexts: 5\n"),
      "/etc/kube/config:1: contexts must be a list, as kubectl writes it");
  EXPECT_EQ(Parse(Kubeconfig(kServer, "{}"), "z").error().message,
            "/etc/kube/config:9: context \"z\" is not in the list; it has: x, "
            "y");
  EXPECT_EQ(ErrorOf(Kubeconfig("name: h", "{}")),
            "/etc/kube/config:4: the cluster has no server");
  EXPECT_EQ(ErrorOf(Kubeconfig("server: h", "{}")),
            "/etc/kube/config:4: server: it must begin with https:// (or "
            "http://)");
  EXPECT_EQ(ErrorOf(Kubeconfig("server: [h]", "{}")),
            "/etc/kube/config:4: server must be text");
  EXPECT_EQ(ErrorOf(Kubeconfig(kServer, "{client-key: a.key}")),
            "/etc/kube/config:7: client-certificate and client-key must both "
            "be set");
  EXPECT_EQ(ErrorOf(Kubeconfig(kServer, "")),
            "/etc/kube/config:6: user \"u\" is empty");
}

TEST(KubeconfigErrorTest, SkippingTheCheckBesideAnAuthorityIsRefused) {
  EXPECT_EQ(ErrorOf(Kubeconfig("certificate-authority: ca.crt\n"
                               "    insecure-skip-tls-verify: true\n"
                               "    server: https://h",
                               "{}")),
            "/etc/kube/config:5: insecure-skip-tls-verify cannot be set beside "
            "a certificate-authority; drop one of them");
  EXPECT_EQ(ErrorOf(Kubeconfig(
                "{server: https://h, insecure-skip-tls-verify: yes}", "{}")),
            "/etc/kube/config:4: insecure-skip-tls-verify must be true or "
            "false");
}

TEST(KubeconfigErrorTest, TellsWhatIsWrongWithAProxy) {
  EXPECT_EQ(
      ErrorOf(Kubeconfig(
          "{server: https://h, proxy-url: 'socks5://me:secret@proxy'}", "{}")),
      "/etc/kube/config:4: proxy-url: it must begin with http://; proxies that "
      "are spoken to with TLS or SOCKS are not supported");
  EXPECT_EQ(ErrorOf(Kubeconfig("{server: http://h, proxy-url: 'http://proxy'}",
                               "{}")),
            "/etc/kube/config:4: proxy-url is not supported for a server over "
            "plain http");
}

TEST(KubeconfigErrorTest, ATlsServerNameIsAName) {
  EXPECT_EQ(
      ErrorOf(Kubeconfig("{server: https://h, tls-server-name: 'a b'}", "{}")),
      "/etc/kube/config:4: tls-server-name must be a host name or an address");
}

TEST(KubeconfigErrorTest, TellsTheLineOfWhatIsNotYaml) {
  const std::string error = ErrorOf("a: b\nc: [\n");
  EXPECT_EQ(error.find("/etc/kube/config:3: it is not YAML: "), 0U) << error;
}

TEST(KubeconfigErrorTest, NeverShowsASecret) {
  EXPECT_EQ(ErrorOf(Kubeconfig(kServer, "{client-certificate-data: s*cret}")),
            "/etc/kube/config:7: client-certificate-data is not base64");
  EXPECT_EQ(ErrorOf(Kubeconfig(kServer, "{client-key-data: c2VjcmV0}")),
            "/etc/kube/config:7: client-key-data is base64, but not of a PEM "
            "text");
  // "-----BEGIN ENCRYPTED PRIVATE KEY-----".
  EXPECT_EQ(ErrorOf(Kubeconfig(
                kServer,
                "{client-key-data: LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV"
                "ktLS0tLQ==}")),
            "/etc/kube/config:7: client-key-data is an encrypted key, which is "
            "not supported; store it without a passphrase");
}

}  // namespace
}  // namespace k8s
