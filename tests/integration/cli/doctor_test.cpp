#include <unistd.h>

#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::json_lines;
using support::succeeded;

/// Status by check; the worst one where a check has several lines.
std::map<std::string, std::string> statuses(const std::string& out) {
    std::map<std::string, std::string> result;
    for (const json::value& line : json_lines(out)) {
        std::string& status = result[std::string(line.at("check").as_string())];
        const std::string next(line.at("status").as_string());
        if (status != "problem") status = next;
    }
    return result;
}

TEST(CliDoctor, FindsAGoodInstallationGood) {
    support::TestDatabase database;
    Cli cli(database.url());
    support::ChildProcess libretranslate(support::node_script("libretranslate_stub.mjs"));
    const std::string port = std::to_string(libretranslate.wait_ready());
    cli.environment["BARID_TRANSLATE_PROVIDERS"] = "libretranslate";
    cli.environment["BARID_TRANSLATE_LIBRETRANSLATE_URL"] = "http://127.0.0.1:" + port;
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + support::free_port();
    const auto result = cli.run({"doctor"}, std::chrono::seconds(60));
    EXPECT_TRUE(succeeded(result, "0 problems"));
    for (const char* words :
         {"PostgreSQL ", "may do all that a worker does", "schema        version",
          "put, read back, removed", "translates English to Arabic", "is free"}) {
        EXPECT_TRUE(succeeded(result, words));
    }
    const auto leftovers = cli.directory() / "media" / "doctor";
    EXPECT_TRUE(!std::filesystem::exists(leftovers) || std::filesystem::is_empty(leftovers));
}

TEST(CliDoctor, GoesOnAfterAFailureAndNamesEach) {
    const support::TakenPort port;
    Cli cli("postgresql://shop:hunter2@127.0.0.1:" + support::free_port() + "/shop");
    cli.environment["BARID_MEDIA_LOCAL_DIRECTORY"] = cli.file("flat", "") + "/media";
    cli.environment["BARID_MEDIA_ALLOWED_ROOTS"] = (cli.directory() / "nowhere").string();
    cli.environment["BARID_NOTIFY_CHANNEL"] = "fcm";
    cli.environment["GOOGLE_APPLICATION_CREDENTIALS"] = (cli.directory() / "none.json").string();
    cli.environment["BARID_TRANSLATE_PROVIDERS"] = "deepl,libretranslate";
    cli.environment["BARID_TRANSLATE_DEEPL_AUTH_KEY"] = "hunter3:fx";
    const std::string closed = "http://127.0.0.1:" + support::free_port();
    cli.environment["BARID_TRANSLATE_DEEPL_URL"] = closed;
    cli.environment["BARID_TRANSLATE_LIBRETRANSLATE_URL"] = closed;
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port.text();
    const auto result = cli.run({"doctor", "--json"}, std::chrono::seconds(60));
    EXPECT_EQ(result.code, 1) << result.err;
    const auto found = statuses(result.out);
    for (const char* check : {"database", "store", "push", "deepl", "libretranslate", "http"}) {
        EXPECT_EQ(found.contains(check) ? found.at(check) : "missing", "problem") << check;
    }
    EXPECT_EQ(found.at("configuration"), "ok");
    EXPECT_EQ(found.at("pictures"), "ok") << result.out;
    EXPECT_EQ(found.at("sources"), "warning");
    EXPECT_EQ((result.out + result.err).find("hunter"), std::string::npos);
}

TEST(CliDoctor, WrongSettingsAreProblems) {
    Cli cli("postgresql://shop@db/shop");
    cli.environment["BARID_LOG_LEVEL"] = "loud";
    cli.environment["BARID_WORKER_CONCURRENCY"] = "0";
    const auto result = cli.run({"doctor"});
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.out.find("PROBLEM  configuration environment: BARID_LOG_LEVEL"),
              std::string::npos)
        << result.out;
    EXPECT_NE(result.out.find("2 problems"), std::string::npos);
}

TEST(CliDoctor, TellsAMissingSchemaAndMissingRights) {
    support::TestDatabase empty(support::Schema::empty);
    Cli cli(empty.url());
    auto result = cli.run({"doctor", "--json"});
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(statuses(result.out)["schema"], "problem");

    support::TestDatabase database;
    const std::string role = "barid_cli_doctor_" + std::to_string(::getpid());
    database.sql("CREATE ROLE " + role + " LOGIN");
    cli.environment["DATABASE_URL"] = support::with_user(database.url(), role);
    result = cli.run({"doctor"});
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.out.find("GRANT barid_worker TO \"" + role + "\""), std::string::npos)
        << result.out;
    database.sql("GRANT barid_worker TO " + role);
    result = cli.run({"doctor"});
    EXPECT_EQ(result.code, 0) << result.out;
    database.sql("DROP ROLE " + role);
}

}  // namespace
}  // namespace barid
