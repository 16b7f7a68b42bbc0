// Straight at the SQL functions: a database, and what workers do to a job, one call each.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/crypto.hpp"
#include "tests/support/database.hpp"

namespace barid::support {

class QueueFixture : public testing::Test {
  protected:
    void SetUp() override {
        sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) "
            "VALUES (1, '8 s', 'w', '{default}')");
    }
    std::string sql(const std::string& text) const { return database.sql(text); }

    /// What the server says to a statement that it must refuse.
    std::string refusal(const std::string& text) const {
        try {
            database.sql(text);
        } catch (const std::exception& e) {
            return e.what();
        }
        return "it was not refused";
    }

    /// What the claim does to one job; returns the token.
    std::string claim(const std::string& job) const {
        std::string token = random_uuid();
        sql("UPDATE barid.job SET state = 'running', attempt = attempt + 1, claimed_at = now(), "
            "claim_id = '" +
            token + "' WHERE id = " + job);
        sql("INSERT INTO barid.claim (claim_id, worker_id, job_ids) VALUES ('" + token +
            "', 1, '{" + job + "}')");
        return token;
    }
    std::string settle(const std::string& job, const std::string& token, const std::string& action,
                       const std::string& error = "NULL",
                       const std::string& output = "NULL") const {
        return sql("SELECT result FROM barid.settle('{" + job + "}', '{" + token + "}', '{" +
                   action + "}', '{0}', ARRAY[" + error + "]::text[], ARRAY[" + output +
                   "]::text[], 'w', '{" + token + "}')");
    }
    /// Enqueues, claims and ends a job; `arguments` as of barid.enqueue.
    std::string ended(const std::string& arguments, const std::string& action,
                      const std::string& error = "NULL") const {
        const std::string job = sql("SELECT barid.enqueue(" + arguments + ")");
        settle(job, claim(job), action, error);
        return job;
    }
    std::string state(const std::string& job) const {
        return sql("SELECT state FROM barid.jobs WHERE id = " + job);
    }

    TestDatabase database;
};

}  // namespace barid::support
