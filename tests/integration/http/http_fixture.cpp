#include "tests/integration/http/http_fixture.hpp"

#include <unistd.h>

#include <stdexcept>

namespace barid::support {
namespace {

std::filesystem::path make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "barid-http-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return pattern;
}

std::string address(const std::string& scheme, const std::string& port) {
    return scheme + "://127.0.0.1:" + port;
}

}  // namespace

HttpTest::HttpTest() : directory(make_directory()) {
    make_certificate();
    server_ = std::make_unique<ChildProcess>(
        node_script("http_stub.mjs", {directory / "key.pem", directory / "cert.pem"}));
    tls2 = address("https", server_->wait_for_line("HTTPS2"));
    tls1 = address("https", server_->wait_for_line("HTTPS1"));
    plain = address("http", server_->wait_for_line("READY"));
    replace_client({});
}

HttpTest::~HttpTest() {
    client.reset();
    std::filesystem::remove_all(directory);
}

void HttpTest::make_certificate() {
    ChildProcess openssl({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                          "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                          "/CN=barid test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                          directory / "key.pem", "-out", directory / "cert.pem", "-batch"});
    if (openssl.wait() != 0) throw std::runtime_error("openssl made no certificate");
}

void HttpTest::replace_client(http::ClientOptions options) {
    options.ca_file = directory / "cert.pem";
    client = std::make_unique<http::CurlHttpClient>(io, std::move(options));
}

void HttpTest::run_until(const bool& finished) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    io.restart();
    while (!finished) {
        if (io.run_one_until(deadline) == 0) {
            if (io.stopped()) io.restart();
            if (std::chrono::steady_clock::now() < deadline) continue;
            throw std::runtime_error("the coroutine did not finish in time");
        }
    }
}

http::Error HttpTest::send_error(http::Request request) {
    try {
        const auto response = send(std::move(request));
        ADD_FAILURE() << "no error, but status " << response.status;
    } catch (const http::Error& error) {
        return error;
    }
    return {barid::Error::Retry::permanent, http::Sent::yes, "none", "no error"};
}

std::int64_t HttpTest::seen(const std::string& id) {
    const auto response = send({.url = plain + "/seen/" + id});
    return body_of(response).at("count").as_int64();
}

std::int64_t HttpTest::connections(const std::string& server) {
    const auto response = send({.url = plain + "/connections"});
    return body_of(response).at(server).as_int64();
}

}  // namespace barid::support
