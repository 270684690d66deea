// What the real API server answered in one test, kept in recorded/<test>.json.
// Values that differ from run to run become placeholders that still show which
// of them are equal: "<uid 1>", "<version 2>". managedFields are left out: they
// say who wrote what, and nobody here reads them.
// Thread: the test's.
#ifndef TESTS_CONTRACT_RECORDING_H_
#define TESTS_CONTRACT_RECORDING_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/rest_client.h"

namespace contract {

class Recording {
 public:
  // `record`: Finish() writes the file instead of comparing with it.
  Recording(std::string name, bool record);

  void Add(const std::string& step, const support::Answer& answer);
  void Add(const std::string& step, const nlohmann::json& value);

  // Compares each step with the recording; a difference fails the test.
  void Finish();

 private:
  nlohmann::json Normal(const nlohmann::json& value);
  std::string NormalText(std::string text) const;
  const std::string& Placeholder(const std::string& kind,
                                 const std::string& value);

  const std::string path_;
  const bool record_;
  std::map<std::string, std::string> placeholders_;
  std::map<std::string, int> used_;  // By kind.
  nlohmann::json steps_ = nlohmann::json::array();
};

}  // namespace contract

#endif  // TESTS_CONTRACT_RECORDING_H_
