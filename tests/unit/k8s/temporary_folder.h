// A folder of a test's own, gone after it.
#ifndef TESTS_UNIT_K8S_TEMPORARY_FOLDER_H_
#define TESTS_UNIT_K8S_TEMPORARY_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace k8s {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(testing::TempDir() + "k8s_test_XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

  // As a projected volume does it: a new file takes the place of the old one.
  std::string Put(const std::string& name, const std::string& content) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file + ".new") << content;
    std::filesystem::rename(file + ".new", file);
    return file;
  }

 private:
  std::string path_;
};

}  // namespace k8s

#endif  // TESTS_UNIT_K8S_TEMPORARY_FOLDER_H_
