#include <gmock/gmock.h>

#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class ConfigLoad : public ConfigTest {};

TEST_F(ConfigLoad, GivesTheDefaultsWithoutFileAndVariables) {
    const Settings settings = load(std::nullopt, {});
    EXPECT_EQ(settings.database.pool_size, 10);
    EXPECT_EQ(settings.worker.lease_ttl, 8s);
    EXPECT_EQ(settings.worker.queues, std::vector<std::string>{"default"});
    EXPECT_EQ(settings.http.bind, (Bind{"127.0.0.1", 8787}));
    EXPECT_TRUE(settings.origins.empty());
}

TEST_F(ConfigLoad, ReadsEveryKindOfValueFromTheFile) {
    const Settings settings = load_text(R"(
        [database]
        url = "postgresql://db/shop"
        pool_size = 20
        connect_timeout = "250ms"
        [worker]
        name = "eg-1"
        queues = ["*"]
        wakeup = "poll"
        [log]
        level = "debug"
        format = "json"
        [http]
        bind = "[::1]:9000"
        [media]
        allowed_hosts = ["minio", "10.0.0.5"]
        max_source_bytes = "8MiB"
        widths = [100, 200]
        [media.s3]
        path_style = false
    )");
    EXPECT_EQ(settings.database.url.reveal(), "postgresql://db/shop");
    EXPECT_EQ(settings.database.pool_size, 20);
    EXPECT_EQ(settings.database.connect_timeout, 250ms);
    EXPECT_EQ(settings.worker.name, "eg-1");
    EXPECT_EQ(settings.worker.queues, std::vector<std::string>{"*"});
    EXPECT_EQ(settings.worker.wakeup, Wakeup::poll);
    EXPECT_EQ(settings.log.level, log::Level::debug);
    EXPECT_EQ(settings.log.format, log::Format::json);
    EXPECT_EQ(settings.http.bind, (Bind{"::1", 9000}));
    EXPECT_THAT(settings.media.allowed_hosts, ElementsAre("minio", "10.0.0.5"));
    EXPECT_EQ(settings.media.max_source_bytes, std::uint64_t{8} << 20);
    EXPECT_THAT(settings.media.widths, ElementsAre(100, 200));
    EXPECT_FALSE(settings.media.s3.path_style);
}

TEST_F(ConfigLoad, LetsVariablesOverrideTheFile) {
    const Settings settings = load_text("[worker]\nconcurrency = 7\nname = 'file'\n",
                                        {{"BARID_WORKER_CONCURRENCY", "9"},
                                         {"BARID_WORKER_QUEUES", "mail, images"},
                                         {"BARID_MEDIA_WIDTHS", "100,300"},
                                         {"BARID_MEDIA_S3_PATH_STYLE", "false"},
                                         {"PATH", "/bin"}});
    EXPECT_EQ(settings.worker.concurrency, 9);
    EXPECT_EQ(settings.worker.name, "file");
    EXPECT_THAT(settings.worker.queues, ElementsAre("mail", "images"));
    EXPECT_THAT(settings.media.widths, ElementsAre(100, 300));
    EXPECT_FALSE(settings.media.s3.path_style);
    EXPECT_EQ(settings.origins.at("worker.concurrency"), "BARID_WORKER_CONCURRENCY");
    EXPECT_EQ(settings.origins.at("worker.name"), path("barid.toml").string() + ":3");
}

TEST_F(ConfigLoad, PrefersFileAndOwnVariablesToTheUsualOnes) {
    const Environment usual = {{"DATABASE_URL", "usual"}};
    EXPECT_EQ(load(std::nullopt, usual).database.url.reveal(), "usual");
    EXPECT_EQ(load_text("[database]\nurl = 'file'\n", usual).database.url.reveal(), "file");
    const Environment both = {{"DATABASE_URL", "usual"}, {"BARID_DATABASE_URL", "own"}};
    EXPECT_EQ(load_text("[database]\nurl = 'file'\n", both).database.url.reveal(), "own");
    const Settings fcm = load(std::nullopt, {{"GOOGLE_APPLICATION_CREDENTIALS", "/run/sa.json"}});
    EXPECT_EQ(fcm.notify.fcm.credentials_file, "/run/sa.json");
}

TEST_F(ConfigLoad, TakesAnEmptyVariableAsNotSet) {
    const Settings settings =
        load_text("[worker]\nconcurrency = 7\n", {{"BARID_WORKER_CONCURRENCY", ""},
                                                  {"BARID_DATABASE_URL", ""},
                                                  {"DATABASE_URL", ""},
                                                  {"BARID_DATABASE_URL_FILE", ""}});
    EXPECT_EQ(settings.worker.concurrency, 7);
    EXPECT_TRUE(settings.database.url.empty());
}

TEST_F(ConfigLoad, NamesAnUnknownKeyWithItsLineAndTheLikelyOne) {
    EXPECT_THAT(problems("[worker]\n\nconcurency = 7\n"),
                ElementsAre("barid.toml:3: worker.concurency: unknown; did you mean "
                            "worker.concurrency?"));
    EXPECT_THAT(problems("pool_size = 7\n"),
                ElementsAre("barid.toml:1: pool_size: unknown; did you mean "
                            "database.pool_size?"));
    EXPECT_THAT(problems("[media.s3]\nsecret_kye_file = '/x'\n"),
                ElementsAre(HasSubstr("did you mean media.s3.secret_key_file?")));
    EXPECT_THAT(problems("[worker]\nfavourite_colour = 'red'\n"),
                ElementsAre("barid.toml:2: worker.favourite_colour: unknown; `barid config print` "
                            "lists everything that is known"));
}

TEST_F(ConfigLoad, NamesAnUnknownSectionOnce) {
    EXPECT_THAT(problems("[databse]\nurl = 'a'\npool_size = 3\n"),
                ElementsAre("barid.toml:1: databse: unknown; did you mean database?"));
    EXPECT_THAT(problems("[media.s4.deep.deeper]\na = 1\n"),
                ElementsAre(HasSubstr("media.s4: unknown; did you mean media.s3?")));
}

TEST_F(ConfigLoad, RefusesASectionThatIsNoSection) {
    EXPECT_THAT(problems("worker = 3\n"),
                ElementsAre("barid.toml:1: worker: is a section: write [worker] once, found an "
                            "integer"));
    EXPECT_THAT(problems("[[media.s3]]\nbucket = 'a'\n"),
                ElementsAre(HasSubstr("media.s3: is a section: write [media.s3] once, found a "
                                      "list of tables")));
}

TEST_F(ConfigLoad, DoesNotTakeAQuotedNameForASection) {
    EXPECT_THAT(problems("\"worker.concurrency\" = 3\n"),
                ElementsAre(HasSubstr("\"worker.concurrency\": unknown")));
}

TEST_F(ConfigLoad, NamesAWrongTypeAndTheRightOne) {
    EXPECT_THAT(problems("[worker]\nconcurrency = 'many'\nqueues = 'default'\nlease_ttl = 8\n"),
                ElementsAre("barid.toml:2: worker.concurrency: must be an integer from 1 to 10000, "
                            "found a text",
                            AllOf(StartsWith("barid.toml:3: worker.queues: must be 1 to 100 queue "
                                             "names"),
                                  HasSubstr("found a text")),
                            AllOf(HasSubstr("worker.lease_ttl: must be a duration from 3s to 1m"),
                                  HasSubstr("found an integer"))));
    EXPECT_THAT(
        problems("[media]\nwidths = [1, 'b']\nallowed_roots = [1]\nstore = 1.5\n"
                 "[media.s3]\npath_style = 'true'\nbucket = 2026-01-01\n"),
        ElementsAre(HasSubstr("found a list of other things"),
                    HasSubstr("found a list of integers"), HasSubstr("found a decimal number"),
                    HasSubstr("must be true or false, found a text"),
                    HasSubstr("found a date or time")));
    EXPECT_THAT(problems("[worker]\nname = {first = 'a'}\n"),
                ElementsAre(HasSubstr("worker.name: must be letters")));
}

TEST_F(ConfigLoad, NamesAValueOutOfRangeAndTheRange) {
    EXPECT_THAT(problems("[worker]\nconcurrency = 0\nlease_ttl = '2s'\n[database]\npool_size = "
                         "101\n[media]\nmax_source_bytes = '2GiB'\n"),
                ElementsAre("barid.toml:2: worker.concurrency = 0: must be an integer from 1 to "
                            "10000",
                            AllOf(HasSubstr("worker.lease_ttl = \"2s\": must be a duration from "
                                            "3s to 1m"),
                                  HasSubstr("\"250ms\"")),
                            HasSubstr("database.pool_size = 101: must be an integer from 2 to 100"),
                            HasSubstr("media.max_source_bytes = \"2GiB\": must be a size from "
                                      "1KiB to 1GiB")));
    EXPECT_EQ(load_text("[worker]\nconcurrency = 10000\nlease_ttl = '60s'\n").worker.lease_ttl,
              60s);
}

TEST_F(ConfigLoad, NamesABadDuration) {
    EXPECT_THAT(problems("[worker]\npoll_interval = 'soon'\n"),
                ElementsAre(HasSubstr("worker.poll_interval = \"soon\": must be a duration")));
}

TEST_F(ConfigLoad, NamesAnUnknownChoiceAndTheChoices) {
    EXPECT_THAT(problems("[log]\nlevel = 'loud'\n[media]\nstore = 'S3'\n"),
                ElementsAre("barid.toml:2: log.level = \"loud\": must be one of: debug, info, "
                            "warn, error, off",
                            HasSubstr("must be one of: local, s3, bunny")));
}

TEST_F(ConfigLoad, NamesABadItemOfAList) {
    EXPECT_THAT(problems("[worker]\nqueues = ['a', 'b c', 'd']\n[translate]\nproviders = "
                         "['babel']\n[media]\nallowed_roots = ['etc']\nallowed_hosts = "
                         "['a', '*.b']\nwidths = [320, 160]\nformats = ['webp', 'webp']\n"),
                ElementsAre(HasSubstr("\"b c\" is not"), HasSubstr("\"babel\" is not"),
                            HasSubstr("\"etc\" is not"), HasSubstr("\"*.b\" is not"),
                            HasSubstr("ascending"), HasSubstr("\"webp\" is there twice")));
    EXPECT_THAT(problems("[worker]\nqueues = ['*', 'mail']\n"), SizeIs(1));
    EXPECT_THAT(problems("[worker]\nqueues = ['Mail']\n"), ElementsAre(HasSubstr("\"Mail\" is")));
    EXPECT_THAT(problems("[worker]\nqueues = []\n[media]\nwidths = []\nformats = []\n"), SizeIs(3));
    EXPECT_THAT(problems("[media]\nallowed_hosts = ['a:80', 'u@a', 'http://a', 'a/b']\n"),
                SizeIs(1));
}

TEST_F(ConfigLoad, NamesABadUrlAndAddress) {
    EXPECT_THAT(problems("[http]\nbind = 'localhost'\n[notify.fcm]\nendpoint = 'fcm'\n"
                         "[media.local]\ndirectory = 'media'\n"),
                ElementsAre(HasSubstr("http.bind = \"localhost\": must be an address and a port"),
                            HasSubstr("notify.fcm.endpoint = \"fcm\": must be an https URL"),
                            HasSubstr("media.local.directory = \"media\": must be an absolute")));
}

TEST_F(ConfigLoad, ReportsEverythingAtOnceInOrderOfLines) {
    const std::string toml = "[worker]\nqueues = 3\nconcurrency = 0\n[database]\npoolsize = 1\n";
    try {
        load_text(toml, {{"BARID_LOG_LEVEL", "loud"}, {"BARID_LOGLEVEL", "info"}});
        FAIL() << "must throw";
    } catch (const Error& error) {
        EXPECT_FALSE(error.transient());
        EXPECT_THAT(error.problems(), SizeIs(5));
        const std::string what = error.what();
        EXPECT_THAT(what, StartsWith("the configuration has 5 problems:\n  "));
        EXPECT_LT(what.find("barid.toml:2"), what.find("barid.toml:3"));
        EXPECT_LT(what.find("barid.toml:3"), what.find("barid.toml:5"));
        EXPECT_LT(what.find("barid.toml:5"), what.find("environment: BARID_LOG_LEVEL"));
    }
}

TEST_F(ConfigLoad, BoundsTheReportOfAHugeMess) {
    std::string toml;
    for (int i = 0; i < 1000; ++i) toml += "unknown_" + std::to_string(i) + " = 1\n";
    try {
        load_text(toml);
        FAIL() << "must throw";
    } catch (const Error& error) {
        EXPECT_THAT(error.problems(), SizeIs(1000));
        EXPECT_THAT(error.what(), HasSubstr("and 900 more"));
    }
}

TEST_F(ConfigLoad, NamesBadVariables) {
    EXPECT_THAT(problems("", {{"BARID_WORKER_CONCURRENCY", "many"},
                              {"BARID_WORKER_LEASE_TTL", "1h"},
                              {"BARID_MEDIA_S3_PATH_STYLE", "yes"},
                              {"BARID_WORKER_CONCURENCY", "5"},
                              {"BARID_WORKER_NAME", "\xff\xfe"}}),
                testing::UnorderedElementsAre(
                    "environment: BARID_WORKER_CONCURRENCY = \"many\": must be an integer from 1 "
                    "to 10000",
                    HasSubstr("environment: BARID_WORKER_LEASE_TTL = \"1h\": must be a duration"),
                    HasSubstr("BARID_MEDIA_S3_PATH_STYLE = \"yes\": must be true or false"),
                    "environment: BARID_WORKER_CONCURENCY: unknown; did you mean "
                    "BARID_WORKER_CONCURRENCY?",
                    HasSubstr("BARID_WORKER_NAME: must be valid UTF-8")));
}

TEST_F(ConfigLoad, IgnoresVariablesThatOthersNamedLikeBarid) {
    EXPECT_THAT(problems("", {{"BARID_SERVICE_HOST", "10.0.0.1"},
                              {"BARID_SERVICE_PORT_HTTP", "8787"},
                              {"BARID_PORT", "tcp://10.0.0.1:8787"},
                              {"BARID_PORT_8787_TCP_ADDR", "10.0.0.1"},
                              {"BARID_TEST_DATABASE_URL", "x"},
                              {"BARIDX", "x"}}),
                IsEmpty());
    EXPECT_THAT(problems("", {{"BARID_PORT", "8787"}}), SizeIs(1));
}

TEST_F(ConfigLoad, NamesAMissingOrUnreadableFile) {
    EXPECT_THROW(load(path("none.toml"), {}), Error);
    EXPECT_EQ(check(path("none.toml"), {}).at(0).line(),
              path("none.toml").string() + ": can't be read: No such file or directory");
    EXPECT_THAT(check(path(""), {}).at(0).message, HasSubstr("is not a regular file"));
    EXPECT_THAT(problems(std::string((1 << 20) + 1, '\n')),
                ElementsAre("barid.toml: is larger than 1024 KiB"));
}

TEST_F(ConfigLoad, NamesTheLineOfASyntaxErrorAndStillChecksTheVariables) {
    EXPECT_THAT(problems("[worker]\nname = 'a'\nname = \n", {{"BARID_LOG_LEVEL", "loud"}}),
                ElementsAre(StartsWith("barid.toml:3: not valid TOML, column "),
                            HasSubstr("BARID_LOG_LEVEL")));
    EXPECT_THAT(problems("[worker]\nname = 'a'\nname = 'b'\n"), SizeIs(1));
    EXPECT_THAT(problems("name = '\xff'\n"), ElementsAre(HasSubstr("not valid TOML")));
}

TEST_F(ConfigLoad, SurvivesDeepNesting) {
    EXPECT_THAT(problems("a = " + std::string(3000, '[')), SizeIs(1));
    std::string dotted = "a";
    for (int i = 0; i < 2000; ++i) dotted += ".a";
    EXPECT_THAT(problems(dotted + " = 1\n"), SizeIs(1));
    EXPECT_THAT(problems("[" + dotted + "]\n" + dotted + " = 1\n"), SizeIs(1));
    for (int i = 0; i < 200'000; ++i) dotted += ".a";
    EXPECT_THAT(problems("\n" + dotted + " = 1\n"),
                ElementsAre(StartsWith("barid.toml:2: the line is longer than 4 KiB")));
}

TEST_F(ConfigLoad, RefusesNulAndEndlessTexts) {
    EXPECT_THAT(problems("[worker]\nname = \"a\\u0000b\"\n"),
                ElementsAre(HasSubstr("without NUL")));
    EXPECT_THAT(problems("[media]\nallowed_roots = [\"/a\\u0000\"]\n"),
                ElementsAre(HasSubstr("without NUL")));
    EXPECT_THAT(
        problems("", {{"BARID_MEDIA_S3_BUCKET", std::string(5000, 'a')}}),
        ElementsAre(AllOf(HasSubstr("at most 4096 bytes"), Not(SizeIs(testing::Ge(400U))))));
}

TEST_F(ConfigLoad, AsksForWhatTheChosenStoreNeeds) {
    EXPECT_THAT(problems("[media]\nstore = 's3'\n[media.s3]\nendpoint = 'https://s3.local'\n"
                         "access_key = 'a'\nsecret_key = 'b'\nbase_url = 'https://cdn'\n"),
                ElementsAre("barid.toml:2: media.s3.bucket: is required when media.store = "
                            "\"s3\""));
    EXPECT_THAT(
        problems("", {{"BARID_MEDIA_STORE", "bunny"}}),
        ElementsAre(HasSubstr("BARID_MEDIA_STORE: media.bunny.zone: is required"),
                    HasSubstr("media.bunny.access_key"), HasSubstr("media.bunny.base_url")));
    EXPECT_THAT(problems("[media.local]\ndirectory = ''\nbase_url = ''\n"),
                ElementsAre("settings: media.local.directory: is required when media.store = "
                            "\"local\"",
                            HasSubstr("media.local.base_url")));
}

TEST_F(ConfigLoad, AsksForWhatChannelAndProvidersNeed) {
    EXPECT_THAT(problems("[notify]\nchannel = 'fcm'\n[notify.fcm]\nendpoint = ''\n"),
                ElementsAre(HasSubstr("notify.fcm.credentials_file: is required when "
                                      "notify.channel = \"fcm\""),
                            HasSubstr("notify.fcm.endpoint")));
    EXPECT_THAT(problems("[translate]\nproviders = ['libretranslate', 'deepl']\n"),
                ElementsAre(HasSubstr("translate.libretranslate.url: is required when "
                                      "translate.providers holds \"libretranslate\""),
                            HasSubstr("translate.deepl.auth_key")));
}

TEST_F(ConfigLoad, DoesNotAskTwiceForAValueThatIsThereButBad) {
    EXPECT_THAT(problems("[translate]\nproviders = ['libretranslate']\n"
                         "[translate.libretranslate]\nurl = 'nowhere'\n"),
                ElementsAre(HasSubstr("url = \"nowhere\": must be an http or https URL")));
}

TEST_F(ConfigLoad, SaysHowToGiveADatabase) {
    EXPECT_NO_THROW(require_database(load(std::nullopt, {{"DATABASE_URL", "x"}})));
    try {
        require_database(Settings{});
        FAIL() << "must throw";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("database.url: is required"),
                                        HasSubstr("DATABASE_URL"), HasSubstr("postgresql://")));
    }
}

TEST(ConfigEnvironment, ReadsTheProcess) {
    ASSERT_EQ(::setenv("BARID_TEST_SAMPLE", "a=b", 1), 0);
    EXPECT_EQ(process_environment().at("BARID_TEST_SAMPLE"), "a=b");
    ::unsetenv("BARID_TEST_SAMPLE");
}

}  // namespace
}  // namespace barid::config
