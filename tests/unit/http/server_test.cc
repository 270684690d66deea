// The thread around the loop. Real time passes here, but nothing is measured.
#include "agent/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

base::Instant SteadyNow() {
  return {std::chrono::steady_clock::now().time_since_epoch()};
}

std::unique_ptr<Server> StartServer(Handler handler) {
  auto server = Server::Start(
      {{{Loopback()}, HostRule::kAny, std::move(handler)}}, {}, SteadyNow);
  CHECK(server);
  return *std::move(server);
}

std::string Await(Client& client) {
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  std::string answer;
  while (answer.empty() && std::chrono::steady_clock::now() < give_up) {
    client.Receive();
    answer = client.Take();
    std::this_thread::yield();
  }
  return answer;
}

TEST(ServerTest, ServesOnItsOwnThread) {
  std::atomic<bool> same_thread = true;
  const auto here = std::this_thread::get_id();
  const auto server =
      StartServer([&](const Request& request, Exchange& exchange) {
        same_thread = std::this_thread::get_id() == here;
        return Echo(request, exchange);
      });
  Client client(server->bound(0)[0]);
  client.Send(kGet);

  EXPECT_TRUE(HasStatus(Await(client), 200));
  EXPECT_FALSE(same_thread);
}

TEST(ServerTest, AnswersCompletedOnOtherThreadsArrive) {
  std::vector<std::thread> threads;
  const auto server = StartServer([&](const Request&, Exchange& exchange) {
    threads.emplace_back([later = exchange.Defer()] {
      later.Complete([] { return Response{200, kText, "late"}; });
    });
    return std::nullopt;
  });
  std::deque<Client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back(server->bound(0)[0]);
    clients.back().Send(kGet);
  }

  for (Client& client : clients) {
    EXPECT_THAT(Await(client), testing::EndsWith("late"));
  }
  server->Stop();
  for (std::thread& thread : threads) thread.join();
}

TEST(ServerTest, StopEndsWhileClientsAskAndAnswersAreDue) {
  std::atomic<int> deferred = 0;
  std::vector<Later> laters;
  auto server = StartServer([&](const Request&, Exchange& exchange) {
    laters.push_back(exchange.Defer());
    ++deferred;
    return std::nullopt;
  });
  Client waiting(server->bound(0)[0]);
  waiting.Send(kGet);
  while (deferred == 0) std::this_thread::yield();
  Client idle(server->bound(0)[0]);

  std::atomic<bool> done = false;
  std::thread completes([&] {
    while (!done) laters[0].Complete([] { return Response{}; });
  });
  server->Stop();
  done = true;
  completes.join();

  // Refused, because nobody listens any more.
  const Address to = server->bound(0)[0];
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_NE(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.storage),
                    to.size),
            0);
}

TEST(ServerTest, AnAddressInUseIsAnErrorAtStart) {
  const auto first = StartServer(Echo);

  const auto second = Server::Start(
      {{{first->bound(0)[0]}, HostRule::kAny, Echo}}, {}, SteadyNow);

  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("is in use"));
}

}  // namespace
}  // namespace http
