// The reference shop with its projection "wishlist", a relay, and rebuilds a step at a time.
//
// Everything of Barid's runs with a worker's rights. `deliver` is what a relay does: claim, apply,
// acknowledge, in one transaction.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/timeout.hpp"
#include "commerce/projection_apply.hpp"
#include "commerce/projection_rebuild.hpp"
#include "tests/support/database.hpp"
#include "tests/support/shop.hpp"

namespace barid::support {

class ProjectionFixture : public testing::Test {
  protected:
    using Next = commerce::RebuildStep::Next;

    ProjectionFixture() {
        install_shop(database);
        stock_small_shop(database);
        sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) "
            "VALUES (1, '8 s', 'w', '{default}')");
        options.target.name = "wishlist";
        options.streams = {"wishlist", "product"};
        options.lock_timeout = std::chrono::milliseconds(100);
        options.patience = std::chrono::milliseconds(0);
        options.least_tries = 2;
        deliver();
    }

    std::string sql(const std::string& text) const { return database.sql(text); }
    std::string refusal(const std::string& text) const {
        try {
            return "not refused: " + database.sql(text);
        } catch (const std::exception& e) {
            return e.what();
        }
    }

    pg::ConnectOptions as_worker() const {
        pg::ConnectOptions login = database.options();
        login.settings.push_back({"session_authorization", "barid_worker"});
        return login;
    }

    std::string wish(const std::string& who, const std::string& variant,
                     const std::string& more = "") const {
        return sql(fmt::format("SELECT shop.wish_add('{}', '{}', 'KW'{})", who, variant, more));
    }
    void unwish(const std::string& who, const std::string& variant) const {
        sql(fmt::format("SELECT shop.wish_remove('{}', '{}', 'KW')", who, variant));
    }
    /// What customers see: "noura:ROSE sam:OUD".
    std::string seen() const {
        return sql(
            "SELECT string_agg(customer_id || ':' || variant_id, ' ' "
            "ORDER BY customer_id, variant_id) FROM shop.wishlist_view");
    }
    /// "" when readers, the tables and the kept version agree.
    std::string broken() const {
        return sql("SELECT string_agg(what, E'\\n') FROM shop.violations_i10()");
    }
    /// `many` customers with a wish each, delivered.
    void fill_wishes(int many) {
        sql(
            fmt::format("INSERT INTO shop.customers (id, name) "
                        "SELECT 'c' || i, 'سعاد ' || i FROM generate_series(1, {0}) i; "
                        "SELECT shop.wish_add('c' || i, (ARRAY['ROSE', 'OUD', 'DATES'])[i % 3 + 1],"
                        " (ARRAY['KW', 'BH', 'SA', 'AE'])[i % 4 + 1]) "
                        "FROM generate_series(1, {0}) i",
                        many));
        deliver();
    }

    /// Delivers what a stream has, some at a time; how many events.
    awaitable<int> deliver_some(std::string stream, int batch = 1000) {
        auto transaction = co_await pg::Transaction::begin(pool);
        const pg::Result rows = co_await transaction.execute(
            "SELECT * FROM barid_shop.outbox_claim($1, $2::int)", pg::Params(stream, batch));
        std::vector<commerce::ProjectionEvent> events;
        pg::ArrayBuilder ids;
        for (const auto& row : rows) {
            events.push_back({.event_id = std::string(row.text(0)),
                              .aggregate_type = std::string(row.text(1)),
                              .aggregate_id = std::string(row.text(2)),
                              .aggregate_version = row.get<std::int64_t>(3),
                              .event_type = std::string(row.text(4)),
                              .payload = std::string(row.text(5))});
            ids.add(row.text(0));
        }
        const int many = rows.size();
        const commerce::Applied applied =
            co_await commerce::apply_events(transaction, options.target, std::move(events));
        EXPECT_TRUE(applied.failed.empty());
        // The test's login is the worker's; the shop's functions are the other role's.
        co_await transaction.execute("SELECT set_config('role', 'barid_commerce', true)");
        co_await transaction.execute("SELECT barid_shop.outbox_ack($1, $2::text[])",
                                     pg::Params(stream, std::move(ids)));
        co_await transaction.commit();
        co_return many;
    }
    void deliver() {
        for (const char* stream : {"wishlist", "product"}) {
            while (io.run(deliver_some(stream)) > 0) {
            }
        }
    }

    commerce::Applied apply(std::vector<commerce::ProjectionEvent> events) {
        const auto work = [&]() -> awaitable<commerce::Applied> {
            auto transaction = co_await pg::Transaction::begin(pool);
            commerce::Applied applied =
                co_await commerce::apply_events(transaction, options.target, std::move(events));
            co_await transaction.commit();
            co_return applied;
        };
        return io.run(work());
    }

    /// A job that a worker has claimed; again: claimed anew, as after a worker's death.
    commerce::JobClaim claim(const std::string& id) {
        commerce::JobClaim job;
        job.id = std::stoll(id);
        job.claim_id = random_uuid();
        sql("UPDATE barid.job SET state = 'running', attempt = attempt + 1, claimed_at = now(), "
            "claim_id = '" +
            job.claim_id + "' WHERE id = " + id);
        return job;
    }
    commerce::JobClaim asked(const std::string& more = "") {
        return claim(
            sql("SELECT barid.projection_rebuild('wishlist', 'huda', 'اختبار'" + more + ")"));
    }
    /// What a worker does to a job at its end.
    void settle(const commerce::JobClaim& job) {
        sql(fmt::format("DELETE FROM barid.job WHERE id = {}", job.id));
    }

    commerce::RebuildStep step(commerce::Rebuild& rebuild) { return io.run(rebuild.step()); }

    /// Steps until it ends, or until `stop` says so.
    awaitable<commerce::RebuildStep> steps(commerce::Rebuild& rebuild,
                                           std::function<bool()> stop = {}) {
        for (int i = 0; i < 5000; ++i) {
            commerce::RebuildStep now = co_await rebuild.step();
            const bool is_going_on = now.next == Next::again || now.next == Next::wait;
            if (!is_going_on || (stop && stop())) co_return now;
            co_await sleep_for(std::min(now.pause, std::chrono::milliseconds(10)));
        }
        throw std::runtime_error("the rebuild doesn't end: " + state());
    }
    commerce::RebuildStep run_rebuild(const commerce::JobClaim& job, bool differs = false) {
        commerce::Rebuild rebuild(pool, options, job, {"huda", "اختبار", differs});
        return io.run(steps(rebuild));
    }
    commerce::RebuildStep run_until(const commerce::JobClaim& job, const std::string& step_name) {
        commerce::Rebuild rebuild(pool, options, job, {"huda", "", false});
        return io.run(steps(rebuild, [&] { return state() == step_name; }));
    }
    /// idle, draining, filling, …
    std::string state() const {
        return sql("SELECT state FROM barid.projections WHERE name = 'wishlist'");
    }
    std::string versions() const {
        return sql(
            "SELECT concat_ws(' ', 'active ' || active_version, 'building ' || building_version, "
            "'kept ' || kept_version) FROM barid.projection WHERE name = 'wishlist'");
    }
    /// The versions that the shop has tables of: "1 2".
    std::string tables() const {
        return sql(
            "SELECT string_agg(substring(relname FROM 'v([0-9]+)$'), ' ' ORDER BY relname) "
            "FROM pg_class WHERE relname ~ '^wishlist_items_v[0-9]+$'");
    }
    std::string history() const {
        return sql("SELECT string_agg(action, ' ' ORDER BY id) FROM barid.projection_history");
    }

    TestDatabase database;
    IoFixture io;
    pg::Pool pool{io.io, io.blocking, as_worker(), 8, {}};
    commerce::ProjectionOptions options;
};

}  // namespace barid::support
