// Tokens and certificates that are replaced while we run.
#include "k8s/credentials.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kT0{seconds(1000)};

class CredentialsTest : public testing::Test {
 protected:
  ClusterConfig WithTokenFile(const std::string& token) {
    ClusterConfig config;
    config.tls = false;
    config.token.file = folder_.Put("token", token);
    return config;
  }
  TemporaryFolder folder_;
};

TEST_F(CredentialsTest, ReadsTheTokenWithoutItsLineEnd) {
  Credentials credentials(WithTokenFile("one\n"));
  ASSERT_TRUE(credentials.Refresh(kT0, false));
  EXPECT_EQ(credentials.token(), "one");
}

TEST_F(CredentialsTest, LooksAtTheFileOnceASecond) {
  Credentials credentials(WithTokenFile("one"));
  ASSERT_TRUE(credentials.Refresh(kT0, false));
  folder_.Put("token", "two");

  EXPECT_FALSE(*credentials.Refresh(kT0 + milliseconds(999), false));
  EXPECT_EQ(credentials.token(), "one");
  EXPECT_TRUE(*credentials.Refresh(kT0 + seconds(1), false));
  EXPECT_EQ(credentials.token(), "two");
}

TEST_F(CredentialsTest, LooksAtOnceWhenForced) {
  Credentials credentials(WithTokenFile("one"));
  ASSERT_TRUE(credentials.Refresh(kT0, false));
  folder_.Put("token", "two");

  EXPECT_TRUE(*credentials.Refresh(kT0, true));
  EXPECT_EQ(credentials.token(), "two");
  EXPECT_FALSE(*credentials.Refresh(kT0, true));
}

TEST_F(CredentialsTest, KeepsTheLastTokenWhileTheFileIsGoneOrEmpty) {
  Credentials credentials(WithTokenFile("one"));
  ASSERT_TRUE(credentials.Refresh(kT0, false));
  folder_.Put("token", "");
  EXPECT_FALSE(*credentials.Refresh(kT0, true));
  std::filesystem::remove(folder_.path() + "/token");
  EXPECT_FALSE(*credentials.Refresh(kT0, true));
  EXPECT_EQ(credentials.token(), "one");
}

TEST_F(CredentialsTest, ATokenThatNeverWasIsAnError) {
  ClusterConfig config = WithTokenFile("");
  EXPECT_EQ(
      Credentials(config).Refresh(kT0, false).error().message,
      "the token cannot be read: " + folder_.path() + "/token: it is empty");
  config.token.file = "/nowhere";
  EXPECT_FALSE(Credentials(config).Refresh(kT0, false));
}

// It would end the header and begin another one.
TEST_F(CredentialsTest, RefusesATokenWithALineEndInside) {
  Credentials credentials(WithTokenFile("s3cret\r\nX-Remote-User: admin"));
  const auto refreshed = credentials.Refresh(kT0, false);
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().message.find("s3cret"), std::string::npos);
  EXPECT_EQ(credentials.token(), "");
}

// A PEM text may say of anything that it is encrypted. OpenSSL's own way is to
// ask on the terminal, and to wait for ever.
TEST_F(CredentialsTest, NeverAsksForAPassphrase) {
  constexpr char kEncrypted[] =
      "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
      "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n";
  ClusterConfig config;
  config.ca.data = kEncrypted;
  EXPECT_EQ(Credentials(config).Refresh(kT0, false).error().message,
            "the certificate authority holds no certificate in PEM form");
}

TEST_F(CredentialsTest, WhatCanNeverWorkIsHopeless) {
  EXPECT_FALSE(WhyHopeless(ClusterConfig{}));
  ClusterConfig config;
  config.token.data = "s3cret\r\n s3cret";
  EXPECT_EQ(WhyHopeless(config)->message,
            "the token has a character that no token has");
  config = {};
  config.client_certificate.data = "-----BEGIN CERTIFICATE-----";
  config.client_key.data = "-----BEGIN PRIVATE KEY-----";
  EXPECT_EQ(WhyHopeless(config)->message,
            "the client certificate is not a certificate in PEM form");
  config.client_certificate = {};
  config.client_key = {};
  config.client_key.file =
      folder_.Put("key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n");
  config.client_certificate.file = "/nowhere";
  EXPECT_EQ(WhyHopeless(config)->message,
            config.client_key.file +
                ": the client key is encrypted, which is not supported; store "
                "it without a passphrase");
}

// The kubelet may be late, and a rotation half done.
TEST_F(CredentialsTest, AFileThatMayStillComeIsNotHopeless) {
  ClusterConfig config;
  config.token.file = "/nowhere";
  config.ca.file = folder_.Put("ca.crt", "");
  config.client_certificate.file = folder_.Put("tls.crt", "half");
  config.client_key.file = "/nowhere";
  EXPECT_FALSE(WhyHopeless(config));
}

TEST_F(CredentialsTest, ACertificateThatIsNoneIsAnError) {
  ClusterConfig config;
  config.ca.data = "-----BEGIN CERTIFICATE-----\nAA==\n";
  EXPECT_EQ(Credentials(config).Refresh(kT0, false).error().message,
            "the certificate authority holds no certificate in PEM form");
}

}  // namespace
}  // namespace k8s
