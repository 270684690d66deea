#include "tests/contract/recording.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/support/file_port_wait.h"

namespace contract {
namespace {

using nlohmann::json;

// "too old resource version: 1 (203)": the numbers belong to the run.
std::string WithoutNumbers(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) result += c;
    if (digit && (result.empty() || result.back() != '#')) result += '#';
  }
  return result;
}

}  // namespace

Recording::Recording(std::string name, bool record)
    : path_(std::string(CONTRACT_RECORDED) + "/" + name + ".json"),
      record_(record) {}

void Recording::Add(const std::string& step, const support::Answer& answer) {
  EXPECT_NE(answer.status, 0) << step << ": " << answer.error;
  json body = answer.Json();
  if (body.is_null() && !answer.body.empty()) body = answer.body;
  steps_.push_back(
      {{"step", step}, {"status", answer.status}, {"body", Normal(body)}});
}

void Recording::Add(const std::string& step, const json& value) {
  steps_.push_back({{"step", step}, {"value", Normal(value)}});
}

const std::string& Recording::Placeholder(const std::string& kind,
                                          const std::string& value) {
  const auto [place, is_new] = placeholders_.try_emplace(value);
  if (is_new) {
    place->second = "<" + kind + " " + std::to_string(++used_[kind]) + ">";
  }
  return place->second;
}

json Recording::Normal(const json& value) {
  if (value.is_string()) return NormalText(value.get<std::string>());
  if (value.is_array()) {
    json result = json::array();
    for (const json& item : value) result.push_back(Normal(item));
    return result;
  }
  if (!value.is_object()) return value;
  json result = json::object();
  for (const auto& [key, item] : value.items()) {
    if (key == "managedFields") continue;
    const bool text = item.is_string() && item != "";
    if (key == "uid" && text) {
      result[key] = Placeholder("uid", item);
    } else if (key == "resourceVersion" && text) {
      result[key] = Placeholder("version", item);
    } else if (key == "creationTimestamp" && text) {
      result[key] = "<time>";
    } else {
      result[key] = Normal(item);
    }
  }
  return result;
}

std::string Recording::NormalText(std::string text) const {
  for (const auto& [value, placeholder] : placeholders_) {
    if (placeholder.starts_with("<uid")) {
      if (const auto at = text.find(value); at != std::string::npos) {
        text.replace(at, value.size(), placeholder);
      }
    }
  }
  return text.starts_with("too old resource version") ||
                 text.starts_with("Too large resource version")
             ? WithoutNumbers(text)
             : text;
}

void Recording::Finish() {
  if (record_) {
    support::WriteFile(path_, steps_.dump(2) + "\n");
    return;
  }
  const json recorded = json::parse(support::ReadFile(path_));
  EXPECT_EQ(steps_.size(), recorded.size()) << path_;
  for (std::size_t i = 0; i < std::min(steps_.size(), recorded.size()); ++i) {
    EXPECT_EQ(steps_[i], recorded[i])
        << path_ << " step " << i << "\nfound  " << steps_[i].dump(1)
        << "\nwanted " << recorded[i].dump(1) << "\ndifference "
        << json::diff(recorded[i], steps_[i]).dump(1);
  }
}

}  // namespace contract
