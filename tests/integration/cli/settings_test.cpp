#include "tests/integration/cli/cli.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::succeeded;

TEST(CliSettings, GoodOnesAreRight) {
    Cli cli("postgresql://shop@db/shop");
    EXPECT_TRUE(succeeded(cli.run({"config", "check"}), "the settings are right"));
}

TEST(CliSettings, EachWrongKeyHasItsOwnComplaint) {
    struct Case {
        std::string toml;
        std::string complaint;
    };
    const std::vector<Case> cases{
        {"[worker]\nconcurency = 5\n", ":2: worker.concurency: unknown; did you mean"},
        {"[wroker]\nconcurrency = 5\n", "wroker"},
        {"[worker]\nconcurrency = 0\n", ":2: worker.concurrency = 0: must be"},
        {"[worker]\nconcurrency = \"many\"\n", "worker.concurrency"},
        {"[worker]\nqueues = []\n", "worker.queues"},
        {"[worker]\nlease_ttl = \"2s\"\n", "worker.lease_ttl = \"2s\": must be a duration"},
        {"[worker]\nshutdown_grace = 30\n", "worker.shutdown_grace"},
        {"[worker]\nwakeup = \"shout\"\n", "worker.wakeup = \"shout\": must be one of"},
        {"[database]\npool_size = 1\n", "database.pool_size = 1"},
        {"[database]\nconnect_timeout = \"1ms\"\n", "database.connect_timeout"},
        {"[log]\nlevel = \"loud\"\n", "log.level = \"loud\": must be one of: debug"},
        {"[http]\nbind = \"localhost\"\n", "http.bind = \"localhost\""},
        {"[media]\nstore = \"ftp\"\n", "media.store = \"ftp\""},
        {"[media]\nstore = \"s3\"\n", "media.s3.bucket"},
        {"[media]\nmax_source_bytes = \"8MB\"\n", "media.max_source_bytes"},
        {"[media]\nwidths = [320, 160]\n", "media.widths"},
        {"[media]\nformats = [\"bmp\"]\n", "media.formats"},
        {"[notify]\nchannel = \"fcm\"\n", "notify.fcm.credentials_file"},
        {"[translate]\nproviders = [\"babel\"]\n", "translate.providers"},
        {"[translate]\nproviders = [\"deepl\"]\n", "translate.deepl.auth_key"},
        {"[worker\n", "barid.toml:1"}};
    for (const Case& wrong : cases) {
        Cli cli("postgresql://shop@db/shop");
        const std::string file = cli.file("barid.toml", wrong.toml);
        EXPECT_TRUE(failed(cli.run({"config", "check", "--config", file}), 3, wrong.complaint))
            << wrong.toml;
    }
}

TEST(CliSettings, AllMistakesAreToldTogether) {
    Cli cli("postgresql://shop@db/shop");
    const std::string file =
        cli.file("barid.toml", "[worker]\nconcurrency = 0\nlease_ttl = \"1s\"\n");
    cli.environment["BARID_LOG_LEVEL"] = "loud";
    cli.environment["BARID_WORKER_CONCURENCY"] = "3";
    const auto result = cli.run({"config", "check", "--config", file});
    EXPECT_TRUE(failed(result, 3, "the configuration has 4 problems"));
    EXPECT_TRUE(failed(result, 3, "worker.concurrency = 0"));
    EXPECT_TRUE(failed(result, 3, "worker.lease_ttl"));
    EXPECT_TRUE(failed(result, 3, "BARID_LOG_LEVEL"));
    EXPECT_TRUE(failed(result, 3, "BARID_WORKER_CONCURENCY"));
}

TEST(CliSettings, EveryCommandRefusesWrongOnes) {
    const std::vector<std::vector<std::string>> commands{
        {"migrate"},      {"work"},   {"jobs", "list"},   {"queues", "list"},
        {"enqueue", "a"}, {"health"}, {"config", "print"}};
    for (const auto& command : commands) {
        Cli cli("postgresql://shop@db/shop");
        cli.environment["BARID_LOG_LEVEL"] = "loud";
        EXPECT_TRUE(failed(cli.run(command), 3, "BARID_LOG_LEVEL = \"loud\"")) << command.front();
    }
}

TEST(CliSettings, AMissingFileIsWrong) {
    Cli cli("postgresql://shop@db/shop");
    const std::string file = (cli.directory() / "none.toml").string();
    EXPECT_TRUE(failed(cli.run({"--config", file, "config", "check"}), 3, "can't be read"));
}

TEST(CliSettings, WithoutADatabaseItSaysHowToGiveOne) {
    Cli cli;
    EXPECT_TRUE(failed(cli.run({"jobs", "list"}), 3, "DATABASE_URL"));
    EXPECT_TRUE(failed(cli.run({"work"}), 3, "DATABASE_URL"));
    EXPECT_TRUE(failed(cli.run({"migrate"}), 3, "DATABASE_URL"));
}

TEST(CliSettings, AnUnreadableConnectionStringIsNotRepeated) {
    Cli cli("postgresql//shop:hunter2@db/shop");
    const auto result = cli.run({"jobs", "list"});
    EXPECT_TRUE(failed(result, 3, "not a valid libpq URI"));
    EXPECT_EQ(result.err.find("hunter2"), std::string::npos);
}

TEST(CliSettings, PrintMasksSecrets) {
    Cli cli("postgresql://shop:hunter2@db/shop");
    cli.environment["BARID_TRANSLATE_DEEPL_AUTH_KEY"] = "key-hunter3";
    const auto result = cli.run({"config", "print"});
    EXPECT_TRUE(succeeded(result, "***"));
    EXPECT_TRUE(succeeded(result, "DATABASE_URL"));
    EXPECT_EQ((result.out + result.err).find("hunter"), std::string::npos);
}

TEST(CliUsage, UnknownThingsAreToldAtOnce) {
    Cli cli;  // the settings lack a database: the command line is looked at first
    EXPECT_TRUE(failed(cli.run({}), 2, "subcommand is required"));
    EXPECT_TRUE(failed(cli.run({"wrok"}), 2, "unknown command: wrok"));
    EXPECT_TRUE(failed(cli.run({"jobs", "shw"}), 2, "unknown command: shw"));
    EXPECT_TRUE(failed(cli.run({"work", "--fast"}), 2, "--fast"));
    EXPECT_TRUE(failed(cli.run({"jobs", "show", "seventeen"}), 2, "seventeen"));
    EXPECT_TRUE(failed(cli.run({"jobs", "show", "99999999999999999999"}), 2, "no job's id"));
    EXPECT_TRUE(failed(cli.run({"jobs", "list", "--state", "done"}), 2, "done"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "a", "{}", "--priority", "12"}), 2, "12"));
    EXPECT_TRUE(succeeded(cli.run({"--help"}), "migrate"));
}

}  // namespace
}  // namespace barid
