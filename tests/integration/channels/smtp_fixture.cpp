#include "tests/integration/channels/smtp_fixture.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace barid::support {

SmtpTest::SmtpTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "barid-smtp-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory = pattern;
    ChildProcess openssl({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                          "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                          "/CN=barid test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                          directory / "key.pem", "-out", directory / "cert.pem", "-batch"});
    if (openssl.wait() != 0) throw std::runtime_error("openssl made no certificate");
    server_ = std::make_unique<ChildProcess>(
        node_script("smtp_stub.mjs", {directory / "key.pem", directory / "cert.pem"}));
    smtp = "smtp://127.0.0.1:" + server_->wait_for_line("SMTP ");
    smtps = "smtps://127.0.0.1:" + server_->wait_for_line("SMTPS ");
    control_ = "http://127.0.0.1:" + server_->wait_for_line("READY");
    http_ = std::make_unique<http::CurlHttpClient>(io.io);
    options.from = {.name = "متجر البريد", .address = "orders@shop.example"};
    connect(client_options());
}

SmtpTest::~SmtpTest() {
    client.reset();
    http_.reset();
    std::filesystem::remove_all(directory);
}

smtp::ClientOptions SmtpTest::client_options() const {
    return {.url = smtp,
            .ca_file = directory / "cert.pem",
            .hello = "barid.test",
            .connections = 1,
            .total_timeout = std::chrono::seconds(20)};
}

void SmtpTest::connect(smtp::ClientOptions given) {
    client.reset();
    client = std::make_unique<smtp::Client>(std::move(given));
}

void SmtpTest::rules(const std::string& json) {
    io.run(http_->send({.method = "POST", .url = control_ + "/rules", .body = json}));
}

json::object SmtpTest::seen() {
    return parse_json(io.run(http_->send({.url = control_ + "/seen"})).body).as_object();
}

void SmtpTest::wait_for_messages(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (messages().size() < count) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no message");
    }
}

notify::SendResult SmtpTest::send(const notify::PushMessage& message) {
    notify::SmtpChannel channel(*client, clock, options);
    return io.run(channel.send(target, message));
}

notify::PushMessage SmtpTest::letter() {
    notify::PushMessage message;
    message.nid = "019a4c2e-7b10-7c3d-8e2f-0123456789ab";
    message.category = "orders";
    message.locale = "ar-EG";
    message.title = "تم شحن طلبك رقم \u2068A-1042\u2069 وسيصل يوم الأحد إن شاء الله قبل الساعة ٥";
    message.body = "مرحبا ليلى،\n.يصل الطلب غدا.\n.\nالمبلغ ١٬٢٥٠٫٥٠ ج.م.\n";
    message.html = "<p>مرحبا <b>ليلى</b></p>\n.<p>المبلغ: 1,250.50 EGP = جنيه</p>";
    return message;
}

json::object SmtpTest::read_message() {
    const json::array all = messages();
    if (all.size() != 1) throw std::runtime_error("there is not one message");
    const std::filesystem::path file = directory / "message.eml";
    std::ofstream(file, std::ios::binary) << std::string(all[0].at("text").as_string());
    ChildProcess python(
        {"sh", "-c", "python3 " BARID_TEST_SUPPORT "/read_email.py < " + file.string()});
    if (python.wait() != 0) throw std::runtime_error("the parser failed");
    return parse_json(python.output()).as_object();
}

}  // namespace barid::support
