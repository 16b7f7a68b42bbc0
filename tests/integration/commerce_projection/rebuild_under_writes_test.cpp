// Rebuilds while customers wish, prices change and readers read: I10, and nobody notices.
#include <random>

#include "tests/integration/commerce_projection/projection_fixture.hpp"

namespace barid::commerce {
namespace {

class RebuildUnderWrites : public support::ProjectionFixture {
  protected:
    RebuildUnderWrites() : shop_pool(io.io, io.blocking, database.options(), 6, {}) {
        options.patience = std::chrono::seconds(10);
    }

    /// One of the shop's own sessions: wishes, removes, changes prices, stock and names.
    awaitable<void> write(unsigned seed) {
        std::mt19937 random(seed);
        const auto any = [&](unsigned n) { return static_cast<int>(random() % n); };
        const char* variants[] = {"ROSE", "OUD", "DATES"};
        const char* places[] = {"KW", "BH", "SA", "AE"};
        while (!over) {
            const std::string who = fmt::format("c{}", any(60) + 1);
            const std::string what = variants[any(3)];
            const std::string where = places[any(4)];
            auto transaction = co_await pg::Transaction::begin(shop_pool);
            switch (any(8)) {
                case 0:
                    co_await transaction.execute(
                        "UPDATE shop.prices SET amount_minor = $3::bigint "
                        "WHERE variant_id = $1 AND location_id = $2",
                        pg::Params(what, where, any(9000) + 1000));
                    break;
                case 1:
                    co_await transaction.execute(
                        "UPDATE shop.stock SET available = total - available, "
                        "held = total - held WHERE variant_id = $1 AND location_id = $2",
                        pg::Params(what, where));
                    break;
                case 2:
                    co_await transaction.execute(
                        "UPDATE shop.products SET name_ar = $1 WHERE id = 'rose-box'",
                        pg::Params(fmt::format("ورد {}", any(1000))));
                    break;
                case 3:
                case 4:
                case 5:
                    co_await transaction.execute("SELECT shop.wish_remove($1, $2, $3)",
                                                 pg::Params(who, what, where));
                    break;
                default:
                    co_await transaction.execute("SELECT shop.wish_add($1, $2, $3)",
                                                 pg::Params(who, what, where));
            }
            if (any(10) == 0) {
                co_await transaction.rollback();
            } else {
                co_await transaction.commit();
                ++written;
            }
        }
    }
    awaitable<void> relay(std::string stream) {
        while (!over) {
            if (co_await deliver_some(stream, 20) == 0) {
                co_await sleep_for(std::chrono::milliseconds(1));
            }
        }
    }
    /// Runs `work` on the test's io, counted, so that the test ends after all of it.
    void start(awaitable<void> work) {
        ++running;
        asio::co_spawn(io.io, std::move(work), [this](std::exception_ptr error) {
            --running;
            if (error && !failure) failure = error;
        });
    }
    awaitable<void> stopped() {
        over = true;
        while (running > 0) co_await sleep_for(std::chrono::milliseconds(1));
        if (failure) std::rethrow_exception(failure);
    }

    pg::Pool shop_pool;
    bool over = false;
    int running = 0;
    int written = 0;
    std::exception_ptr failure;
};

TEST_F(RebuildUnderWrites, TheNewVersionIsWhatTheTablesSayAndSoIsTheOldOne) {
    fill_wishes(200);
    options.batch = 10;
    const JobClaim job = asked();
    const auto all = [&]() -> awaitable<RebuildStep> {
        for (unsigned seed = 1; seed <= 4; ++seed) start(write(seed));
        start(relay("wishlist"));
        start(relay("product"));
        Rebuild rebuild(pool, options, job, {});
        const RebuildStep end = co_await steps(rebuild);
        const int at_the_swap = written;
        while (written < at_the_swap + 100) co_await sleep_for(std::chrono::milliseconds(1));
        co_await stopped();
        co_return end;
    };
    const RebuildStep end = io.run(all(), std::chrono::seconds(120));
    EXPECT_EQ(end.next, Next::done) << end.text;
    EXPECT_GT(written, 100);
    deliver();
    EXPECT_EQ(versions(), "active 2 kept 1");
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(sql("SELECT string_agg(what, '; ') FROM shop.violations_i9()"), "");
}

TEST_F(RebuildUnderWrites, ARebuildThatIsKilledAllTheTimeEndsAllTheSame) {
    fill_wishes(100);
    options.batch = 25;
    JobClaim job = asked();
    int points = 0;
    int kills = 0;
    options.on_step = [&](std::string_view) {
        if (++points % 4 != 0 || kills >= 12) return;
        ++kills;
        throw Error(Error::Retry::transient, "killed");
    };
    const auto all = [&]() -> awaitable<RebuildStep> {
        for (unsigned seed = 1; seed <= 2; ++seed) start(write(seed));
        start(relay("wishlist"));
        start(relay("product"));
        for (;;) {
            Rebuild rebuild(pool, options, job, {});
            std::optional<RebuildStep> end;
            try {
                end = co_await steps(rebuild);
            } catch (const Error& error) {
                if (!error.transient()) throw;
            }
            if (end) {
                co_await stopped();
                co_return *end;
            }
            job = claim(std::to_string(job.id));
        }
    };
    const RebuildStep end = io.run(all(), std::chrono::seconds(120));
    EXPECT_EQ(end.next, Next::done) << end.text;
    EXPECT_GE(kills, 3);
    deliver();
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(tables(), "1 2");
}

TEST_F(RebuildUnderWrites, ReadersNeverSeeAnEmptyOrAHalfTable) {
    fill_wishes(120);
    options.batch = 50;
    sql("GRANT USAGE ON SCHEMA shop TO barid_producer; "
        "GRANT SELECT ON shop.wishlist_view TO barid_producer");
    int reads = 0;
    int wrong = 0;
    const auto read = [&]() -> awaitable<void> {
        while (!over) {
            const pg::Result rows = co_await shop_pool.execute(
                "SELECT count(*), count(name_ar), count(price_minor) FROM shop.wishlist_view");
            ++reads;
            for (int i = 0; i < 3; ++i) wrong += rows.one().get<int>(i) == 120 ? 0 : 1;
        }
    };
    const auto all = [&]() -> awaitable<void> {
        for (int i = 0; i < 3; ++i) start(read());
        for (int i = 0; i < 3; ++i) {
            const JobClaim job = asked();
            Rebuild rebuild(pool, options, job, {});
            const RebuildStep end = co_await steps(rebuild);
            EXPECT_EQ(end.next, Next::done) << end.text;
            settle(job);
        }
        co_await stopped();
    };
    io.run(all(), std::chrono::seconds(120));
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(reads, 10);
    EXPECT_EQ(versions(), "active 4 kept 3");
    EXPECT_EQ(tables(), "3 4");
}

TEST_F(RebuildUnderWrites, AWriterOfTheFillingsTimeThatCommitsLateIsInBothVersions) {
    fill_wishes(20);
    const JobClaim job = asked();
    Rebuild rebuild(pool, options, job, {});
    while (state() != "filling") step(rebuild);
    std::optional<pg::Transaction> late;
    const auto write_late = [&]() -> awaitable<void> {
        late.emplace(co_await pg::Transaction::begin(shop_pool));
        co_await late->execute("SELECT shop.wish_add('noura', 'ROSE', 'KW')");
        co_await late->execute("SELECT shop.wish_remove('c1', 'OUD', 'BH')");
    };
    io.run(write_late());
    while (state() == "filling") step(rebuild);
    io.run(late->commit());
    EXPECT_EQ(sql("SELECT count(*) FROM shop.wishlist_items_v2 WHERE customer_id = 'noura'"), "0");
    deliver();
    EXPECT_EQ(io.run(steps(rebuild)).next, Next::done);
    EXPECT_EQ(sql("SELECT count(*) FROM shop.wishlist_view WHERE customer_id IN ('noura', 'c1')"),
              "1");
    EXPECT_EQ(broken(), "");
}

}  // namespace
}  // namespace barid::commerce
