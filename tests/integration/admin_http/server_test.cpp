#include "admin/http/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "media/stores/signed_url.hpp"
#include "tests/integration/admin_http/server_fixture.hpp"

namespace barid::web {
namespace {

TEST_F(AdminHttp, ServesPrivatePicturesToSignedAddressesOnly) {
    secret = Secret("0123456789abcdef0123456789abcdef");
    start();
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto signed_for = [&](std::chrono::seconds left) {
        return "/media/ab/640.webp?" + media::sign_local(secret, "ab/640.webp", now + left);
    };
    const auto answer = get(signed_for(std::chrono::seconds(60)));
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(body_of(answer), kPicture);
    EXPECT_EQ(header_of(answer, "Cache-Control"), "private, max-age=31536000, immutable");
    EXPECT_EQ(status_of(get("/media/ab/640.webp")), 403);
    EXPECT_EQ(status_of(get(signed_for(std::chrono::seconds(-5)))), 403);
    EXPECT_EQ(status_of(get(signed_for(std::chrono::seconds(60)) + "0")), 403);
    EXPECT_EQ(status_of(get("/media/none.webp")), 403) << "what isn't there isn't told either";
    EXPECT_EQ(status_of(get("/livez")), 200);
}

TEST_F(AdminHttp, ServesPicturesForEver) {
    start();
    const auto answer = get("/media/ab/640.webp");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(header_of(answer, "Content-Type"), "image/webp");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header_of(answer, "Content-Length"), std::to_string(kPicture.size()));
    EXPECT_EQ(body_of(answer), kPicture);
}

TEST_F(AdminHttp, HeadHasTheSameHeadAndNoBody) {
    start();
    const auto answer = get("/media/ab/640.webp", "", "HEAD");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(header_of(answer, "Content-Length"), std::to_string(kPicture.size()));
    EXPECT_EQ(body_of(answer), "");
    EXPECT_EQ(body_of(get("/livez", "", "HEAD")), "");
}

TEST_F(AdminHttp, AnUnchangedPictureIs304) {
    start();
    const auto etag = header_of(get("/media/ab/640.webp"), "ETag");
    const auto answer = get("/media/ab/640.webp", "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(status_of(answer), 304);
    EXPECT_EQ(header_of(answer, "ETag"), etag);
    EXPECT_EQ(body_of(answer), "");
    EXPECT_EQ(status_of(get("/media/ab/640.webp", "If-None-Match: \"other\"\r\n")), 200);
}

TEST_F(AdminHttp, NothingOutsideTheDirectoryIsReached) {
    fs::create_directory(root / "outside");
    std::FILE* secret = std::fopen((root / "outside/secret.txt").c_str(), "w");
    ASSERT_NE(secret, nullptr);
    std::fputs("secret", secret);
    std::fclose(secret);
    fs::create_directory_symlink(root / "outside", root / "media/link");
    fs::create_symlink(root / "outside/secret.txt", root / "media/secret.txt");
    start();
    for (const std::string target :
         {"/media/../outside/secret.txt", "/media/%2e%2e/outside/secret.txt",
          "/media/..%2foutside/secret.txt", "/media/ab/../../outside/secret.txt",
          "/media//etc/passwd", "/media/link/secret.txt", "/media/secret.txt", "/media/.tmp/",
          "/media/", "/media", "/media/ab", "/media/ab/", "/media/ab/640.webp/x",
          "/media/AB/640.webp", "/media/ab/640.webp%00", "/../etc/passwd", "/etc/passwd"}) {
        const auto answer = get(target);
        const int status = status_of(answer);
        EXPECT_TRUE(status == 404 || status == 400) << target << ": " << status;
        EXPECT_EQ(answer.find("secret\n"), std::string::npos) << target;
    }
}

TEST_F(AdminHttp, TellsHealthAndReadiness) {
    Readiness state{.ready = false, .reason = "no database connection"};
    std::promise<void> changed;
    start({}, [&] { return state; });
    EXPECT_EQ(status_of(get("/livez")), 200);
    const auto waiting = get("/readyz");
    EXPECT_EQ(status_of(waiting), 503);
    EXPECT_EQ(body_of(waiting), "no database connection\n");
    asio::post(io, [&] {
        state = {};
        changed.set_value();
    });
    changed.get_future().wait();
    EXPECT_EQ(status_of(get("/readyz")), 200);
    EXPECT_EQ(header_of(get("/readyz"), "Cache-Control"), "no-store");
}

TEST_F(AdminHttp, IntroducesItselfAndServesRoutes) {
    start();
    const auto answer = get("/");
    EXPECT_EQ(header_of(answer, "Content-Type"), "application/json");
    EXPECT_EQ(body_of(answer),
              "{\"name\":\"barid\",\"version\":\"1.2.3\",\"paths\":[\"/livez\","
              "\"/readyz\",\"/media/\",\"/extra\"]}\n");
    EXPECT_EQ(body_of(get("/extra?x=1")), "extra\n");
    EXPECT_EQ(status_of(get("/nothing")), 404);
}

TEST_F(AdminHttp, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
    start();
    RawClient client(port);
    const std::string one = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string two = "GET /extra HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(one + two + one);
    EXPECT_EQ(body_of(client.read_answer()), "ok\n");
    EXPECT_EQ(body_of(client.read_answer()), "extra\n");
    EXPECT_EQ(body_of(client.read_answer()), "ok\n");
    client.send(two);
    EXPECT_EQ(body_of(client.read_answer()), "extra\n");
}

TEST_F(AdminHttp, ClosesAfterItsNumberOfRequestsAndAfterHttp10) {
    start({.max_requests = 2});
    RawClient client(port);
    client.send(
        "GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_answer();
    const auto second = client.read_to_end();
    EXPECT_EQ(header_of(second, "Connection"), "close");
    EXPECT_EQ(body_of(second), "ok\n");
    EXPECT_EQ(status_of(talk(port, "GET /livez HTTP/1.0\r\n\r\n")), 200);
}

TEST_F(AdminHttp, RefusesHostileRequestsAndCloses) {
    start();
    const std::string host = "Host: a\r\n";
    const std::pair<std::string, int> cases[] = {
        {"POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello", 413},
        {"POST / HTTP/1.1\r\n" + host + "\r\n", 405},
        {"DELETE /media/ab/640.webp HTTP/1.1\r\n" + host + "\r\n", 405},
        {"GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413},
        {"GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
         400},
        {"GET / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"GET / HTTP/1.1\r\n" + host + "Host: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET http://a/livez HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET //a/livez HTTP/1.1\r\n" + host + "\r\n", 400},
        {"CONNECT a:80 HTTP/1.1\r\n" + host + "\r\n", 400},
        {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET /livez HTTP/2.0\r\n" + host + "\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"GET /livez\r\n\r\n", 400},
        {"GET  /livez HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"GET /livez HTTP/1.1\r\n" + host + "X: a\x01" + "b\r\n\r\n", 400},
        {std::string("GET /li\0vez HTTP/1.1\r\nHost: a\r\n\r\n", 33), 400},
        {"\x16\x03\x01\x02\x01\x01 a TLS hello\r\n\r\n", 400},
        {"GET /livez HTTP/1.1\r\n" + host + "Upgrade: websocket\r\n\r\n", 400},
    };
    for (const auto& [request, wanted] : cases) {
        RawClient client(port);
        client.send(request);
        const auto answer = client.read_to_end();
        EXPECT_EQ(status_of(answer), wanted) << request << "\n-> " << answer;
        EXPECT_EQ(header_of(answer, "Connection"), "close") << request;
    }
    EXPECT_EQ(status_of(get("/livez")), 200);
}

TEST_F(AdminHttp, RefusesHeadsThatAreTooLong) {
    start();
    EXPECT_EQ(status_of(get("/livez", "X: " + std::string(16'000, 'x') + "\r\n")), 200);
    EXPECT_EQ(status_of(get("/livez", "X: " + std::string(16'384, 'x') + "\r\n")), 431);
    EXPECT_EQ(status_of(get("/" + std::string(17'000, 'x'))), 431);
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "a: b\r\n";
    EXPECT_EQ(status_of(get("/livez", many)), 431);
}

TEST_F(AdminHttp, DropsClientsThatDontFinishTheirRequest) {
    start({.idle_timeout = milliseconds(100), .head_timeout = milliseconds(100)});
    RawClient silent(port);
    EXPECT_EQ(silent.read_to_end(), "");
    RawClient slow(port);
    slow.send("GET /livez HTTP/1.1\r\nHo");
    EXPECT_EQ(slow.read_to_end(), "");
    RawClient idle(port);
    idle.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(idle.read_to_end()), 200) << "and then the idle connection is closed";
}

TEST_F(AdminHttp, DropsClientsThatDontTakeTheirAnswer) {
    files->write("big.avif", std::string(32U << 20U, 'b'));
    start({.max_connections = 1, .write_timeout = milliseconds(100)});
    RawClient client(port);
    client.shrink_window();
    client.send("GET /media/big.avif HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_answer(false);
    RawClient second(port);
    EXPECT_EQ(status_of(second.read_to_end()), 503) << "the only place is taken";
    EXPECT_EQ(status_once_not_503(), 200) << "and free again once the client was dropped";
}

TEST_F(AdminHttp, TurnsAwayConnectionsOverTheLimitAndRecovers) {
    start({.max_connections = 2, .spare_idle = std::chrono::seconds(60)});
    auto one = std::make_unique<RawClient>(port);
    RawClient two(port);
    const std::string request = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    one->send(request);
    two.send(request);
    EXPECT_EQ(status_of(one->read_answer()), 200);
    EXPECT_EQ(status_of(two.read_answer()), 200);
    RawClient three(port);
    EXPECT_EQ(status_of(three.read_to_end()), 503);

    one.reset();
    EXPECT_EQ(status_once_not_503(), 200);
}

TEST_F(AdminHttp, StopClosesIdleAndBusyConnections) {
    files->write("big.avif", std::string(32U << 20U, 'b'));
    start({.drain_timeout = milliseconds(100)});
    RawClient idle(port);
    idle.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.read_answer();
    RawClient busy(port);
    busy.shrink_window();
    busy.send("GET /media/big.avif HTTP/1.1\r\nHost: a\r\n\r\n");
    busy.read_answer(false);
    stop();
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_THROW(RawClient again(port), std::runtime_error);
}

TEST_F(AdminHttp, APortThatIsTakenOrAnOddAddressIsAPermanentErrorThatNamesIt) {
    start();
    const auto problem_with = [&](const std::string& address, std::uint16_t wanted) {
        ServerOptions options{.address = address, .port = wanted};
        HttpServer other(io, blocking, options, log::Logger());
        try {
            other.start();
        } catch (const barid::Error& error) {
            EXPECT_FALSE(error.transient());
            return std::string(error.what());
        }
        return std::string("it started");
    };
    const auto taken = problem_with("127.0.0.1", port);
    EXPECT_NE(taken.find(std::to_string(port)), std::string::npos) << taken;
    EXPECT_NE(taken.find("in use"), std::string::npos) << taken;
    EXPECT_NE(problem_with("not-an-address", 0).find("not-an-address"), std::string::npos);
}

}  // namespace
}  // namespace barid::web
