#include "tests/integration/notify/fcm_fixture.hpp"

#include <stdlib.h>

#include <fstream>
#include <stdexcept>

namespace barid::support {
namespace {

constexpr const char* kEmail = "barid@shop-1.iam.gserviceaccount.com";

std::filesystem::path make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "barid-fcm-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return pattern;
}

void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    ChildProcess process(std::move(arguments));
    if (process.wait() != 0) throw std::runtime_error("openssl failed");
}

std::string slurp(const std::filesystem::path& path) {
    std::string text;
    std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) throw std::runtime_error("can't read " + path.string());
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0;) {
        text.append(buffer, n);
    }
    return text;
}

}  // namespace

FcmStub::FcmStub(IoFixture& io) : io_(io), directory_(make_directory()) {
    const auto path = [&](const char* name) { return (directory_ / name).string(); };
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=barid test", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", path("key.pem"), "-out", path("cert.pem"), "-batch"});
    openssl({"genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
             path("account.pem")});
    openssl({"pkey", "-in", path("account.pem"), "-pubout", "-out", path("account.pub.pem")});
    server_ = std::make_unique<ChildProcess>(node_script(
        "fcm_stub.mjs", {path("key.pem"), path("cert.pem"), path("account.pub.pem"), kEmail}));
    control_url_ = "http://127.0.0.1:" + server_->wait_for_line("CONTROL");
    url_ = "https://127.0.0.1:" + std::to_string(server_->wait_ready());

    const json::object account{
        {"type", "service_account"}, {"project_id", "shop-1"},
        {"private_key_id", "key-1"}, {"private_key", slurp(path("account.pem"))},
        {"client_email", kEmail},    {"token_uri", url_ + "/token"}};
    const std::string text = json::serialize(account);
    std::ofstream(path("account.json")) << text;
    credentials_ = oauth::ServiceAccountKey::parse(text, "account.json");
    http::ClientOptions options;
    options.ca_file = path("cert.pem");
    http_ = std::make_unique<http::CurlHttpClient>(io_.io, std::move(options));
    tokens_ = std::make_unique<oauth::AccessTokenSource>(*http_, clock_, credentials_);
    sends_ = std::make_unique<http::Http2Client>(
        io_.io, http::Http2Options{.origin = url_, .ca_file = path("cert.pem")});
    client_ = std::make_unique<notify::FcmClient>(
        *sends_, clock_, *tokens_,
        notify::FcmOptions{.endpoint = url_ + "/", .timeout = std::chrono::seconds(1)});
    channel_ = std::make_unique<notify::FcmChannel>(*client_);
}

FcmStub::~FcmStub() {
    sends_.reset();
    http_.reset();
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

json::object FcmStub::control(const std::string& path) {
    http::Request request;
    request.url = control_url_ + path;
    const http::Response response = io_.run(http_->send(std::move(request)));
    return parse_json(response.body).as_object();
}

std::int64_t FcmStub::sends_to(const std::string& target) {
    const json::object seen = state();
    const json::value* count = seen.at("by_target").as_object().if_contains(target);
    return count != nullptr ? count->as_int64() : 0;
}

std::int64_t FcmStub::number(const std::string& name) {
    return state().at(name).as_int64();
}

}  // namespace barid::support
