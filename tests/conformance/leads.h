// Who led when, and for how long two did, or nobody: the measure that both
// sides of the comparison are put to. Pure: instants in, durations out.
// Thread: any one.
#ifndef TESTS_CONFORMANCE_LEADS_H_
#define TESTS_CONFORMANCE_LEADS_H_

#include <string>
#include <vector>

#include "agent/base/time.h"

namespace conformance {

// `who` leads in [from, until).
struct Lead {
  std::string who;
  base::Instant from;
  base::Instant until;
};

// In [from, until), the time in which two or more lead, of different names;
// and in which nobody does.
base::Duration TwoLead(const std::vector<Lead>& leads, base::Instant from,
                       base::Instant until);
base::Duration NobodyLeads(const std::vector<Lead>& leads, base::Instant from,
                           base::Instant until);

// Takes [from, until) out of the leads of `who`: it stood still, and nobody
// could ask it.
std::vector<Lead> Without(const std::vector<Lead>& leads,
                          const std::string& who, base::Instant from,
                          base::Instant until);

}  // namespace conformance

#endif  // TESTS_CONFORMANCE_LEADS_H_
