// A worker that is configured for e-mail and webhooks delivers by them.
#include <signal.h>

#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::ChildProcess;
using support::Cli;

void run(const std::vector<std::string>& command) {
    ChildProcess child(command);
    ASSERT_EQ(child.wait(), 0) << command[0];
}

std::string read(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

TEST(CliMailWork, AWorkerSendsWhatItsConfigurationNames) {
    const support::TestDatabase database;
    Cli cli(database.url());
    const auto at = [&](const char* name) { return (cli.directory() / name).string(); };
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=barid test", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", at("key.pem"), "-out", at("cert.pem"),
         "-batch"});
    run({"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
         at("account.pem")});
    // Phones aren't reached here; the process needs an account that it could reach them with.
    const json::object account{{"type", "service_account"},
                               {"project_id", "shop"},
                               {"private_key_id", "k"},
                               {"private_key", read(at("account.pem"))},
                               {"client_email", "barid@shop.example"},
                               {"token_uri", "https://127.0.0.1:1/token"}};
    const std::string secret = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
    ChildProcess mail(support::node_script("smtp_stub.mjs", {at("key.pem"), at("cert.pem")}));
    ChildProcess hook(support::node_script("deliver_stub.mjs", {secret}));
    cli.environment["BARID_NOTIFY_CHANNEL"] = "fcm";
    cli.environment["BARID_NOTIFY_FCM_CREDENTIALS_FILE"] =
        cli.file("account.json", json::serialize(account));
    cli.environment["BARID_NOTIFY_EMAIL_URL"] = "smtp://127.0.0.1:" + mail.wait_for_line("SMTP ");
    cli.environment["BARID_NOTIFY_EMAIL_FROM"] = "متجرنا <orders@shop.example>";
    cli.environment["BARID_NOTIFY_EMAIL_CA_FILE"] = at("cert.pem");
    cli.environment["BARID_NOTIFY_WEBHOOK_URL"] =
        "http://127.0.0.1:" + std::to_string(hook.wait_ready()) + "/ok";
    cli.environment["BARID_NOTIFY_WEBHOOK_SECRETS"] = secret;
    cli.environment["BARID_NOTIFY_WEBHOOK_ALLOW_PRIVATE"] = "true";
    database.sql("SELECT barid.set_contact('layla', 'layla@example.com')");
    database.sql(
        "SELECT barid.notify('layla', title => '{\"ar\": \"طلبك\"}', body => '{\"ar\": \"غدا\"}', "
        "channels => '{email,webhook}')");

    const auto worker = cli.start({"work"});
    const auto until = std::chrono::steady_clock::now() + 40s;
    while (database.sql("SELECT count(*) FROM barid.delivery WHERE state = 'accepted'") != "2") {
        ASSERT_LT(std::chrono::steady_clock::now(), until)
            << database.sql("SELECT string_agg(d::text, ' ') FROM barid.delivery_attempt d")
            << cli.stderr_text();
        ASSERT_FALSE(worker->wait(50ms)) << cli.stderr_text();
    }
    const json::value seen = parse_json(hook.wait_for_line("SEEN"));
    EXPECT_EQ(seen.as_object().at("problem").as_string(), "");
    EXPECT_EQ(database.sql("SELECT string_agg(channel, ' ' ORDER BY channel) FROM barid.delivery"),
              "email webhook");
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(30s), 0) << cli.stderr_text();
    EXPECT_EQ(cli.stderr_text().find(secret), std::string::npos);
}

}  // namespace
}  // namespace barid
