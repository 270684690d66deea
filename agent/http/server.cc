#include "agent/http/server.h"

#include <pthread.h>
#include <signal.h>

namespace http {

base::Result<std::unique_ptr<Server>> Server::Start(
    std::vector<Endpoint> endpoints, const Limits& limits, Clock clock) {
  auto loop = Loop::Create(std::move(endpoints), limits, std::move(clock));
  if (!loop) return loop.error();
  return std::unique_ptr<Server>(new Server(*std::move(loop)));
}

Server::Server(std::unique_ptr<Loop> loop)
    : loop_(std::move(loop)), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "http");
}

void Server::Run() {
  // Signals are for `main`.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (!stopping_) loop_->Turn(std::chrono::minutes(1));
}

void Server::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  loop_->mailbox()->Close();
  loop_->mailbox()->Wake();
  thread_.join();
  // The sockets close here; bound() goes on to answer.
  loop_->CloseAll();
}

}  // namespace http
