// How the configuration tests load and refuse. Not a test.
#ifndef TESTS_UNIT_RUNTIME_CONFIG_LOADING_H_
#define TESTS_UNIT_RUNTIME_CONFIG_LOADING_H_

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "agent/runtime/config.h"

namespace runtime {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

inline constexpr char kLastLine[] =
    "leader-elector --help lists all settings\n";

inline base::Result<Config, Exit> Load(const Arguments& arguments,
                                       Environment environment = {}) {
  return LoadConfig(arguments, {std::move(environment), "node-1"});
}

// With --lease-name=web before `arguments`.
inline base::Result<Config, Exit> LoadWeb(Arguments arguments,
                                          Environment environment = {}) {
  arguments.insert(arguments.begin(), "--lease-name=web");
  return Load(arguments, std::move(environment));
}

// The errors alone: each line without "leader-elector: ", without the last
// line.
inline std::string Errors(const base::Result<Config, Exit>& loaded) {
  if (loaded) return "(none)";
  EXPECT_EQ(loaded.error().code, kExitUsage);
  EXPECT_EQ(loaded.error().out, "");
  std::string errors = loaded.error().err;
  const std::string last = kLastLine;
  EXPECT_TRUE(errors.ends_with(last)) << errors;
  errors.resize(errors.size() - last.size());
  const std::string prefix = "leader-elector: ";
  for (std::size_t at = errors.find(prefix); at != std::string::npos;
       at = errors.find("\n" + prefix, at)) {
    errors.erase(at == 0 ? 0 : at + 1, prefix.size());
    if (at == 0) at = 1;
  }
  return errors;
}

// A YAML file for one test.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& yaml)
      : path_(testing::TempDir() + "leader-elector-" +
              testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".yaml") {
    std::ofstream(path_) << yaml;
  }
  ~ConfigFile() { std::remove(path_.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  const std::string& path() const { return path_; }
  std::string flag() const { return "--config=" + path_; }

 private:
  const std::string path_;
};

inline std::string OriginOf(const Config& config, const std::string& name) {
  for (const DescribedValue& value : config.values) {
    if (value.name == name) return value.origin;
  }
  return "(no such value)";
}

}  // namespace runtime

#endif  // TESTS_UNIT_RUNTIME_CONFIG_LOADING_H_
