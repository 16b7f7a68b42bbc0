// The live changes: which topics are told, to whom, and when a stream ends.
#include <gmock/gmock.h>

#include "admin/api/all_routes.hpp"
#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

/// Takes what is sent; the client goes away after so many waits.
class Listener : public web::EventSink {
  public:
    awaitable<bool> send(std::string_view event, std::string_view data,
                         std::string_view id) override {
        heard.emplace_back(std::string(event) + " " + std::string(data));
        last_id = id;
        co_return true;
    }
    awaitable<bool> wait(std::chrono::milliseconds) override {
        if (on_wait) on_wait();
        co_return ++waits < stay;
    }

    std::vector<std::string> heard;
    std::string last_id;
    std::function<void()> on_wait;
    int waits = 0;
    int stay = 1;
};

class Events : public support::ApiFixture {
  protected:
    Events() : parts{.gatekeeper = door, .changes = changes, .version = "1"} {
        add_events(routes, parts);
    }

    std::vector<std::string> listen(Listener& listener, support::Headers headers = {}) {
        web::Request request;
        request.head.headers = std::move(headers);
        auto match = routes.match("GET", "/events");
        const access::Principal who = door.principal;
        api::Call call(request, *match.route, who, pool, key);
        const auto follow = [&]() -> awaitable<void> {
            auto response = co_await match.route->handler(call);
            co_await response.stream(listener);
        };
        run(follow());
        return listener.heard;
    }

    pg::Pool pool{io, blocking, database.options(), 2, {}};
    api::Changes changes{pool};
    api::CursorKey key{"k"};
    api::ApiParts parts;
};

TEST_F(Events, TellWhatChangedSinceTheLastEventThatWasHeard) {
    Listener first;
    listen(first);
    ASSERT_EQ(first.heard.size(), 1U);
    database.sql(
        "INSERT INTO barid.queue (name) VALUES ('gifts'); "
        "SELECT pg_stat_force_next_flush()");
    api::Changes fresh(pool);
    const auto now = run(fresh.now());
    EXPECT_EQ(api::changed_topics(api::parse_fingerprints(first.last_id), now),
              std::vector<std::string>{"queues"});
}

TEST_F(Events, AreOnlyOfWhatTheListenerMaySee) {
    as(support::grants({"audit.view"}));
    Listener listener;
    const auto heard = listen(listener, {{"Last-Event-ID", "jobs:0,audit:ffff"}});
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[1], R"(changed {"topics":["audit"]})");
}

TEST_F(Events, TellNobodyHowOftenOtherThingsChange) {
    as(support::grants({"audit.view", "media.view"}));
    Listener listener;
    listener.stay = 2;
    listen(listener, {{"Last-Event-ID", "jobs:0,audit:ffff"}});
    EXPECT_EQ(listener.heard.size(), 2U);
    const auto told = api::parse_fingerprints(listener.last_id);
    EXPECT_TRUE(told.contains("audit"));
    for (const auto& [topic, mark] : told)
        EXPECT_TRUE(topic == "audit" || topic == "media") << topic;
    as(support::grants({}));
    Listener stranger;
    listen(stranger);
    EXPECT_EQ(stranger.last_id, "");
}

TEST_F(Events, TellOfTheShopToThoseWhoMaySeeIt) {
    const auto before = run(changes.now());
    database.sql(
        "INSERT INTO barid.outbox_decision (stream, event_id, decision, actor, reason) "
        "VALUES ('shop', '7', 'skip', 'account:1', 'entered by hand'); "
        "INSERT INTO barid.projection (name) VALUES ('wishlist'); "
        "INSERT INTO barid.payment_gateway (name) VALUES ('myfatoorah'); "
        "SELECT pg_stat_force_next_flush()");
    const std::vector<std::string> shop = {"outbox", "payments", "projections"};
    api::Changes fresh(pool);
    EXPECT_EQ(api::changed_topics(before, run(fresh.now())), shop);

    // Whatever it heard of last is another one now.
    as(support::grants({"commerce.view"}));
    Listener mate;
    EXPECT_EQ(listen(mate, {{"Last-Event-ID", "jobs:ffff"}}).back(),
              R"(changed {"topics":["outbox","payments","projections"]})");
    as(support::grants({"jobs.view"}));
    Listener other;
    const std::string told = listen(other, {{"Last-Event-ID", "jobs:ffff"}}).back();
    EXPECT_THAT(told, testing::HasSubstr("\"jobs\""));
    for (const std::string& topic : shop) {
        EXPECT_THAT(told, testing::Not(testing::HasSubstr(topic)));
    }
}

TEST_F(Events, EndWhenTheListenerIsNotLetInAnyMore) {
    Listener listener;
    listener.stay = 1000;
    listener.on_wait = [&] {
        if (listener.waits == 5) door.denial = access::Denial{.detail = "revoked"};
    };
    listen(listener);
    EXPECT_GE(listener.waits, 5);
    EXPECT_LE(listener.waits, 10);
}

TEST(Fingerprints, ComeBackFromTheirText) {
    const api::Fingerprints some = {{"jobs", "1f"}, {"queues", "0"}};
    EXPECT_EQ(api::format_fingerprints(some), "jobs:1f,queues:0");
    EXPECT_EQ(api::parse_fingerprints("jobs:1f,queues:0"), some);
    EXPECT_EQ(api::parse_fingerprints("jobs,:,x:<script>,,jobs:1f"),
              (api::Fingerprints{{"jobs", "1f"}}));
    EXPECT_TRUE(api::parse_fingerprints(std::string(5000, 'a')).empty());
}

}  // namespace
}  // namespace barid
