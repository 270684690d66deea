// Decoding of the *-data fields of a kubeconfig.
#include "k8s/base64.h"

#include <gtest/gtest.h>

namespace k8s {
namespace {

TEST(Base64Test, DecodesEveryLengthOfTheLastGroup) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(DecodeBase64("Zm9vYg=="), "foob");
}

TEST(Base64Test, EncodesEveryLengthOfTheLastGroup) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("\xfb\xff\xbf"), "+/+/");
}

TEST(Base64Test, SkipsLineEnds) {
  EXPECT_EQ(DecodeBase64("Zm9v\n Yg==\r\n"), "foob");
}

TEST(Base64Test, DecodesTheWholeAlphabet) {
  EXPECT_EQ(DecodeBase64("+/+/"), "\xfb\xff\xbf");
}

TEST(Base64Test, RefusesWhatIsNotBase64) {
  EXPECT_FALSE(DecodeBase64("Zm9"));       // Cut off.
  EXPECT_FALSE(DecodeBase64("Zm9v*"));     // Another character.
  EXPECT_FALSE(DecodeBase64("Zg==Zg=="));  // Goes on after its end.
  EXPECT_FALSE(DecodeBase64("Z==="));
  EXPECT_FALSE(DecodeBase64("Zm-_"));  // The other alphabet.
}

}  // namespace
}  // namespace k8s
