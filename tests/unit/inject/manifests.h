// What the tests of inject share: small manifests, and the two calls.
#ifndef TESTS_UNIT_INJECT_MANIFESTS_H_
#define TESTS_UNIT_INJECT_MANIFESTS_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "agent/inject/inject.h"

namespace inject {

// A Pod whose spec is `spec`, each line indented by two.
inline std::string PodWith(std::string_view spec) {
  return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n" +
         std::string(spec);
}

inline Options NoRbac() {
  Options options;
  options.rbac = Rbac::kNone;
  return options;
}

// The error's words, or "none".
inline std::string ErrorOf(const base::Result<std::string>& result) {
  return result ? "none" : result.error().message;
}

inline std::string Added(std::string_view text,
                         const Options& options = NoRbac()) {
  const base::Result<std::string> result = Add(text, options);
  EXPECT_TRUE(result) << ErrorOf(result) << "\n" << text;
  return result ? *result : "";
}

inline std::string Removed(std::string_view text) {
  const base::Result<std::string> result = Remove(text, "manifest");
  EXPECT_TRUE(result) << ErrorOf(result) << "\n" << text;
  return result ? *result : "";
}

inline void Replace(std::string& text, std::string_view what,
                    std::string_view with) {
  const std::size_t at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), with);
}

// What stands before and behind `text` in `whole`.
inline bool Contains(std::string_view whole, std::string_view text) {
  return whole.find(text) != std::string_view::npos;
}

}  // namespace inject

#endif  // TESTS_UNIT_INJECT_MANIFESTS_H_
