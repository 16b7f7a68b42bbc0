#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "admin/http/self_check.hpp"
#include "admin/http/tls_layer.hpp"
#include "tests/integration/admin_http/application_fixture.hpp"
#include "tests/support/certificate.hpp"

namespace barid::web {
namespace {

namespace ssl = asio::ssl;
using asio::ip::tcp;

/// A blocking TLS client that takes any certificate and remembers whose it was.
class TlsClient {
  public:
    explicit TlsClient(std::uint16_t port, ssl::context::method method = ssl::context::tls_client)
        : context_(method), stream_(io_, context_) {
        stream_.lowest_layer().connect({asio::ip::address_v4::loopback(), port});
    }
    bool shake_hands() {
        error_code problem;
        stream_.handshake(ssl::stream_base::client, problem);
        return !problem;
    }
    std::string common_name() {
        const auto certificate = std::unique_ptr<X509, decltype(&X509_free)>(
            SSL_get1_peer_certificate(stream_.native_handle()), X509_free);
        char name[100] = {};
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                                  sizeof name);
        return name;
    }
    /// Sends it, and reads until the server closes.
    std::string talk(const std::string& bytes) {
        error_code problem;
        asio::write(stream_, asio::buffer(bytes), problem);
        std::string received;
        asio::read(stream_, asio::dynamic_buffer(received), problem);
        end = problem;
        return received;
    }

    void send(const std::string& bytes) { asio::write(stream_, asio::buffer(bytes)); }
    std::string read_until(const std::string& text) {
        std::string received;
        asio::read_until(stream_, asio::dynamic_buffer(received), text);
        return received;
    }

    error_code end;

  private:
    asio::io_context io_;
    ssl::context context_;
    ssl::stream<tcp::socket> stream_;
};

class AdminHttpTls : public AdminHttpApplication {
  protected:
    void put(const std::string& name) {
        const auto made = support::make_certificate(name);
        std::ofstream(root / "certificate.pem") << made.certificate_pem;
        std::ofstream(root / "key.pem") << made.key_pem;
    }
    ServerOptions with_tls() {
        return {.tls_certificate_file = root / "certificate.pem", .tls_key_file = root / "key.pem"};
    }
    std::string failure_with(ServerOptions options) {
        options.port = 0;
        HttpServer other(io, blocking, options, log::Logger());
        try {
            other.start();
        } catch (const barid::Error& error) {
            EXPECT_FALSE(error.transient());
            return error.what();
        }
        return "it started";
    }
};

TEST_F(AdminHttpTls, ServesOverTlsAndSaysGoodbye) {
    put("one.example");
    start(with_tls());
    TlsClient client(port);
    ASSERT_TRUE(client.shake_hands());
    EXPECT_EQ(client.common_name(), "one.example");
    const auto answers =
        client.talk(post("/api/x", std::string(500, 'b')) +
                    "GET /media/ab/640.webp HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(answers), 200);
    EXPECT_NE(answers.find("POST /api/x [bbb"), std::string::npos);
    EXPECT_TRUE(answers.ends_with(kPicture)) << "a long answer after it, whole";
    EXPECT_EQ(client.end, asio::error::eof)
        << "a close_notify, not a cut: " << client.end.message();
    EXPECT_TRUE(seen(answered).at(0).secure);
}

TEST_F(AdminHttpTls, IsAskedForItsHealthOnTheSameMachine) {
    put("shop.example");
    start(with_tls());
    const auto ask = [&](bool tls) {
        asio::io_context own;
        std::optional<SelfCheck> answer;
        asio::co_spawn(own,
                       ask_server(own, "0.0.0.0", port, tls, "/readyz", std::chrono::seconds(5)),
                       [&](std::exception_ptr, std::optional<SelfCheck> got) { answer = got; });
        own.run();
        return answer;
    };
    const auto answer = ask(true);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "ok\n");
    EXPECT_FALSE(ask(false).has_value());
    stop();
    EXPECT_FALSE(ask(true).has_value());
}

TEST_F(AdminHttpTls, StreamsEventsWhileItListensForTheClientToLeave) {
    put("shop.example");
    std::atomic<bool> waited = true;
    std::promise<void> left;
    special = [&](const Request& request) -> awaitable<Response> {
        const bool ends = request.head.target.ends_with("ends");
        co_return Response{.content_type = "text/event-stream",
                           .stream = [&, ends](EventSink& sink) -> awaitable<void> {
                               for (int i = 0; i < 3; ++i) co_await sink.send("a", "b");
                               if (ends) co_return;
                               waited = co_await sink.wait(std::chrono::hours(1));
                               left.set_value();
                           }};
    };
    start(with_tls());
    const std::string ask = " HTTP/1.1\r\nHost: a\r\n\r\n";
    {
        TlsClient client(port);
        ASSERT_TRUE(client.shake_hands());
        const auto answer = client.talk("GET /api/special?ends" + ask);
        EXPECT_TRUE(answer.ends_with("12\r\nevent: a\ndata: b\n\n\r\n0\r\n\r\n")) << answer;
        EXPECT_EQ(client.end, asio::error::eof) << client.end.message();
    }
    {
        TlsClient client(port);
        ASSERT_TRUE(client.shake_hands());
        client.send("GET /api/special" + ask);
        EXPECT_TRUE(client.read_until("data: b\n\n").starts_with("HTTP/1.1 200"));
    }
    EXPECT_EQ(left.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_FALSE(waited);
}

TEST_F(AdminHttpTls, PlainTextAndOldVersionsGetNothing) {
    put("one.example");
    start(with_tls());
    const auto plain = talk(port, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(plain.find("HTTP/1.1"), std::string::npos);
    TlsClient old(port, ssl::context::tlsv11_client);
    EXPECT_FALSE(old.shake_hands());
    TlsClient good(port, ssl::context::tlsv12_client);
    EXPECT_TRUE(good.shake_hands());
}

TEST_F(AdminHttpTls, AHandshakeThatNeverEndsIsCut) {
    put("one.example");
    auto options = with_tls();
    options.handshake_timeout = milliseconds(150);
    start(options);
    RawClient silent(port);
    EXPECT_EQ(silent.read_to_end(), "");
    RawClient half(port);
    half.send(std::string("\x16\x03\x01\x00\xf4\x01", 6));
    EXPECT_EQ(half.read_to_end(), "");
    TlsClient good(port);
    EXPECT_TRUE(good.shake_hands());
}

TEST_F(AdminHttpTls, StopDoesntWaitForFarewellsThatNeverCome) {
    put("one.example");
    auto options = with_tls();
    options.write_timeout = milliseconds(200);
    start(options);
    TlsClient client(port);
    ASSERT_TRUE(client.shake_hands());
    stop();
}

TEST_F(AdminHttpTls, FilesThatDontFitAreAnErrorThatNamesThem) {
    put("one.example");
    const auto other = support::make_certificate("other.example");
    std::ofstream(root / "other.pem") << other.key_pem;
    std::ofstream(root / "nonsense.pem") << "nonsense";
    auto options = with_tls();
    options.tls_key_file = root / "other.pem";
    EXPECT_NE(failure_with(options).find("other.pem"), std::string::npos) << failure_with(options);
    options.tls_key_file = root / "absent.pem";
    EXPECT_NE(failure_with(options).find("absent.pem"), std::string::npos);
    options = with_tls();
    options.tls_certificate_file = root / "nonsense.pem";
    EXPECT_NE(failure_with(options).find("nonsense.pem"), std::string::npos);
    options.tls_certificate_file = "";
    EXPECT_NE(failure_with(options).find("tls_certificate_file"), std::string::npos);
}

TEST_F(AdminHttpTls, ARenewedCertificateIsReadWithoutARestart) {
    put("one.example");
    TlsContext context(root / "certificate.pem", root / "key.pem", log::Logger(), milliseconds(0));
    const auto first = context.current();
    EXPECT_EQ(context.current(), first) << "nothing has changed";
    put("two.example");
    const auto later = fs::last_write_time(root / "key.pem") + std::chrono::seconds(5);
    fs::last_write_time(root / "key.pem", later);
    const auto second = context.current();
    EXPECT_NE(second, first);
    std::ofstream(root / "key.pem") << "half written";
    fs::last_write_time(root / "key.pem", later + std::chrono::seconds(5));
    EXPECT_EQ(context.current(), second) << "what can't be used isn't";
    put("three.example");
    fs::last_write_time(root / "key.pem", later + std::chrono::seconds(9));
    EXPECT_NE(context.current(), second);
}

}  // namespace
}  // namespace barid::web
