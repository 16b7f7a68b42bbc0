#include "queue/migrate.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/timeout.hpp"
#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

class Migrate : public testing::Test, protected support::IoFixture {
  protected:
    support::TestDatabase database{support::Schema::empty};
    pg::Pool pool{io, blocking, database.options(), 4, {}};
};

TEST_F(Migrate, BringsAnEmptyDatabaseUpToDateOnce) {
    EXPECT_EQ(run(migrate(pool, {})), newest_migration());
    EXPECT_EQ(run(migrate(pool, {})), 0);
    EXPECT_EQ(run(read_schema(pool)).current, newest_migration());
}

TEST_F(Migrate, ManyAtOnceDoItOnce) {
    const auto all = [this]() -> awaitable<int> {
        int total = 0;
        int finished = 0;
        for (int i = 0; i < 4; ++i) {
            asio::co_spawn(io, migrate(pool, {}), [&](const std::exception_ptr& e, int applied) {
                EXPECT_FALSE(e);
                total += applied;
                ++finished;
            });
        }
        while (finished < 4) co_await barid::sleep_for(5ms);
        co_return total;
    };
    EXPECT_EQ(run(all()), newest_migration());
}

TEST_F(Migrate, RefusesASchemaThatIsTooNew) {
    run(migrate(pool, {}));
    database.sql(
        "INSERT INTO barid.migration (version, name, min_worker) "
        "VALUES (9999, 'future', 9998)");
    try {
        run(migrate(pool, {}));
        FAIL() << "an incompatible schema was accepted";
    } catch (const Error& e) {
        EXPECT_FALSE(e.transient());
        EXPECT_NE(std::string(e.what()).find("upgrade this program"), std::string::npos);
    }
}

TEST_F(Migrate, LeavesTheLockFreeAfterAFailure) {
    database.sql("CREATE SCHEMA barid");  // in the way of the first migration
    EXPECT_THROW(run(migrate(pool, {})), Error);
    database.sql("DROP SCHEMA barid");
    EXPECT_EQ(run(migrate(pool, {})), newest_migration());
}

/// pg_dump's text without what differs from one server or run to the next.
std::string schema_dump(const std::string& url) {
    const std::string command =
        // The ledger's partitions are named by the day.
        "pg_dump --schema-only --schema=barid --no-owner --exclude-table='barid.delivery_past' "
        "--exclude-table='barid.delivery_attempt_past' --exclude-table='barid.delivery_[0-9]*' "
        "--exclude-table='barid.delivery_attempt_[0-9]*' --dbname='" +
        url + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::stringstream raw;
    char buffer[4096];
    while (std::fgets(buffer, sizeof buffer, pipe.get()) != nullptr) raw << buffer;
    std::string text;
    for (std::string line; std::getline(raw, line);) {
        const bool noise = line.empty() || line.starts_with("--") || line.starts_with("SET ") ||
                           line.starts_with("\\") || line.starts_with("SELECT pg_catalog.");
        if (!noise) text += line + '\n';
    }
    return text;
}

TEST_F(Migrate, TheSchemaIsTheGoldenOne) {
    run(migrate(pool, {}));
    const std::string dump = schema_dump(database.url());
    std::ifstream file(BARID_GOLDEN_SCHEMA);
    std::stringstream golden;
    golden << file.rdbuf();
    if (std::getenv("BARID_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(BARID_GOLDEN_SCHEMA) << dump;
        GTEST_SKIP() << "the golden schema was written";
    }
    ASSERT_GT(dump.size(), 10'000U) << dump;
    EXPECT_TRUE(dump == golden.str())
        << "the schema differs from tests/integration/queue/schema.sql; if that is meant, run this "
           "test with BARID_UPDATE_GOLDEN=1 and read the diff";
}

}  // namespace
}  // namespace barid::queue
