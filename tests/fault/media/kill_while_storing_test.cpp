// SIGKILL at random moments of a worker that processes pictures: whatever is published is whole at
// every moment, and after the sweep no file is left that nothing shows.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "jobs/image_collect.hpp"
#include "media/stores/local_directory.hpp"
#include "tests/fault/media/media_storage.hpp"
#include "tests/fault/queue/fault_fixture.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/images.hpp"

namespace barid::fault {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kPictures = 8;

class KillWhileStoring : public testing::Test {
  protected:
    KillWhileStoring() : storage_(io_, (cli_.directory() / "media").string()) {
        for (const auto& [name, value] : storage_.environment()) cli_.environment[name] = value;
        cli_.environment["BARID_MEDIA_ALLOWED_ROOTS"] = cli_.directory().string();
        cli_.environment["BARID_MEDIA_SANDBOX_CHILDREN"] = "2";
        cli_.environment["BARID_WORKER_LEASE_TTL"] = "3s";
        cli_.environment["BARID_WORKER_CONCURRENCY"] = "4";
        cli_.environment["BARID_LOG_LEVEL"] = "error";
        for (int i = 0; i < kPictures; ++i) {
            cli_.file("in" + std::to_string(i) + ".jpg",
                      support::save(support::noise(300 + 10 * i, 200), ".jpg[Q=90]"));
        }
        pool_ =
            std::make_unique<pg::Pool>(io_.io, io_.blocking, database_.options(), 2, log::Logger());
    }

    long count(const std::string& sql) { return std::stol(database_.sql(sql)); }

    /// Every job is a set of its own, however many a fast machine gets through: pictures alike
    /// but for a width. A set that exists already would only be shown again.
    void ask(int jobs) {
        for (int i = 0; i < jobs; ++i, ++asked_) {
            const json::object payload{
                {"source",
                 {{"path", (cli_.directory() / ("in" + std::to_string(asked_ % kPictures) + ".jpg"))
                               .string()}}},
                {"entity", "product:" + std::to_string(asked_ % 40)},
                {"slot", asked_ % 2 == 0 ? "main" : "side"},
                {"widths", {16 + asked_ % 200, 220 + asked_ / 200}},
                {"formats", {"webp", "jpeg"}}};
            database_.sql("SELECT barid.enqueue('image.process', '" + json::serialize(payload) +
                          "', max_attempts => 100)");
        }
    }

    void start_worker() {
        const std::string name = "w" + std::to_string(++names_);
        cli_.environment["BARID_WORKER_NAME"] = name;
        worker_ = cli_.start({"work"});
        ASSERT_TRUE(wait_until(
            [&] {
                return count("SELECT count(*) FROM barid.worker WHERE name = '" + name + "'") == 1;
            },
            30s))
            << cli_.stderr_text();
    }

    /// Any moment of a set's making; for every second kill one while its files are uploaded.
    void wait_for_a_moment(int kill, std::mt19937& random) {
        const char* const planned =
            "SELECT count(*) FROM barid.media_garbage WHERE set_id IS NOT NULL "
            "AND due_at > now() + interval '59 minutes 59.9 seconds'";
        const char* const begun =
            "SELECT count(*) FROM barid.media_set WHERE touched_at > now() - interval '100 ms'";
        ASSERT_TRUE(wait_until([&] { return count(kill % 2 == 0 ? planned : begun) > 0; }, 60s));
        // Not waiting for anything: the moment of the kill is what the seed says.
        const unsigned longest = kill % 2 == 0 ? 20 : 700;
        EXPECT_FALSE(worker_->wait(std::chrono::milliseconds(random() % longest)));
    }

    /// What readers can see now: each file is there and has the bytes that the manifest says.
    void expect_whole() {
        std::istringstream rows(database_.sql(
            "SELECT string_agg(key || ' ' || sha256, ' ') FROM barid.media_pictures"));
        for (std::string key, sha256; rows >> key >> sha256;) {
            if (!checked_.insert(key).second) continue;
            EXPECT_EQ(storage_.sha256_of(key), sha256) << key;
        }
    }

    jobs::Collected sweep() {
        return io_.run(
            jobs::collect_garbage(*pool_, storage_.store(), {.grace = 0s}, [] { return false; }),
            120s);
    }

    support::TestDatabase database_;
    support::IoFixture io_;
    support::Cli cli_{database_.url()};
    MediaStorage storage_;
    std::unique_ptr<pg::Pool> pool_;
    std::unique_ptr<support::ChildProcess> worker_;
    std::set<std::string> checked_;
    int asked_ = 0;
    int names_ = 0;
};

TEST_F(KillWhileStoring, PublishesNothingHalfAndLeavesNothingBehind) {
    const int kills = sized(50);
    const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
    std::mt19937 random(seed);
    std::printf("again: --gtest_random_seed=%u\n", seed);
    int in_the_middle = 0;
    for (int kill = 1; kill <= kills; ++kill) {
        if (count("SELECT count(*) FROM barid.job") < 20) ask(40);
        ASSERT_NO_FATAL_FAILURE(start_worker());
        ASSERT_NO_FATAL_FAILURE(wait_for_a_moment(kill, random));
        worker_->signal(SIGKILL);
        ASSERT_TRUE(worker_->wait(10s));
        const long uploading = count(
            "SELECT count(DISTINCT g.set_id) FROM barid.media_garbage g "
            "JOIN barid.media_set s ON s.id = g.set_id AND s.state = 'storing'");
        in_the_middle += uploading > 0 ? 1 : 0;
        // Some of what was cut off is never taken up again.
        if (random() % 2 == 0) {
            database_.sql(
                "SELECT barid.cancel(maker) FROM barid.media_set "
                "WHERE state = 'storing' LIMIT 1");
        }
        expect_whole();
    }
    ASSERT_NO_FATAL_FAILURE(start_worker());
    ASSERT_TRUE(wait_until([&] { return count("SELECT count(*) FROM barid.job") == 0; }, 120s));
    worker_->signal(SIGTERM);
    EXPECT_EQ(worker_->wait(30s), 0) << cli_.stderr_text();
    EXPECT_GT(checked_.size(), static_cast<std::size_t>(kills));
    EXPECT_GT(in_the_middle, kills / 10) << "hardly any kill hit the middle of a set";
    expect_whole();

    // The hour and the grace pass; so does the day after which files are removed once more.
    const long left = count("SELECT count(*) FROM barid.media_set WHERE state = 'storing'");
    database_.sql(
        "UPDATE barid.media_set SET touched_at = now() - interval '2 hours'; "
        "UPDATE barid.media_garbage SET due_at = now(), claimed_until = NULL");
    const jobs::Collected collected = sweep();
    EXPECT_EQ(collected.failed, 0) << collected.error;
    std::printf("%d kills, %d in the middle of a set; %ld sets given up, %ld files swept\n", kills,
                in_the_middle, left, static_cast<long>(collected.files));
    EXPECT_EQ(count("SELECT count(*) FROM barid.media_set WHERE state = 'storing'"), 0);
    std::set<std::string> shown;
    std::istringstream keys(database_.sql("SELECT string_agg(key, ' ') FROM barid.media_variant"));
    for (std::string key; keys >> key;) shown.insert(key);
    const std::vector<std::string> stored = storage_.keys();
    EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()), shown);
    checked_.clear();
    expect_whole();
}

TEST_F(KillWhileStoring, RemovesFilesThatWereBeingWrittenAtTheNextStart) {
    if (!gateway().endpoint.empty()) GTEST_SKIP() << "a directory's matter";
    const fs::path unfinished = cli_.directory() / "media" / ".tmp" / "cut-off";
    std::ofstream(unfinished) << "half";
    fs::last_write_time(unfinished, fs::file_time_type::clock::now() - 2h);
    const media::LocalDirectory again((cli_.directory() / "media").string());
    EXPECT_FALSE(fs::exists(unfinished));
}

}  // namespace
}  // namespace barid::fault
