// Dead letters: where they come from, and how they go back once.
#include <atomic>
#include <thread>

#include "tests/integration/queue/queue_fixture.hpp"

namespace barid::queue {
namespace {

class DeadLetters : public support::QueueFixture {
  protected:
    void SetUp() override {
        QueueFixture::SetUp();
        sql(R"(SELECT barid.set_queue('mail', '{"dead_letter": "mail.dead", "max_attempts": 4}'))");
    }
    /// Fails a job of `mail`; returns its id. Its letter has the next one.
    std::string dead(const std::string& payload = "{}") {
        return ended("'mail.send', '" + payload + "', queue => 'mail'", "fail", "'no such host'");
    }
    std::string redrive(const std::string& arguments) {
        return sql("SELECT concat_ws(' ', matched, changed, skipped, more) FROM barid.redrive(" +
                   arguments + ")");
    }
};

TEST_F(DeadLetters, ALetterNamesItsOriginAndItsError) {
    const std::string job = dead(R"({"to": "نورة"})");
    EXPECT_EQ(sql("SELECT concat_ws('|', queue, origin_id, origin_queue, kind, state, error, "
                  "payload->>'to') FROM barid.dead_letters"),
              "mail.dead|" + job + "|mail|mail.send|waiting|no such host|نورة");
}

TEST_F(DeadLetters, GoBackWithFreshAttemptsAndTheirLimitKey) {
    ended("'mail.send', queue => 'mail', limit_key => 'tenant:7'", "fail", "'no'");
    sql("UPDATE barid.job SET attempt = 2");
    const std::string before = sql("SELECT clock_timestamp()");
    EXPECT_EQ(redrive(R"('{"all": true}')"), "1 1 0 f");
    EXPECT_EQ(sql("SELECT concat_ws(' ', queue, attempt, max_attempts, limit_key, run_at >= '" +
                  before + "') FROM barid.job"),
              "mail 0 4 tenant:7 t");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.dead_letters"), "0");
    EXPECT_EQ(redrive(R"('{"all": true}')"), "0 0 0 f");
}

TEST_F(DeadLetters, TheLineageLeadsFromTheOriginalToTheLastLetter) {
    const std::string job = dead();
    const std::string letter = sql("SELECT id FROM barid.dead_letters");
    redrive(R"('{"all": true}')");
    settle(letter, claim(letter), "fail", "'again'");
    const std::string second = sql("SELECT id FROM barid.dead_letters");
    const std::string line =
        "SELECT string_agg(concat_ws(' ', job_id, role, state, queue), ', ') FROM barid.lineage(";
    const std::string expected = job + " original failed mail, " + letter +
                                 " redriven failed mail, " + second +
                                 " dead letter waiting mail.dead";
    for (const std::string& any : {job, letter, second}) {
        EXPECT_EQ(sql(line + any + ")"), expected);
    }
    EXPECT_EQ(sql("SELECT count(*) FROM barid.lineage(4711)"), "0");
}

TEST_F(DeadLetters, AreSpreadByTheRateOverSeveralCalls) {
    for (int i = 0; i < 6; ++i) dead();
    const std::string next =
        sql(R"(SELECT next_start FROM barid.redrive('{"all": true}', 4, per_second => 2))");
    sql(R"(SELECT barid.redrive('{"all": true}', 4, per_second => 2, start => ')" + next + "')");
    EXPECT_EQ(sql("SELECT string_agg(round(extract(epoch FROM run_at - first) * 1000)::text, ' ' "
                  "ORDER BY id) FROM barid.job, (SELECT min(run_at) AS first FROM barid.job) m"),
              "0 500 1000 1500 2000 2500");
}

TEST_F(DeadLetters, TheFilterAndThePreviewAreHonoured) {
    dead(R"({"shop": 1})");
    dead(R"({"shop": 2})");
    const std::string live = sql("SELECT barid.enqueue('mail.send', queue => 'mail')");
    EXPECT_EQ(sql(R"(SELECT total FROM barid.redrive('{"all": true}', preview => true))"), "2");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.dead_letters"), "2");
    EXPECT_EQ(redrive(R"('{"payload": {"shop": 2}}', to_queue => 'repair')"), "1 1 0 f");
    EXPECT_EQ(sql("SELECT payload->>'shop' FROM barid.job WHERE queue = 'repair'"), "2");
    EXPECT_EQ(sql("SELECT queue FROM barid.job WHERE id = " + live), "mail");
    EXPECT_NE(refusal("SELECT barid.redrive('{}')").find("give {\"all\": true}"),
              std::string::npos);
    EXPECT_NE(refusal("SELECT barid.redrive('{\"all\": true}', per_second => 0)").find("above 0"),
              std::string::npos);
}

TEST_F(DeadLetters, ALetterThatRunsStaysWhereItIs) {
    dead();
    claim(sql("SELECT id FROM barid.dead_letters"));
    EXPECT_EQ(redrive(R"('{"all": true}')"), "0 0 0 f");
    EXPECT_EQ(sql("SELECT state FROM barid.dead_letters"), "running");
}

TEST_F(DeadLetters, ManyAtOnceSendEachBackOnce) {
    sql(R"(INSERT INTO barid.job (queue, kind, origin_id, origin_queue)
           SELECT 'mail.dead', 'mail.send', n, 'mail' FROM generate_series(1, 400) n)");
    std::atomic<int> changed = 0;
    std::vector<std::thread> operators;
    for (int i = 0; i < 4; ++i) {
        operators.emplace_back([&] {
            for (int turn = 0; turn < 20; ++turn) {
                changed += std::stoi(
                    database.sql(R"(SELECT changed FROM barid.redrive('{"all": true}', 50))"));
            }
        });
    }
    for (std::thread& thread : operators) thread.join();
    EXPECT_EQ(changed, 400);
    EXPECT_EQ(sql("SELECT count(*) || ' ' || count(DISTINCT origin_id) FROM barid.job "
                  "WHERE queue = 'mail'"),
              "400 400");
}

TEST_F(DeadLetters, AQueueCannotSendItsDeadLettersInACircle) {
    const std::string said =
        refusal(R"(SELECT barid.set_queue('mail.dead', '{"dead_letter": "mail"}'))");
    EXPECT_NE(said.find("come back to mail.dead"), std::string::npos) << said;
}

}  // namespace
}  // namespace barid::queue
