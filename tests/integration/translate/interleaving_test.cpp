// A person against a machine, in every order: no step of a job, and no two transactions at once,
// may cost a person's words, in barid.translation or in the shop's own column.
#include <fmt/format.h>

#include <bit>

#include "tests/integration/translate/attached_fixture.hpp"

namespace barid::translate {
namespace {

enum class Act { target, source, both, clear, set, approve, reject, remove };
constexpr int kActs = 8;
constexpr int kStarts = 4;  ///< see Interleaving::begin
constexpr int kSteps = 2;   ///< of a job: look at the row; publish
constexpr const char* kNames[] = {"target", "source",  "both",   "clear",
                                  "set",    "approve", "reject", "delete"};

/// What a row must come to, whatever a machine does meanwhile.
struct Expected {
    std::string source = "Shirt 0";
    std::optional<std::string> human;
    bool removed = false;
    std::string rejected;  ///< the source whose proposal a person has refused
};

class Interleaving : public AttachedFixture {
  protected:
    Interleaving() : store(pool) {
        // Thousands of small transactions, none of which has to outlive the test.
        db.sql(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', "
            "current_database()); END $$");
        shop("SELECT barid.auto_translate('product', columns => '{name}')");
    }

    std::string one(const std::string& sql) {
        const pg::Result result = io.run(pool.execute(sql));
        return result.empty() ? "" : result[0].get<std::optional<std::string>>(0).value_or("");
    }
    std::string key() const {
        return " WHERE entity_type = 'product' AND entity_id = '" + std::to_string(id) + "'";
    }
    std::string open_review() {
        return one("SELECT id::text FROM barid.translation_review" + key() + " AND state = 'open'");
    }
    static std::string made_of(const std::string& source) { return "آلة " + source; }

    /// The job's next step; what it learned stays in `job`.
    void step(int number) {
        if (number == 0) {
            job = io.run(store.attached_fields("product", std::to_string(id), 10'000));
            return;
        }
        const Entity entity{"product", std::to_string(id), Language::en, Language::ar};
        for (const AttachedField& one : job) {
            const Work work = decide(one.state);
            if (work != Work::translate && work != Work::suggest) continue;
            const std::string text = made_of(one.field.text);
            io.run(store.publish(entity, one.field, text, "maker"));
        }
    }
    void whole_job() {
        for (int i = 0; i < kSteps; ++i) step(i);
    }

    /// The statement of a person's act; empty when there is nothing to do it to.
    std::string statement(Act act, const std::string& text, const std::string& source) {
        const std::string where = " WHERE id = " + std::to_string(id);
        const std::string review_id =
            act == Act::approve || act == Act::reject ? open_review() : "";
        switch (act) {
            case Act::target:
                return "UPDATE shop.product SET name_ar = '" + text + "'" + where;
            case Act::source:
                return "UPDATE shop.product SET name = '" + source + "'" + where;
            case Act::both:
                return "UPDATE shop.product SET name = '" + source + "', name_ar = '" + text + "'" +
                       where;
            case Act::clear:
                return "UPDATE shop.product SET name_ar = NULL" + where;
            case Act::set:
                return "SELECT barid.set_translation('product', '" + std::to_string(id) +
                       "', 'name', 'ar', '" + text + "')::text";
            case Act::approve:
                if (review_id.empty()) return "";
                return "SELECT barid.approve_translation(" + review_id + ", '" + text + "')::text";
            case Act::reject:
                if (review_id.empty()) return "";
                return "SELECT barid.reject_translation(" + review_id + ")::text";
            case Act::remove:
                return "DELETE FROM shop.product" + where;
        }
        return "";
    }
    /// What follows of an act that has been done; `answer` is the function's, if it was one.
    static void follow(Expected& expected, Act act, const std::string& text,
                       const std::string& source, const std::string& answer) {
        if (act == Act::source || act == Act::both) expected.source = source;
        if (act == Act::target || act == Act::both || act == Act::set ||
            (act == Act::approve && answer == "true")) {
            expected.human = text;
        }
        if (act == Act::clear) expected.human.reset();
        if (act == Act::reject && answer == "true") expected.rejected = expected.source;
        if (act == Act::remove) expected.removed = true;
    }
    void do_act(Expected& expected, Act act, int number) {
        if (expected.removed) return;
        const std::string text = fmt::format("يد {}", number);
        const std::string source = fmt::format("Shirt {}", number);
        const std::string sql = statement(act, text, source);
        if (sql.empty()) return;
        follow(expected, act, text, source, one(sql));
    }

    /// A new row: nothing yet; a machine's text; that, of an older source; a person's stale text
    /// with a suggestion in review.
    Expected begin(int start) {
        ++id;
        Expected expected;
        one(fmt::format("INSERT INTO shop.product (id, name) VALUES ({}, 'Shirt 0')", id));
        if (start == 1 || start == 2) whole_job();
        if (start == 2) do_act(expected, Act::source, 100);
        if (start == 3) {
            do_act(expected, Act::target, 100);
            do_act(expected, Act::source, 101);
            whole_job();
            EXPECT_NE(open_review(), "");
        }
        job.clear();
        return expected;
    }

    std::string row() {
        return one(
            fmt::format("SELECT name || '|' || coalesce(name_ar, '') FROM shop.product "
                        "WHERE id = {}",
                        id));
    }
    std::string kept() {
        return one(
            "SELECT coalesce(text, '') || '|' || coalesce(origin, '') || '|' || state || "
            "'|' || (text_source_hash IS NOT DISTINCT FROM source_hash) || '|' || "
            "(source_text = (SELECT name FROM shop.product p WHERE p.id::text = entity_id)) "
            "FROM barid.translation" +
            key());
    }
    /// At any moment: what a person wrote stands in the shop's column.
    void expect_words_kept(const Expected& expected) {
        if (expected.human && !expected.removed) {
            ASSERT_EQ(row(), expected.source + "|" + *expected.human);
        }
    }
    /// When all is quiet.
    void expect_settled(const Expected& expected) {
        whole_job();
        whole_job();
        const std::string text = one("SELECT text FROM barid.translation" + key());
        if (expected.removed) {
            ASSERT_EQ(kept(), "");
            ASSERT_EQ(open_review(), "");
        } else if (expected.human) {
            ASSERT_EQ(row(), expected.source + "|" + *expected.human);
            const std::string now = kept();
            ASSERT_TRUE(now == *expected.human + "|human|published|true|true" ||
                        now == *expected.human + "|human|stale|false|true")
                << now;
        } else if (expected.rejected == expected.source) {
            ASSERT_EQ(row(), expected.source + "|" + text);
            ASSERT_EQ(kept().find("human"), std::string::npos);
        } else {
            ASSERT_EQ(row(), expected.source + "|" + made_of(expected.source));
            ASSERT_EQ(kept(), made_of(expected.source) + "|provider|published|true|true");
        }
    }

    Store store;
    int id = 0;
    std::vector<AttachedField> job;
};

class EveryOrder : public Interleaving, public testing::WithParamInterface<int> {};

TEST_P(EveryOrder, OfTwoActsOfAPersonAndTheStepsOfAJob) {
    const int start = GetParam();
    int orders = 0;
    for (int pair = 0; pair < kActs * kActs; ++pair) {
        const Act acts[] = {Act(pair / kActs), Act(pair % kActs)};
        // A bit for each place: 1 where a person acts.
        for (unsigned order = 0; order < 1U << (kSteps + 2); ++order) {
            if (std::popcount(order) != 2) continue;
            SCOPED_TRACE(fmt::format("start {}, {} and {}, order {:04b}, row {}", start,
                                     kNames[pair / kActs], kNames[pair % kActs], order, id + 1));
            Expected expected = begin(start);
            int done = 0;
            int acted = 0;
            for (unsigned place = 0; place < kSteps + 2; ++place) {
                if ((order >> place & 1U) != 0) {
                    do_act(expected, acts[acted], acted + 1);
                    ++acted;
                } else {
                    step(done++);
                }
                ASSERT_NO_FATAL_FAILURE(expect_words_kept(expected));
            }
            ASSERT_NO_FATAL_FAILURE(expect_settled(expected));
            ++orders;
        }
    }
    EXPECT_EQ(orders, kActs * kActs * 6);
}

INSTANTIATE_TEST_SUITE_P(FromEachStart, EveryOrder, testing::Range(0, kStarts));

/// Two transactions at once: one is open, the other begins and has to wait or not.
class Overlap : public Interleaving {
  protected:
    /// Until what runs beside is over or waits for a lock.
    awaitable<void> meet(const bool& over) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!over && std::chrono::steady_clock::now() < limit) {
            const pg::Result waiting = co_await pool.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'");
            if (waiting.one().get<std::int64_t>(0) > 0) co_return;
        }
        EXPECT_TRUE(over);
    }

    /// Runs `first` in a transaction and `second` beside it; ends the first as `commit` says.
    /// The answers of both.
    std::pair<std::string, std::string> overlap(const std::string& first, const std::string& second,
                                                bool commit) {
        std::pair<std::string, std::string> answers;
        const auto answer = [](const pg::Result& result) {
            return result.empty() ? std::string()
                                  : result[0].get<std::optional<std::string>>(0).value_or("");
        };
        io.run([&]() -> awaitable<void> {
            pg::Transaction open = co_await pg::Transaction::begin(pool);
            answers.first = answer(co_await open.execute(first));
            bool over = false;
            std::string problem;
            asio::co_spawn(
                io.io,
                [&]() -> awaitable<void> {
                    try {
                        answers.second = answer(co_await pool.execute(second));
                    } catch (const std::exception& e) {
                        problem = e.what();
                    }
                    over = true;
                },
                asio::detached);
            co_await meet(over);
            if (commit) {
                co_await open.commit();
            } else {
                co_await open.rollback();
            }
            while (!over) co_await asio::post(io.io, asio::use_awaitable);
            // A refusal of the person's act (the row is gone) is an answer; a deadlock is not.
            EXPECT_EQ(problem.find("deadlock"), std::string::npos) << problem;
            if (!problem.empty()) answers.second = "refused";
        }());
        return answers;
    }
    std::string job_statement(int number) {
        if (number == 0) {
            return fmt::format("SELECT field FROM barid.translation_work('product', '{}', 10000)",
                               id);
        }
        return fmt::format(
            "SELECT written FROM barid.publish_translation('product', '{}', 'name', 'ar', "
            "barid.translation_source_hash('text', '{}'), '{}', 'maker')",
            id, job.empty() ? "" : job[0].field.text,
            made_of(job.empty() ? "" : job[0].field.text));
    }
};

TEST_F(Overlap, APersonsTransactionAndAJobsAtTheSameTime) {
    for (int start = 0; start < kStarts; ++start) {
        for (int a = 0; a < kActs; ++a) {
            for (int number = 0; number < 2; ++number) {
                for (const bool person_first : {true, false}) {
                    for (const bool commit : {true, false}) {
                        SCOPED_TRACE(
                            fmt::format("start {}, {}, job's step {}, person first {}, "
                                        "commit {}",
                                        start, kNames[a], number, person_first, commit));
                        Expected expected = begin(start);
                        step(0);
                        const std::string act = statement(Act(a), "يد 1", "Shirt 1");
                        if (act.empty()) continue;
                        const std::string machine = job_statement(number);
                        const auto answers = person_first ? overlap(act, machine, commit)
                                                          : overlap(machine, act, commit);
                        const std::string& answer = person_first ? answers.first : answers.second;
                        if ((commit || !person_first) && answer != "refused") {
                            follow(expected, Act(a), "يد 1", "Shirt 1", answer);
                        }
                        ASSERT_NO_FATAL_FAILURE(expect_words_kept(expected));
                        ASSERT_NO_FATAL_FAILURE(expect_settled(expected));
                    }
                }
            }
        }
    }
}

TEST_F(Overlap, TwoJobsOfOneRowAtTheSameTimeAgree) {
    for (int start = 0; start < kStarts; ++start) {
        for (int first = 0; first < 2; ++first) {
            for (int second = 0; second < 2; ++second) {
                SCOPED_TRACE(fmt::format("start {}, steps {} and {}", start, first, second));
                const Expected expected = begin(start);
                step(0);
                overlap(job_statement(first), job_statement(second), true);
                ASSERT_NO_FATAL_FAILURE(expect_words_kept(expected));
                ASSERT_NO_FATAL_FAILURE(expect_settled(expected));
            }
        }
    }
}

TEST_F(Overlap, APersonWhoEditsManyRowsNeverMeetsAJobInADeadlock) {
    // The person holds row 1 and comes to row 2 while a job publishes row 2, and the other way.
    one("INSERT INTO shop.product (id, name) VALUES (501, 'Shirt'), (502, 'Shirt')");
    for (const bool turned : {false, true}) {
        const int held = turned ? 502 : 501;
        const int wanted = turned ? 501 : 502;
        id = wanted;
        step(0);
        io.run([&]() -> awaitable<void> {
            pg::Transaction edit = co_await pg::Transaction::begin(pool);
            co_await edit.execute(
                fmt::format("UPDATE shop.product SET name = name || '!' WHERE id = {}", held));
            co_await pool.execute(job_statement(1));
            bool over = false;
            id = held;
            asio::co_spawn(
                io.io,
                [&]() -> awaitable<void> {
                    co_await pool.execute(job_statement(0));
                    over = true;
                },
                asio::detached);
            co_await meet(over);
            co_await edit.execute(
                fmt::format("UPDATE shop.product SET name_ar = 'يد' WHERE id = {}", wanted));
            co_await edit.commit();
            while (!over) co_await asio::post(io.io, asio::use_awaitable);
        }());
        EXPECT_EQ(one(fmt::format("SELECT name_ar FROM shop.product WHERE id = {}", wanted)), "يد");
    }
}

}  // namespace
}  // namespace barid::translate
