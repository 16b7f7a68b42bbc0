// `barid dev` as a process: what it shows, and what is left when it ends in any way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <sstream>
#include <thread>

#include "tests/support/child_process.hpp"

namespace barid {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using support::ChildProcess;
using testing::HasSubstr;
using testing::Not;

class DevCommand : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "barid-test-dev-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        place_ = name;
        // PostgreSQL runs as another user when the tests run as root.
        fs::permissions(place_, fs::perms(0755));
        fs::create_directory(place_ / "tmp");
        fs::create_directory(place_ / "cwd");
    }
    void TearDown() override { fs::remove_all(place_); }

    [[nodiscard]] std::unique_ptr<ChildProcess> start(
        const std::vector<std::string>& arguments) const {
        std::vector<std::string> argv = {BARID_PROGRAM, "dev"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        ChildProcess::Options options;
        options.environment = {{"TMPDIR", (place_ / "tmp").string()}, {"BARID_LOG_LEVEL", "warn"}};
        options.directory = (place_ / "cwd").string();
        return std::make_unique<ChildProcess>(argv, options);
    }

    /// Waits for a state of other processes, which tell nobody.
    static bool eventually(const std::function<bool()>& holds, std::chrono::seconds limit = 20s) {
        const auto until = std::chrono::steady_clock::now() + limit;
        while (!holds()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(20ms);  // style(sleep): polls what gives no signal
        }
        return true;
    }

    [[nodiscard]] bool nothing_left() const { return fs::is_empty(place_ / "tmp"); }

    /// Standard output of psql; empty when it failed.
    static std::string psql(const std::string& url, const std::vector<std::string>& arguments) {
        std::vector<std::string> argv = {"psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        ChildProcess child(argv);
        return child.wait(30s) == 0 ? child.output() : "";
    }
    static bool reachable(const std::string& url) { return psql(url, {"-c", "SELECT 1"}) == "1\n"; }

    fs::path place_;
};

TEST_F(DevCommand, TheDemoHoldsAllItsExpectationsAndLeavesNothing) {
    const auto demo = start({"--demo", "--once"});
    ASSERT_EQ(demo->wait(170s), 0) << demo->output();
    const std::string& shown = demo->output();
    EXPECT_THAT(shown, HasSubstr("expectations held.\n"));
    EXPECT_THAT(shown, Not(HasSubstr("FAILED")));
    EXPECT_THAT(shown, HasSubstr("3 pictures drawn for the occasion"));
    EXPECT_THAT(shown, testing::ContainsRegex("demo.flaky +completed +1 +3 +3 "));
    EXPECT_THAT(shown, testing::ContainsRegex("demo.broken +failed +1 +3 +3 "));
    EXPECT_THAT(shown, testing::ContainsRegex("doomed-worker +4.0 s .* completed at attempt 2"));
    EXPECT_THAT(shown, testing::ContainsRegex("mug +png 900×900 "));
    EXPECT_THAT(shown, HasSubstr("في الطريق إليك"));
    // It is not a terminal that it writes to.
    EXPECT_EQ(shown.find_first_of("\x1b\r"), std::string::npos);
    EXPECT_TRUE(nothing_left());
}

TEST_F(DevCommand, ADemoThatIsStoppedFailsAndLeavesNothing) {
    const auto demo = start({"--demo", "--once"});
    demo->wait_for_line("[", 60s);
    demo->signal(SIGTERM);
    EXPECT_EQ(demo->wait(60s), 1);
    EXPECT_TRUE(nothing_left());
}

TEST_F(DevCommand, LeavesNothingBehindWhenItIsKilled) {
    const auto dev = start({});
    const std::string url = dev->wait_for_line("  database", 60s);
    ASSERT_TRUE(reachable(url));
    dev->signal(SIGKILL);
    EXPECT_EQ(dev->wait(), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return nothing_left(); }));
    EXPECT_FALSE(reachable(url));
}

TEST_F(DevCommand, KeepsDataAndAddressesInANamedDirectory) {
    const std::string data = (place_ / "data").string();
    std::string url;
    {
        const auto dev = start({"--data", data});
        url = dev->wait_for_line("  database", 60s);
        EXPECT_EQ(psql(url, {"-c", "SELECT barid.upsert_user('emma', 'ar')"}), "\n");
        dev->signal(SIGINT);
        EXPECT_EQ(dev->wait(60s), 0);
    }
    EXPECT_FALSE(reachable(url));
    const auto dev = start({"--data", data});
    EXPECT_EQ(dev->wait_for_line("  database", 60s), url);
    EXPECT_EQ(psql(url, {"-c", "SELECT locale FROM barid.app_user WHERE id = 'emma'"}), "ar\n");
    EXPECT_EQ(start({"--data", data})->wait(30s), 7) << "the directory is in use";
    EXPECT_TRUE(reachable(url));
    dev->signal(SIGTERM);
    EXPECT_EQ(dev->wait(60s), 0);
}

TEST_F(DevCommand, TheExamplesWorkAsTheyStand) {
    const auto dev = start({});
    const std::string url = dev->wait_for_line("  database", 60s);
    int examples = 0;
    for (const auto& entry : fs::directory_iterator(BARID_EXAMPLES)) {
        if (entry.path().extension() != ".sql") continue;
        ++examples;
        EXPECT_NE(psql(url, {"-f", entry.path().string(), "-c", "SELECT 'good'"}), "")
            << entry.path();
    }
    EXPECT_GE(examples, 4);
    EXPECT_TRUE(eventually(
        [&] {
            return psql(url, {"-c",
                              "SELECT count(*) > 0 AND bool_and(state = 'completed') "
                              "FROM barid.jobs"}) == "t\n";
        },
        60s))
        << psql(url, {"-c", "SELECT kind, state, errors FROM barid.jobs"});
    EXPECT_THAT(psql(url, {"-c", "SELECT title FROM barid.dev_push WHERE user_id = 'layla'"}),
                HasSubstr("تم التسليم"));
    dev->signal(SIGINT);
    EXPECT_EQ(dev->wait(60s), 0);
    EXPECT_TRUE(nothing_left());
}

TEST_F(DevCommand, OnceNeedsTheDemo) {
    EXPECT_EQ(start({"--once"})->wait(), 2);
    EXPECT_TRUE(nothing_left());
}

}  // namespace
}  // namespace barid
