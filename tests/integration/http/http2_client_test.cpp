// The HTTP/2 client for many small requests: streams, queues, and what it knows when it fails.
#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "base/http2_client.hpp"
#include "base/timeout.hpp"
#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using http::Request;
using http::Response;
using http::Sent;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What became of one request.
struct Ending {
    int status = 0;
    std::optional<Sent> sent;
    std::string code;
    bool cut = false;
};

class Http2Client : public support::HttpTest {
  protected:
    Http2Client() { make({}); }
    ~Http2Client() override { many.reset(); }

    void make(http::Http2Options options) {
        if (options.origin.empty()) options.origin = tls2;
        if (options.ca_file.empty()) options.ca_file = directory / "cert.pem";
        many = std::make_unique<http::Http2Client>(io, std::move(options));
    }
    Request post(const std::string& route, const std::string& id = "") {
        Request request{.method = "POST", .url = tls2 + route, .body = "payload"};
        if (!id.empty()) request.headers = {{"X-Id", id}};
        request.total_timeout = 10s;
        return request;
    }
    /// Starts a request; its ending is at the returned place once it has one.
    std::shared_ptr<Ending> begin(Request request) {
        const auto ending = std::make_shared<Ending>();
        asio::co_spawn(io, many->send(std::move(request)),
                       [this, ending](std::exception_ptr error, const Response& response) {
                           note(*ending, error, response);
                       });
        return ending;
    }
    void note(Ending& ending, const std::exception_ptr& error, const Response& response) {
        try {
            if (error) std::rethrow_exception(error);
            ending.status = response.status;
            ending.cut = response.cut;
        } catch (const http::Error& e) {
            ending.sent = e.sent();
            ending.code = e.code();
        }
        ++ended;
        order.push_back(&ending);
    }
    void run_until_ended(int count) {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        io.restart();
        while (ended < count) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            io.run_one_until(deadline);
        }
    }
    Ending end(Request request) {
        const int before = ended;
        const auto ending = begin(std::move(request));
        run_until_ended(before + 1);
        return *ending;
    }

    std::unique_ptr<http::Http2Client> many;
    int ended = 0;
    std::vector<const Ending*> order;
};

TEST_F(Http2Client, SendsMethodHeadersAuthorizationAndBodyAsGiven) {
    Request request = post("/echo?q=1");
    request.headers = {{"X-One", "1"}, {"Content-Type", "text/x"}};
    request.authorization = Secret("Bearer abc");
    const Response response = run(many->send(request));
    const json::value echo = body_of(response);
    EXPECT_EQ(response.http_version, 20);
    EXPECT_EQ(*find_string(echo, "/method"), "POST");
    EXPECT_EQ(*find_string(echo, "/url"), "/echo?q=1");
    EXPECT_EQ(*find_string(echo, "/headers/x-one"), "1");
    EXPECT_EQ(*find_string(echo, "/headers/content-type"), "text/x");
    EXPECT_EQ(*find_string(echo, "/headers/content-length"), "7");
    EXPECT_EQ(*find_string(echo, "/headers/authorization"), "Bearer abc");
    EXPECT_EQ(echo.at("body").at("size").as_int64(), 7);
    EXPECT_EQ(run(many->send({.url = tls2 + "/status/429"})).header("retry-after"), "7");
    EXPECT_EQ(run(many->send({.url = tls2 + "/interim"})).body, "done");
}

TEST_F(Http2Client, SendsABodyThatIsLargerThanEveryWindow) {
    Request request = post("/echo");
    request.body = std::string(3'000'000, 'x');
    const Response response = run(many->send(request));
    EXPECT_EQ(body_of(response).at("body").at("size").as_int64(), 3'000'000);
    Request back{.url = tls2 + "/bytes/3000000"};
    back.max_response_bytes = 3'000'000;
    EXPECT_EQ(run(many->send(back)).body.size(), 3'000'000U);
}

TEST_F(Http2Client, OpensConnectionsAsStreamsRunOutAndNoMoreThanAllowed) {
    make({.origin = tls2, .connections = 2, .streams = 10});
    std::vector<std::shared_ptr<Ending>> endings;
    for (int i = 0; i < 10; ++i) endings.push_back(begin(post("/slow/100")));
    run_until_ended(10);
    EXPECT_EQ(connections("https2"), 1);
    for (int i = 0; i < 50; ++i) endings.push_back(begin(post("/slow/100")));
    run_until_ended(60);
    EXPECT_EQ(connections("https2"), 2);
    for (const auto& ending : endings) EXPECT_EQ(ending->status, 200) << ending->code;
    EXPECT_EQ(many->figures().opened, 2U);
    EXPECT_EQ(many->figures().waiting, 0U);
}

TEST_F(Http2Client, TheTimeLimitDoesNotIncludeWaitingForAStream) {
    make({.origin = tls2, .connections = 1, .streams = 1});
    std::vector<std::shared_ptr<Ending>> endings;
    for (int i = 0; i < 5; ++i) {
        Request request = post("/slow/300");
        request.total_timeout = 900ms;
        endings.push_back(begin(request));
    }
    run_until_ended(5);
    for (const auto& ending : endings) EXPECT_EQ(ending->status, 200) << ending->code;
}

TEST_F(Http2Client, BackgroundRequestsWaitBehindTheOthers) {
    make({.origin = tls2, .connections = 1, .streams = 1});
    Request background = post("/slow/20");
    background.background = true;
    const auto first = begin(background);
    const auto second = begin(background);
    const auto third = begin(background);
    const auto urgent = begin(post("/slow/20"));
    const auto also_urgent = begin(post("/slow/20"));
    run_until_ended(5);
    // All five waited for the connection, so even the first had not begun.
    EXPECT_THAT(order, ElementsAre(urgent.get(), also_urgent.get(), first.get(), second.get(),
                                   third.get()));
}

TEST_F(Http2Client, TheQueueHasABound) {
    make({.origin = tls2, .connections = 1, .streams = 1, .max_waiting = 2});
    const auto one = begin(post("/slow/20"));
    const auto two = begin(post("/slow/20"));
    const auto refused = begin(post("/slow/20"));
    run_until_ended(3);
    EXPECT_EQ(refused->code, "busy");
    EXPECT_EQ(refused->sent, Sent::no);
    EXPECT_EQ(one->status, 200);
    EXPECT_EQ(two->status, 200);
}

TEST_F(Http2Client, WaitsForAStreamNoLongerThanItsBound) {
    make({.origin = tls2, .connections = 1, .streams = 1, .max_wait = 300ms});
    const auto running = begin(post("/slow/1500"));
    const auto waiting = begin(post("/echo", "late"));
    run_until_ended(2);
    EXPECT_EQ(running->status, 200);
    EXPECT_EQ(waiting->code, "timeout");
    EXPECT_EQ(waiting->sent, Sent::no);
    EXPECT_EQ(seen("late"), 0);
}

TEST_F(Http2Client, CancellingTakesAWaitingRequestOutAndResetsARunningOne) {
    make({.origin = tls2, .connections = 1, .streams = 1});
    asio::cancellation_signal stop_running;
    asio::cancellation_signal stop_waiting;
    Ending running;
    Ending waiting;
    const auto spawn = [&](Request request, asio::cancellation_signal& signal, Ending& ending) {
        asio::co_spawn(io, many->send(std::move(request)),
                       asio::bind_cancellation_slot(
                           signal.slot(), [&](std::exception_ptr e, const Response& response) {
                               note(ending, e, response);
                           }));
    };
    ASSERT_EQ(end(post("/echo")).status, 200);
    spawn(post("/hang", "running"), stop_running, running);
    spawn(post("/echo", "waiting"), stop_waiting, waiting);
    const auto third = begin(post("/echo", "third"));
    run(sleep_for(200ms));
    ASSERT_EQ(many->figures().waiting, 2U);
    stop_waiting.emit(asio::cancellation_type::terminal);
    run_until_ended(2);
    EXPECT_EQ(waiting.code, "cancelled");
    EXPECT_EQ(waiting.sent, Sent::no);
    EXPECT_EQ(many->figures().waiting, 1U);
    stop_running.emit(asio::cancellation_type::terminal);
    run_until_ended(4);
    EXPECT_EQ(running.code, "cancelled");
    EXPECT_EQ(running.sent, Sent::unknown);
    EXPECT_EQ(third->status, 200);
    EXPECT_EQ(seen("waiting"), 0);
    EXPECT_EQ(connections("https2"), 1);
}

TEST_F(Http2Client, SendsARefusedRequestAgain) {
    EXPECT_EQ(end(post("/refuse-late/2", "refused")).status, 200);
}

TEST_F(Http2Client, TellsARequestThatIsRefusedAgainAndAgain) {
    const Ending ending = end(post("/refuse-late/1000", "refused"));
    EXPECT_EQ(ending.sent, Sent::no);
    EXPECT_EQ(ending.code, "protocol_error");
}

TEST_F(Http2Client, SendsAgainWhatGoawayExcludes) {
    ASSERT_EQ(end(post("/status/200")).status, 200);
    const auto older = begin(post("/slow/300"));
    EXPECT_EQ(end(post("/goaway", "away")).status, 200);
    run_until_ended(3);
    EXPECT_EQ(older->status, 200);
    EXPECT_EQ(connections("https2"), 2);
}

TEST_F(Http2Client, TrustsAGoawayThatEndsTheConnection) {
    // The only stream is excluded, so the server hangs up right after the GOAWAY.
    ASSERT_EQ(end(post("/status/200")).status, 200);
    EXPECT_EQ(end(post("/goaway", "away")).status, 200);
}

TEST_F(Http2Client, RepeatsNothingWhenTheConnectionBreaks) {
    constexpr int kRequests = 30;
    for (const std::string how : {"hangup", "reset"}) {
        ASSERT_EQ(end(post("/status/200")).status, 200);
        std::vector<std::shared_ptr<Ending>> endings;
        const std::string route = "/gather/" + how + "/" + std::to_string(kRequests);
        const int before = ended;
        for (int i = 0; i < kRequests; ++i) {
            endings.push_back(begin(post(route, how + std::to_string(i))));
        }
        run_until_ended(before + kRequests);
        for (int i = 0; i < kRequests; ++i) {
            EXPECT_EQ(endings[static_cast<std::size_t>(i)]->sent, Sent::unknown) << how;
            EXPECT_EQ(seen(how + std::to_string(i)), 1) << how;
        }
    }
    EXPECT_EQ(end(post("/echo", "after")).status, 200);
    EXPECT_EQ(seen("after"), 1);
}

TEST_F(Http2Client, AResetStreamIsUnknownAndLeavesTheOthersAlone) {
    const auto slow = begin(post("/slow/300"));
    EXPECT_EQ(end(post("/vanish", "vanished")).sent, Sent::unknown);
    run_until_ended(2);
    EXPECT_EQ(slow->status, 200);
    EXPECT_EQ(seen("vanished"), 1);
    EXPECT_EQ(connections("https2"), 1);
}

TEST_F(Http2Client, AnAnswerThatBreaksOffHadArrived) {
    const Ending strict = end(post("/truncate", "cut"));
    EXPECT_EQ(strict.sent, Sent::yes);
    Request lenient = post("/truncate", "cut2");
    lenient.keep_beginning = true;
    const Ending ending = end(lenient);
    EXPECT_EQ(ending.status, 200);
    EXPECT_TRUE(ending.cut);
    Request large{.url = tls2 + "/bytes/100000"};
    large.max_response_bytes = 1000;
    EXPECT_EQ(end(large).code, "too_large");
    EXPECT_EQ(end(post("/echo")).status, 200);
}

TEST_F(Http2Client, ATimeoutIsUnknownAndTheNextRequestGoesElsewhere) {
    Request request = post("/hang", "hanging");
    request.total_timeout = 300ms;
    const Ending ending = end(request);
    EXPECT_EQ(ending.code, "timeout");
    EXPECT_EQ(ending.sent, Sent::unknown);
    // Nothing at all came on that connection since, so it isn't trusted any more.
    EXPECT_EQ(end(post("/echo", "next")).status, 200);
    EXPECT_EQ(seen("next"), 1);
}

TEST_F(Http2Client, SaysWhyThereIsNoConnection) {
    make({.origin = tls1});
    Request request = post("/echo", "strict");
    request.url = tls1 + "/echo";
    EXPECT_EQ(end(request).code, "http2_required");
    EXPECT_EQ(seen("strict"), 0);

    make({.origin = tls2, .ca_file = "/etc/ssl/certs/ca-certificates.crt"});
    const Ending untrusted = end(post("/echo"));
    EXPECT_EQ(untrusted.code, "tls_failed");
    EXPECT_EQ(untrusted.sent, Sent::no);

    make({.origin = "https://127.0.0.1:1"});
    request.url = "https://127.0.0.1:1/echo";
    const Ending nobody = end(request);
    EXPECT_EQ(nobody.code, "connect_failed");
    EXPECT_EQ(nobody.sent, Sent::no);
}

TEST_F(Http2Client, VerifiesTheNameInTheCertificate) {
    // The certificate is for 127.0.0.1.
    make({.origin = "https://localhost:" + tls2.substr(tls2.rfind(':') + 1)});
    Request request = post("/echo", "wrong name");
    request.url = "https://localhost:" + tls2.substr(tls2.rfind(':') + 1) + "/echo";
    EXPECT_EQ(end(request).code, "tls_failed");
    EXPECT_EQ(seen("wrong name"), 0);
}

TEST_F(Http2Client, RefusesWhatItCannotDo) {
    EXPECT_EQ(end({.url = "https://elsewhere.example/"}).code, "bad_url");
    EXPECT_EQ(end({.url = tls2 + "0/echo"}).code, "bad_url");
    EXPECT_EQ(end({.url = tls2 + "/echo\r\nX: 1"}).code, "bad_url");
    EXPECT_EQ(end({.url = tls2 + "/a b"}).code, "bad_url");
    Request header = post("/echo");
    header.headers = {{"X-A", "1\r\nX-B: 2"}};
    EXPECT_EQ(end(header).code, "bad_request");
    Request guarded = post("/echo");
    guarded.addresses = http::Addresses::public_only;
    EXPECT_EQ(end(guarded).code, "bad_request");
}

TEST_F(Http2Client, ClosesAConnectionThatNobodyUses) {
    make({.origin = tls2, .max_idle = std::chrono::seconds(0)});
    ASSERT_EQ(end(post("/echo")).status, 200);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (many->figures().connections > 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        run(sleep_for(20ms));
    }
    EXPECT_EQ(end(post("/echo")).status, 200);
    EXPECT_EQ(connections("https2"), 2);
}

TEST_F(Http2Client, EndingItEndsWhatIsUnderWay) {
    make({.origin = tls2, .connections = 1, .streams = 1});
    ASSERT_EQ(end(post("/echo")).status, 200);
    const auto running = begin(post("/hang"));
    const auto waiting = begin(post("/echo", "never"));
    run(sleep_for(100ms));
    many.reset();
    run_until_ended(3);
    EXPECT_EQ(running->code, "cancelled");
    EXPECT_EQ(running->sent, Sent::unknown);
    EXPECT_EQ(waiting->sent, Sent::no);
    EXPECT_EQ(seen("never"), 0);
}

}  // namespace
}  // namespace barid
