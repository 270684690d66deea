#include "tests/conformance/comparison.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <iostream>
#include <utility>

namespace conformance {
namespace {

std::vector<Row>& TheRows() {
  static std::vector<Row> rows;
  return rows;
}

class TableAtTheEnd : public testing::Environment {
 public:
  void TearDown() override {
    if (!TheRows().empty()) std::cout << Table(TheRows()) << std::flush;
  }
};
[[maybe_unused]] testing::Environment* const kTableAtTheEnd =
    testing::AddGlobalTestEnvironment(new TableAtTheEnd);

// "0" for nothing at all, never for a little.
std::string Seconds(base::Duration d) {
  if (d == base::Duration(0)) return "0";
  char text[32];
  std::snprintf(text, sizeof text,
                d < std::chrono::seconds(1) ? "%.3f" : "%.1f",
                std::chrono::duration<double>(d).count());
  return text;
}

}  // namespace

std::string Table(const std::vector<Row>& rows) {
  std::string text =
      "| What happened | client-go: two lead, s | nobody, s "
      "| ours: two lead, s | nobody, s | |\n|---|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    text += "| " + row.weakness + " | " + Seconds(row.client_go.two_lead) +
            " | " + Seconds(row.client_go.nobody_leads) + " | " +
            Seconds(row.ours.two_lead) + " | " +
            Seconds(row.ours.nobody_leads) + " | " + row.note + " |\n";
  }
  return text;
}

void AddRow(Row row) { TheRows().push_back(std::move(row)); }

}  // namespace conformance
