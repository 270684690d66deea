// CHECK: ends the process when something that only we can do wrong is wrong, in
// release builds too. A dead sidecar answers nothing, and no answer means "not
// leader".
#ifndef AGENT_BASE_CHECK_H_
#define AGENT_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, \
                   #condition);                                             \
      std::abort();                                                         \
    }                                                                       \
  } while (false)

#endif  // AGENT_BASE_CHECK_H_
