// Fetched keys: kept, looked for again, shared, and given up in the end.
#include "admin/access/key_source.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>

#include "tests/support/jwt_signer.hpp"
#include "tests/support/token_endpoint.hpp"

namespace barid::access {
namespace {

using namespace std::chrono_literals;
using support::JwtSigner;
using support::key_set;
using testing::HasSubstr;

class FetchedKeySets : public testing::Test {
  protected:
    FetchedKeySets() { serve(JwtSigner::eddsa().jwk("one")); }

    void serve(const std::string& jwks, int status = 200) {
        endpoint.answer = [=] {
            http::Response response;
            response.status = status;
            response.body = key_set(jwks);
            return response;
        };
    }
    /// How many keys there are, or the problem.
    std::string ask(const std::string& kid) {
        std::string result = "nothing";
        asio::co_spawn(io, keys.keys(kid), [&](std::exception_ptr error, KeySet set) {
            try {
                if (error) std::rethrow_exception(error);
                result = std::to_string(set->size());
            } catch (const std::exception& e) {
                result = e.what();
            }
        });
        io.restart();
        io.run_for(5s);
        return result;
    }

    asio::io_context io{1};
    support::ManualClock clock;
    support::FakeEndpoint endpoint{io};
    FetchedKeys keys{endpoint, clock, "https://shop.example/keys"};
};

TEST_F(FetchedKeySets, AreFetchedOnceInTenMinutes) {
    EXPECT_EQ(ask("one"), "1");
    clock.advance(599s);
    EXPECT_EQ(ask("one"), "1");
    EXPECT_EQ(endpoint.exchanges, 1);
    clock.advance(1s);
    EXPECT_EQ(ask("one"), "1");
    EXPECT_EQ(endpoint.exchanges, 2);
    EXPECT_EQ(endpoint.last.url, "https://shop.example/keys");
    EXPECT_EQ(endpoint.last.max_redirects, 0);
}

TEST_F(FetchedKeySets, AreLookedUpAgainForANewKeyButNotForever) {
    ask("one");
    EXPECT_EQ(ask("two"), "1") << "too soon to ask again";
    EXPECT_EQ(endpoint.exchanges, 1);
    clock.advance(30s);
    serve(JwtSigner::eddsa().jwk("one") + "," + JwtSigner::es256().jwk("two"));
    EXPECT_EQ(ask("two"), "2");
    for (int i = 0; i < 100; ++i) ask("made-up-" + std::to_string(i));
    EXPECT_EQ(endpoint.exchanges, 2);
}

TEST_F(FetchedKeySets, AreFetchedOnceHoweverManyAsk) {
    int answered = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(io, keys.keys("one"), [&](std::exception_ptr error, const KeySet&) {
            if (!error) ++answered;
        });
    }
    io.run_for(5s);
    EXPECT_EQ(answered, 20);
    EXPECT_EQ(endpoint.exchanges, 1);
}

TEST_F(FetchedKeySets, ServeForAnHourWhileTheIssuerIsAway) {
    ask("one");
    serve("", 503);
    clock.advance(30min);
    EXPECT_EQ(ask("one"), "1");
    clock.advance(29min);
    EXPECT_EQ(ask("one"), "1");
    clock.advance(1min);
    EXPECT_THAT(ask("one"), HasSubstr("HTTP 503"));
    serve(JwtSigner::eddsa().jwk("one"));
    EXPECT_THAT(ask("one"), HasSubstr("HTTP 503")) << "it isn't asked in a loop";
    clock.advance(30s);
    EXPECT_EQ(ask("one"), "1");
}

TEST_F(FetchedKeySets, NeverShrinkToNothing) {
    ask("one");
    clock.advance(10min);
    serve(R"({"kty":"oct","k":"AAAA"})");
    EXPECT_EQ(ask("one"), "1") << "a set without a usable key is a mistake of the issuer's";
}

TEST_F(FetchedKeySets, AreNotLostWithWhoAskedFirst) {
    endpoint.first_hangs = true;
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(io, keys.keys("one"),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr, const KeySet&) { ended = true; }));
    io.poll();
    ASSERT_EQ(endpoint.exchanges, 1);
    signal.emit(asio::cancellation_type::terminal);
    io.restart();
    io.poll();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ask("one"), "1");
}

}  // namespace
}  // namespace barid::access
