#include <signal.h>

#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::Cli;
using support::failed;
using support::succeeded;

class CliWork : public testing::Test {
  protected:
    /// Waits until the worker holds its lease, or has ended.
    bool ready(support::ChildProcess& worker) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (database.sql("SELECT count(*) FROM barid.worker") == "0") {
            if (worker.wait(20ms) || std::chrono::steady_clock::now() > until) return false;
        }
        return true;
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliWork, StopsOnSigtermWithZero) {
    const auto worker = cli.start({"work"});
    ASSERT_TRUE(ready(*worker)) << cli.stderr_text();
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(30s), 0) << cli.stderr_text();
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.worker"), "0");
}

TEST_F(CliWork, HealthAsksARunningWorker) {
    const std::string port = support::free_port();
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port;
    EXPECT_TRUE(
        failed(cli.run({"health"}), 1, "no answer from a worker at 127.0.0.1 port " + port));

    Cli other(database.url());
    other.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port;
    const auto worker = other.start({"work"});
    ASSERT_TRUE(ready(*worker)) << other.stderr_text();
    // The lease's row is seen a moment before the worker knows that it holds it.
    auto health = cli.run({"health"});
    for (int i = 0; i < 50 && health.code != 0; ++i) health = cli.run({"health"});
    EXPECT_TRUE(succeeded(health));
    EXPECT_TRUE(succeeded(cli.run({"doctor"}), "is served by a worker that runs"));
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(30s), 0) << other.stderr_text();
}

TEST_F(CliWork, HealthWithoutAPortSaysWhy) {
    EXPECT_TRUE(failed(cli.run({"health"}), 1, "http.bind names no fixed port"));
}

TEST_F(CliWork, AnUnwritableStoreIsUnavailable) {
    // A directory below a file: not even root can make it.
    const std::string path = cli.file("flat", "") + "/media";
    cli.environment["BARID_MEDIA_LOCAL_DIRECTORY"] = path;
    EXPECT_TRUE(failed(cli.run({"work"}), 7, path));
}

TEST_F(CliWork, AMissingCredentialsFileIsUnavailable) {
    cli.environment["BARID_NOTIFY_CHANNEL"] = "fcm";
    cli.environment["GOOGLE_APPLICATION_CREDENTIALS"] = (cli.directory() / "none.json").string();
    EXPECT_TRUE(failed(cli.run({"work"}), 7, "none.json"));
}

TEST_F(CliWork, CredentialsThatAreNoneAreUnavailableAndNotQuoted) {
    cli.environment["BARID_NOTIFY_CHANNEL"] = "fcm";
    cli.environment["GOOGLE_APPLICATION_CREDENTIALS"] =
        cli.file("account.json", R"({"type": "service_account", "private_key": "hunter2"})");
    const auto result = cli.run({"work"});
    EXPECT_TRUE(failed(result, 7, "account.json"));
    EXPECT_EQ((result.out + result.err).find("hunter2"), std::string::npos);
}

TEST_F(CliWork, ATakenPortIsUnavailable) {
    const support::TakenPort port;
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port.text();
    EXPECT_TRUE(failed(cli.run({"work"}), 7, port.text()));
}

}  // namespace
}  // namespace barid
