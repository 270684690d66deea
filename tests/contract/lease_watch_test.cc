// The watch: what it sends, in which order, and how it ends.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/contract/api.h"

namespace contract {
namespace {

using nlohmann::json;

class LeaseWatch : public ContractTest {
 protected:
  std::string Path(const std::string& query) const {
    return all() + "?watch=1&fieldSelector=metadata.name%3D" + name() + query;
  }
  static std::string Since(const json& lease) {
    return "&resourceVersion=" + std::to_string(Version(lease));
  }
  // The first `count` events, fewer if the server ends the stream before.
  std::vector<json> Events(const std::string& query, std::size_t count) {
    std::vector<json> events;
    watch_ = api().User().Watch(
        Path(query),
        [&](const json& event) {
          events.push_back(event);
          return events.size() < count;
        },
        std::chrono::seconds(30));
    return events;
  }
  const support::Answer& watch() const { return watch_; }
  json Replace(json lease, const std::string& holder) {
    lease["spec"]["holderIdentity"] = holder;
    const auto answer = api().User().Request("PUT", path(), lease);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.Json();
  }

 private:
  support::Answer watch_;
};
CONTRACT_ON_BOTH(LeaseWatch);

TEST_P(LeaseWatch, SendsEachChangeAfterTheVersionInOrder) {
  const json created = Create();
  Keep("created", created);
  const json second = Replace(created, "second");
  Replace(second, "third");
  ASSERT_TRUE(api().User().Request("DELETE", path()).ok());
  const json anew = Create();

  const auto events = Events(Since(created), 4);

  Keep("events", json(events));
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0]["type"], "MODIFIED");
  EXPECT_EQ(events[1]["type"], "MODIFIED");
  EXPECT_EQ(events[2]["type"], "DELETED");
  EXPECT_EQ(events[3]["type"], "ADDED");
  EXPECT_EQ(Version(events[3]["object"]), Version(anew));
  for (std::size_t i = 1; i < events.size(); ++i) {
    EXPECT_LT(Version(events[i - 1]["object"]), Version(events[i]["object"]));
  }
}

// Deletion has a version of its own, greater than that of the last state.
TEST_P(LeaseWatch, TheDeletedEventHasTheLastStateAtANewVersion) {
  const json created = Create();
  Keep("created", created);
  ASSERT_TRUE(api().User().Request("DELETE", path()).ok());

  const auto events = Events(Since(created), 1);

  Keep("events", json(events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_GT(Version(events[0]["object"]), Version(created));
  EXPECT_EQ(events[0]["object"]["spec"], created["spec"]);
}

TEST_P(LeaseWatch, WithoutAVersionItBeginsWithWhatIsThere) {
  const json created = Create();
  Keep("created", created);
  const auto events = Events("", 1);
  Keep("events", json(events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "ADDED");
}

TEST_P(LeaseWatch, WithoutAVersionItIsSilentWhileNothingIsThere) {
  const auto events = Events("&timeoutSeconds=1", 1);
  EXPECT_EQ(watch().status, 200);
  EXPECT_TRUE(events.empty());
}

TEST_P(LeaseWatch, SendsAChangeThatIsMadeWhileItIsOpen) {
  const json created = Create();
  std::promise<void> open;
  std::promise<json> first;
  std::thread watcher([&] {
    api().User().Watch(
        Path(Since(created)),
        [&](const json& event) {
          first.set_value(event);
          return false;
        },
        std::chrono::seconds(30), [&] { open.set_value(); });
  });
  open.get_future().wait_for(std::chrono::seconds(30));

  const json changed = Replace(created, "second");
  auto event = first.get_future();
  const bool arrived =
      event.wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  watcher.join();

  ASSERT_TRUE(arrived);
  EXPECT_EQ(event.get()["object"], changed);
}

TEST_P(LeaseWatch, FieldSelectorHidesOtherLeases) {
  const json created = Create();
  json other = NewLease();
  other["metadata"]["name"] = name() + "-other";
  ASSERT_TRUE(api().User().Request("POST", all(), other).ok());
  const json changed = Replace(created, "second");

  const auto events = Events(Since(created), 1);

  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["object"]["metadata"]["name"], name());
  EXPECT_EQ(Version(events[0]["object"]), Version(changed));
}

TEST_P(LeaseWatch, ABookmarkTellsAVersionAndNothingElse) {
  const json created = Create();
  const auto events =
      Events(Since(created) + "&allowWatchBookmarks=true&timeoutSeconds=10", 1);

  ASSERT_EQ(events.size(), 1U);
  json bookmark = events[0];
  EXPECT_GE(Version(bookmark["object"]), Version(created));
  // Others' writes move it too.
  bookmark["object"]["metadata"]["resourceVersion"] = nullptr;
  Keep("bookmark", bookmark);
  EXPECT_EQ(bookmark["type"], "BOOKMARK");
}

TEST_P(LeaseWatch, NoBookmarkComesUnlessAsked) {
  const json created = Create();
  const auto events = Events(Since(created) + "&timeoutSeconds=3", 1);
  EXPECT_TRUE(events.empty());
}

TEST_P(LeaseWatch, ATimeoutEndsTheStreamWithoutAnError) {
  const json created = Create();
  const base::Instant start = support::BootNow();
  const auto events = Events(Since(created) + "&timeoutSeconds=1", 1);
  EXPECT_EQ(watch().status, 200);
  EXPECT_EQ(watch().error, "");
  EXPECT_TRUE(events.empty());
  EXPECT_GE(support::BootNow() - start, std::chrono::milliseconds(900));
}

TEST_P(LeaseWatch, AVersionThatIsTooOldIsGone) {
  const json created = Create();
  Replace(Replace(created, "second"), "third");
  api().ForgetOldVersions();

  const auto events = Events(Since(created), 1);

  Keep("status", json(watch().status));
  Keep("events", json(events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "ERROR");
  EXPECT_EQ(events[0]["object"].value("code", 0), 410);
}

TEST_P(LeaseWatch, AVersionThatIsNoNumberIsRefused) {
  Events("&resourceVersion=abc", 1);
  Keep("watch", watch());
  EXPECT_FALSE(watch().ok());
}

}  // namespace
}  // namespace contract
