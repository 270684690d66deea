// One row of the comparison with client-go, and the table of all of them, which
// is printed when the program ends. Thread: the test's.
#ifndef TESTS_CONFORMANCE_COMPARISON_H_
#define TESTS_CONFORMANCE_COMPARISON_H_

#include <string>
#include <vector>

#include "agent/base/time.h"

namespace conformance {

struct Measured {
  base::Duration two_lead{0};
  base::Duration nobody_leads{0};
};

struct Row {
  std::string weakness;
  Measured client_go;
  Measured ours;
  std::string note;
};

// As Markdown, in seconds.
std::string Table(const std::vector<Row>& rows);

// To the table of this program.
void AddRow(Row row);

}  // namespace conformance

#endif  // TESTS_CONFORMANCE_COMPARISON_H_
