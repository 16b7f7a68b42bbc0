// A shop's outbox and relays for its streams, on a database of their own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commerce/outbox_check.hpp"
#include "commerce/outbox_relay.hpp"
#include "queue/pg/connection.hpp"
#include "tests/support/database.hpp"
#include "tests/support/shop.hpp"

namespace barid::commerce {

class RelayFixture : public testing::Test, protected support::IoFixture {
  protected:
    RelayFixture() { support::install_shop(db); }

    static OutboxStream orders(int batch = 1000) { return {.name = "orders", .batch = batch}; }

    OutboxRelay relay_for(OutboxStream stream) {
        OutboxRelay relay(pool, std::move(stream));
        run(relay.configure());
        return relay;
    }
    OutboxStep step(const OutboxRelay& relay) { return run(relay.step()); }

    std::unique_ptr<pg::Transaction> begin() {
        return run([](pg::Pool& pool) -> awaitable<std::unique_ptr<pg::Transaction>> {
            co_return std::make_unique<pg::Transaction>(co_await pg::Transaction::begin(pool));
        }(pool));
    }

    /// Steps until nothing more is handed on.
    int drain(const OutboxRelay& relay) {
        int all = 0;
        for (;;) {
            const OutboxStep done = step(relay);
            EXPECT_FALSE(done.busy);
            all += done.events;
            if (done.events == 0 && done.blocked == 0) return all;
        }
    }

    void emit(const std::string& id, const std::string& type = "order.paid",
              const std::string& payload = "{}", const std::string& tags = "{}") const {
        db.sql("SELECT shop.emit('order', '" + id + "', '" + type + "', '" + payload + "', '" +
               tags + "')");
    }
    /// The versions that became jobs, in the order of the queue: "1 2 3".
    std::string versions(const std::string& id) const {
        return db.sql(
            "SELECT string_agg(payload->>'version', ' ' ORDER BY id) FROM barid.job "
            "WHERE payload->>'aggregate_id' = '" +
            id + "'");
    }
    std::string waiting() const { return db.sql("SELECT count(*) FROM shop.outbox"); }
    std::string broken() const {
        return db.sql("SELECT string_agg(what, chr(10)) FROM shop.violations_i9()");
    }

    support::TestDatabase db;
    pg::Pool pool{io, blocking, db.options(), 4, {}};
};

}  // namespace barid::commerce
