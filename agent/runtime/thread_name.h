// Threads show up in `ps -L` and in debuggers under the names of the design:
// election, api, watch, http, confirm.
#ifndef AGENT_RUNTIME_THREAD_NAME_H_
#define AGENT_RUNTIME_THREAD_NAME_H_

#include <pthread.h>

namespace runtime {

inline void NameThisThread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace runtime

#endif  // AGENT_RUNTIME_THREAD_NAME_H_
