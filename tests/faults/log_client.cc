// What a main container does: asks its agent whether it leads, works for a
// moment, and writes to two shared logs. It trusts an answer only as long as it
// promised to be valid, looks at the clock once more before it writes, and is
// wrong all the same when it is stopped between that look and the write: the
// fenced log refuses, the other one does not. Never released.
//
//   log_client PORT FENCED_LOG UNFENCED_LOG NAME
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include "tests/faults/shared_log.h"
#include "tests/fleet/local_client.h"
#include "tests/support/file_port_wait.h"

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetween{20};
// Makes ready what it writes; most of its time, so that is where it is stopped.
constexpr milliseconds kWork{60};

void Run(int port, faults::SharedLog& fenced, faults::SharedLog& unfenced,
         const std::string& name) {
  fleet::LocalClient agent(port);
  while (true) {
    std::this_thread::sleep_for(kBetween);
    const auto reply = agent.Get("/leader", std::chrono::seconds(1));
    if (!reply || reply->status != 200) continue;
    const fleet::Told told = fleet::ParseLeader(*reply).told;
    if (support::BootNow() >= told.sent + told.valid_for - kWork) continue;
    std::this_thread::sleep_for(kWork);
    unfenced.Append(told.token, name);
    fenced.Append(told.token, name);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("log_client PORT FENCED_LOG UNFENCED_LOG NAME\n", stderr);
    return 2;
  }
  try {
    faults::SharedLog fenced(argv[2], faults::Fence::kToken);
    faults::SharedLog unfenced(argv[3], faults::Fence::kNone);
    Run(std::atoi(argv[1]), fenced, unfenced, argv[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "log_client: %s\n", error.what());
  }
  return 1;
}
