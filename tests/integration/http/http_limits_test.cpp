// Deadlines, size limits, cancellation and broken servers: what is thrown, and what it says about
// whether the request was sent.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "base/timeout.hpp"
#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

using http::Request;
using http::Sent;
using std::chrono::milliseconds;

class HttpLimits : public support::HttpTest {};

/// A TCP port of 127.0.0.1 that nobody accepts on: connections are refused, or, when it listens,
/// made by the kernel and never answered.
class DeadPort {
  public:
    explicit DeadPort(bool listening) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(fd_, plain, size) != 0 || ::getsockname(fd_, plain, &size) != 0 ||
            (listening && ::listen(fd_, 8) != 0)) {
            throw std::runtime_error("no port");
        }
        port_ = ntohs(address.sin_port);
    }
    ~DeadPort() { ::close(fd_); }
    DeadPort(const DeadPort&) = delete;
    DeadPort& operator=(const DeadPort&) = delete;

    [[nodiscard]] std::string url(const std::string& scheme) const {
        return scheme + "://127.0.0.1:" + std::to_string(port_) + "/";
    }

  private:
    int fd_;
    int port_ = 0;
};

TEST_F(HttpLimits, TellsARefusedConnection) {
    const DeadPort port(false);
    const auto error = send_error({.method = "POST", .url = port.url("http"), .body = "x"});
    EXPECT_EQ(error.code(), "connect_failed");
    EXPECT_EQ(error.sent(), Sent::no);
    EXPECT_TRUE(error.transient());
}

TEST_F(HttpLimits, TellsAnUnknownHost) {
    const auto error = send_error({.url = "http://no-such-host.invalid/"});
    EXPECT_EQ(error.code(), "connect_failed");
    EXPECT_EQ(error.sent(), Sent::no);
}

TEST_F(HttpLimits, LimitsTheTimeToConnectTlsIncluded) {
    const DeadPort port(true);
    Request request{.method = "POST", .url = port.url("https"), .body = "x"};
    request.connect_timeout = milliseconds(300);
    const auto error = send_error(request);
    EXPECT_EQ(error.code(), "timeout");
    EXPECT_EQ(error.sent(), Sent::no);
    EXPECT_TRUE(error.transient());
}

TEST_F(HttpLimits, LimitsTheWholeTime) {
    for (const std::string& base : {plain, tls2}) {
        Request request{.method = "POST", .url = base + "/hang", .body = "x"};
        request.total_timeout = milliseconds(300);
        const auto started = std::chrono::steady_clock::now();
        const auto error = send_error(request);
        EXPECT_EQ(error.code(), "timeout");
        EXPECT_EQ(error.sent(), Sent::unknown);
        EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
    }
}

TEST_F(HttpLimits, GivesUpAnAnswerThatIsTooSlow) {
    Request request{.url = plain + "/trickle"};
    request.low_speed_time = std::chrono::seconds(1);
    request.low_speed_bytes = 1000;
    const auto error = send_error(request);
    EXPECT_EQ(error.code(), "timeout");
    EXPECT_EQ(error.sent(), Sent::yes);
}

TEST_F(HttpLimits, CapsTheAnswer) {
    for (const std::string& base : {plain, tls2}) {
        Request request{.url = base + "/bytes/100001"};
        request.max_response_bytes = 100'000;
        const auto error = send_error(request);
        EXPECT_EQ(error.code(), "too_large");
        EXPECT_EQ(error.sent(), Sent::yes);
        EXPECT_FALSE(error.transient());

        request.max_response_bytes = 100'001;
        EXPECT_EQ(send(request).body.size(), 100'001U);
    }
}

TEST_F(HttpLimits, RefusesAnAnnouncedSizeAtOnce) {
    // One byte of the announced gigabyte ever comes: waiting for the rest would time out.
    const auto error = send_error({.url = plain + "/announced/1000000000"});
    EXPECT_EQ(error.code(), "too_large");
}

TEST_F(HttpLimits, CapsTheHeaders) {
    const auto error = send_error({.url = plain + "/bigheader"});
    EXPECT_EQ(error.code(), "too_large");
}

TEST_F(HttpLimits, KeepsTheBeginningForWhoGoesByTheStatus) {
    for (const std::string& base : {plain, tls2}) {
        Request request{.url = base + "/bytes/100001"};
        request.keep_beginning = true;
        request.max_response_bytes = 100;
        http::Response answer = send(request);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, std::string(100, 'x'));
        EXPECT_TRUE(answer.cut);

        request.max_response_bytes = 100'001;
        EXPECT_FALSE(send(request).cut);

        request.url = base + "/truncate";
        answer = send(request);
        EXPECT_EQ(answer.body, "only ten b");
        EXPECT_TRUE(answer.cut);
    }
    Request slow{.url = plain + "/trickle"};
    slow.keep_beginning = true;
    slow.total_timeout = milliseconds(500);
    EXPECT_TRUE(send(slow).cut);
    slow.url = plain + "/hang";
    EXPECT_EQ(send_error(slow).code(), "timeout");
}

TEST_F(HttpLimits, StopsWhenTheReceiverHasEnough) {
    Request request{.url = tls2 + "/bytes/1000000"};
    request.on_body = [](std::string_view) { return false; };
    const auto error = send_error(request);
    EXPECT_EQ(error.code(), "stopped");
    EXPECT_EQ(error.sent(), Sent::yes);
}

TEST_F(HttpLimits, TellsATruncatedAnswerFromNone) {
    for (const std::string& base : {plain, tls2}) {
        const auto error = send_error({.url = base + "/truncate"});
        EXPECT_EQ(error.code(), "protocol_error");
        EXPECT_EQ(error.sent(), Sent::yes);
        EXPECT_TRUE(error.transient());
    }
}

TEST_F(HttpLimits, VerifiesTheServersCertificate) {
    const auto wrong_name = "https://localhost" + tls2.substr(tls2.rfind(':')) + "/echo";
    const auto mismatch = send_error({.method = "POST", .url = wrong_name, .body = "x"});
    EXPECT_EQ(mismatch.code(), "tls_failed");
    EXPECT_EQ(mismatch.sent(), Sent::no);

    client = std::make_unique<http::CurlHttpClient>(io);
    const auto untrusted = send_error({.method = "POST", .url = tls2 + "/echo", .body = "x"});
    EXPECT_EQ(untrusted.code(), "tls_failed");
    EXPECT_EQ(untrusted.sent(), Sent::no);
}

TEST_F(HttpLimits, NeedsAReadableCaFile) {
    EXPECT_THROW(http::CurlHttpClient(io, {.ca_file = directory / "absent.pem"}), barid::Error);
}

TEST_F(HttpLimits, CancelsARequestThatIsUnderWay) {
    for (const std::string& base : {plain, tls2}) {
        asio::cancellation_signal cancel;
        std::exception_ptr thrown;
        bool ended = false;
        Request request{.url = base + "/trickle"};
        // Emitted from inside a callback: the hardest moment to be cancelled at.
        request.on_body = [&](std::string_view) {
            cancel.emit(asio::cancellation_type::terminal);
            return true;
        };
        asio::co_spawn(io, client->send(request),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](std::exception_ptr e, const http::Response&) {
                               thrown = e;
                               ended = true;
                           }));
        run_until(ended);
        try {
            ASSERT_TRUE(thrown);
            std::rethrow_exception(thrown);
        } catch (const http::Error& error) {
            EXPECT_EQ(error.code(), "cancelled");
            EXPECT_EQ(error.sent(), Sent::yes);
        }
        EXPECT_EQ(send({.url = base + "/status/200"}).status, 200);
    }
}

TEST_F(HttpLimits, AbortsWhenADeadlineAroundItPasses) {
    EXPECT_THROW(run(with_timeout(client->send({.url = tls2 + "/hang"}), milliseconds(200), "x")),
                 TimeoutError);
    EXPECT_EQ(send({.url = tls2 + "/status/200"}).status, 200);
}

TEST_F(HttpLimits, MayGoAwayWithRequestsUnderWay) {
    // ASan judges: the coroutines are destroyed with their io_context, after their client.
    asio::io_context other_io(1);
    http::CurlHttpClient other(other_io, {.ca_file = directory / "cert.pem"});
    for (const std::string& base : {plain, tls2}) {
        asio::co_spawn(other_io, other.send({.url = base + "/hang"}), asio::detached);
    }
    other_io.run_for(milliseconds(200));
    EXPECT_FALSE(other_io.stopped());
}

}  // namespace
}  // namespace barid
