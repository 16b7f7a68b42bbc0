// Redaction at the finish, and forgetting a person by a tag.
#include "tests/integration/queue/queue_fixture.hpp"

namespace barid::queue {
namespace {

class Privacy : public support::QueueFixture {
  protected:
    std::string redacted(const std::string& payload, const std::string& keys) {
        return sql("SELECT barid.redact('" + payload + "', '" + keys + "')");
    }
    /// "cancelled running erased more".
    std::string forget(const std::string& arguments) {
        return sql("SELECT concat_ws(' ', cancelled, running, erased, more) FROM barid.forget(" +
                   arguments + ")");
    }
    std::string mentions(const std::string& word) {
        return sql(
            "SELECT count(*) FROM (SELECT to_jsonb(j)::text AS t FROM barid.job j UNION ALL "
            "SELECT to_jsonb(h)::text FROM barid.job_history h) a WHERE t LIKE '%" +
            word + "%'");
    }
};

TEST_F(Privacy, RedactsAtAnyDepthAndInArrays) {
    EXPECT_EQ(redacted(R"({"a": {"email": "x", "l": [{"email": {"deep": 1}}, [{"email": 2}]]}})",
                       "{email}"),
              R"({"a": {"l": [{"email": "[redacted]"}, [{"email": "[redacted]"}]], )"
              R"("email": "[redacted]"}})");
    EXPECT_EQ(redacted(R"({"هاتف": "+966", "b": []})", "{هاتف,x}"),
              R"({"b": [], "هاتف": "[redacted]"})");
    EXPECT_EQ(redacted(R"({"a\"b": 1, "c": {}})", R"({"a\"b"})"),
              R"({"c": {}, "a\"b": "[redacted]"})");
}

TEST_F(Privacy, LeavesAloneWhatHasNoSuchKey) {
    const std::string payload = R"({"note": "\"email\": x", "Email": "kept", "n": [1, null, {}]})";
    EXPECT_EQ(redacted(payload, "{email}"), sql("SELECT '" + payload + "'::jsonb"));
    EXPECT_EQ(redacted(payload, "{}"), sql("SELECT '" + payload + "'::jsonb"));
    EXPECT_EQ(sql("SELECT barid.redact(NULL, '{x}') IS NULL"), "t");
}

TEST_F(Privacy, RedactsWhatIsNestedTooDeepToRead) {
    const std::string deep =
        "(repeat('{\"a\":', 1000) || '{\"email\": \"x\"}' || repeat('}', "
        "1000))::jsonb";
    EXPECT_EQ(sql("SELECT strpos(barid.redact(" + deep + ", '{email}')::text, 'email')"), "0");
    EXPECT_EQ(sql("SELECT barid.redact(" + deep + ", '{phone}') = " + deep), "t");
}

TEST_F(Privacy, AFinishedJobKeepsNoValueOfItsQueuesKeys) {
    sql(R"(SELECT barid.set_queue('mail', '{"redact": ["email"], "dead_letter": "dead"}'))");
    ended(R"('a', '{"email": "noura@example.com"}', queue => 'mail')", "fail", "'no'");
    EXPECT_EQ(sql("SELECT payload->>'email' FROM barid.job_history"), "[redacted]");
    EXPECT_EQ(sql("SELECT payload->>'email' FROM barid.dead_letters"), "noura@example.com");
}

TEST_F(Privacy, ForgettingErasesWaitingAndFinishedJobs) {
    sql(R"(SELECT barid.enqueue('a', '{"name": "نورة العتيبي"}', tags => '{user:1,vip}'))");
    const std::string failed = ended(R"('a', '{"name": "نورة العتيبي"}', tags => '{user:1}')",
                                     "fail", "'نورة العتيبي is unknown'");
    const std::string done = sql(R"(SELECT barid.enqueue('a', '{}', tags => '{user:1}'))");
    settle(done, claim(done), "complete", "NULL", R"('{"hello": "نورة العتيبي"}')");
    sql(R"(SELECT barid.enqueue('a', '{"name": "سارة"}', tags => '{user:2}'))");
    ASSERT_EQ(mentions("العتيبي"), "3");
    EXPECT_EQ(forget("'user:1'"), "1 0 2 f");
    EXPECT_EQ(mentions("العتيبي"), "0");
    EXPECT_EQ(mentions("user:1"), "0");
    EXPECT_EQ(mentions("سارة"), "1");
    EXPECT_EQ(state("1"), "cancelled");
    EXPECT_EQ(sql("SELECT tags FROM barid.jobs WHERE id = 1"), "{vip}");
    EXPECT_EQ(sql("SELECT errors->0->>'error' FROM barid.jobs WHERE id = " + failed),
              "[forgotten]");
    EXPECT_EQ(sql("SELECT errors->0->>'attempt' FROM barid.jobs WHERE id = " + failed), "1");
    EXPECT_EQ(forget("'user:1'"), "0 0 0 f");
}

TEST_F(Privacy, ARunningJobIsToldAndErasedWhenItHasEnded) {
    const std::string job =
        sql(R"(SELECT barid.enqueue('a', '{"name": "Noura"}', tags => '{user:1}'))");
    const std::string token = claim(job);
    EXPECT_EQ(forget("'user:1'"), "0 1 0 f");
    EXPECT_EQ(sql("SELECT cancel_requested FROM barid.job"), "t");
    sql("SELECT barid.tidy()");
    EXPECT_EQ(sql("SELECT tag FROM barid.forgotten_tag"), "user:1");
    settle(job, token, "cancel", "'Noura was told'");
    EXPECT_EQ(mentions("Noura"), "1");
    sql("SELECT barid.tidy()");
    EXPECT_EQ(mentions("Noura"), "0");
    // Removed once no transaction is left that was open then; other tests' may be.
    for (int i = 0; i < 1000 && sql("SELECT count(*) FROM barid.forgotten_tag") != "0"; ++i) {
        sql("SELECT barid.tidy()");
    }
    EXPECT_EQ(sql("SELECT count(*) FROM barid.forgotten_tag"), "0");
}

TEST_F(Privacy, AJobEnqueuedLaterIsNotForgotten) {
    const std::string job = sql("SELECT barid.enqueue('a', tags => '{user:1}')");
    claim(job);
    forget("'user:1'");
    sql(R"(SELECT barid.enqueue('a', '{"name": "Noura"}', tags => '{user:1}'))");
    sql("SELECT barid.tidy()");
    EXPECT_EQ(mentions("Noura"), "1");
}

TEST_F(Privacy, ForgettingGoesOnInBoundedSteps) {
    sql("SELECT barid.enqueue('a', '{\"n\": 1}', tags => '{user:1}') FROM generate_series(1, 25)");
    EXPECT_EQ(forget("'user:1', 10"), "10 0 0 t");
    EXPECT_EQ(forget("'user:1', 10"), "10 0 0 t");
    EXPECT_EQ(forget("'user:1', 10"), "5 0 0 f");
    EXPECT_NE(refusal("SELECT barid.forget('')").find("1 to 1000 characters"), std::string::npos);
}

TEST_F(Privacy, LinesAndCheckpointsAreForgottenToo) {
    const std::string job = ended("'a', tags => '{user:1}'", "fail");
    sql("INSERT INTO barid.checkpoint (job_id, attempt, data) VALUES (" + job +
        ", 1, '{\"name\": \"Noura\"}'); INSERT INTO barid.job_log (job_id, claim_id, n, at, "
        "attempt, line) VALUES (" +
        job + ", gen_random_uuid(), 1, now(), 1, 'Noura')");
    forget("'user:1'");
    EXPECT_EQ(sql("SELECT (SELECT count(*) FROM barid.checkpoint) + (SELECT count(*) FROM "
                  "barid.job_log)"),
              "0");
}

}  // namespace
}  // namespace barid::queue
