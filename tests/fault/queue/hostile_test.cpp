// Hostile input to the queue: refused with a clear SQLSTATE at the enqueue, or ended for good at
// the handler's door, and never a trouble to the jobs beside it.
#include <map>

#include "base/json_reader.hpp"
#include "tests/fault/queue/fault_fixture.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

struct Greeting {
    std::string to;
};

class Hostile : public support::WorkerFixture {
  protected:
    Hostile() {
        registry.add<Greeting>(
            {.kind = "greet"}, [](JsonReader& in) { return Greeting{in.text("to")}; },
            [](JobContext&, Greeting greeting) -> awaitable<Outcome> {
                co_return queue::Done{json::serialize(json::object{{"to", greeting.to}})};
            });
    }

    std::string sqlstate_of(const std::string& statement) {
        try {
            support::query(database.url(), statement);
        } catch (const support::SqlError& e) {
            return e.sqlstate();
        }
        return "accepted";
    }
    std::string of_job(const std::string& id, const std::string& column) {
        return database.sql("SELECT " + column + " FROM barid.jobs WHERE id = " + id);
    }
    bool run_all() {
        worker::Worker worker(io, blocking, pool, registry, options(), {});
        const bool ended = run_until(
            worker, [&] { return database.sql("SELECT count(*) FROM barid.job") == "0"; }, 30s);
        return ended && clean_;
    }
    /// A neighbour that must come to no harm.
    std::string good() { return database.sql(R"(SELECT barid.enqueue('greet', '{"to": "N"}'))"); }
};

TEST_F(Hostile, APayloadOfTenMegabytesIsRefused) {
    const std::string big = "jsonb_build_object('to', repeat('x', 10000000))";
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue('greet', " + big + ")"), "23514");
    EXPECT_EQ(sqlstate_of("INSERT INTO barid.job (kind, payload) VALUES ('greet', " + big + ")"),
              "23514");
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue_many(jsonb_build_array(jsonb_build_object("
                          "'kind', 'greet', 'payload', " +
                          big + ")))"),
              "23514");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(Hostile, DeepJsonEndsForGoodAndHarmsNobody) {
    std::map<std::string, std::string> deep;
    for (const int depth : {100, 3'000}) {
        const std::string payload = "('{\"to\": ' || repeat('[', " + std::to_string(depth) +
                                    ") || repeat(']', " + std::to_string(depth) + ") || '}')";
        deep[std::to_string(depth)] =
            database.sql("SELECT barid.enqueue('greet', " + payload + "::jsonb)");
    }
    const std::string state = sqlstate_of(
        "SELECT barid.enqueue('greet', ('{\"to\": ' || repeat('[', 10000) || repeat(']', 10000) || "
        "'}')::jsonb)");
    EXPECT_TRUE(state == "54001" || state == "accepted") << state;  // PostgreSQL's stack, or ours
    const std::string neighbour = good();
    ASSERT_TRUE(run_all());
    for (const auto& [depth, id] : deep) {
        EXPECT_EQ(of_job(id, "state || attempt"), "failed1") << depth;
        EXPECT_NE(of_job(id, "errors->0->>'error'").find("deep"), std::string::npos)
            << of_job(id, "errors->0->>'error'");
    }
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE attempt > 1"), "0");
    EXPECT_EQ(of_job(neighbour, "state"), "completed");
}

TEST_F(Hostile, NulAndInvalidUtf8AreRefusedByTheServer) {
    EXPECT_EQ(sqlstate_of(R"(SELECT barid.enqueue('greet', '{"to": "a\u0000b"}'))"), "22P05");
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue('greet', '{\"to\": \"\xff\xfe\"}')"), "22021");
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue('gr\xc3')"), "22021");
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue('greet', unique_key => E'\\xc0\\x80')"), "22021");
    EXPECT_EQ(sqlstate_of(R"(SELECT barid.enqueue('greet', '{"to": "\ud800"}'))"), "22P02");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(Hostile, SqlInEveryStringIsText) {
    const std::string attack = "'); DROP TABLE barid.job CASCADE; --\\' \" $$ $1 %s {} ${x} \t";
    const std::string quoted = "$attack$" + attack + "$attack$";
    for (const std::string argument : {"kind", "queue"}) {
        const std::string call = argument == "kind" ? quoted : "'greet', queue => " + quoted;
        const std::string state = sqlstate_of("SELECT barid.enqueue(" + call + ")");
        // A queue's name is free text in the job table until a row in barid.queue names it.
        EXPECT_TRUE(state == "23514" || (argument == "queue" && state == "accepted"))
            << argument << ": " << state;
    }
    database.sql("DELETE FROM barid.job");
    handle("fails", [&](JobContext&) -> awaitable<Outcome> { co_return queue::Fail{attack}; });
    const std::string extra = ", unique_key => " + quoted + ", ordering_key => " + quoted +
                              ", request_id => " + quoted + ", traceparent => " + quoted +
                              ", tags => ARRAY[" + quoted + "])";
    const std::string id = database.sql("SELECT barid.enqueue('greet', jsonb_build_object('to', " +
                                        quoted + ")" + extra);
    const std::string failing = database.sql("SELECT barid.enqueue('fails')");
    ASSERT_TRUE(run_all());
    EXPECT_EQ(of_job(id, "state"), "completed");
    EXPECT_EQ(of_job(id, "output->>'to'"), attack);
    EXPECT_EQ(of_job(id, "request_id"), attack);
    EXPECT_EQ(of_job(id, "ordering_key"), attack);
    EXPECT_EQ(of_job(id, "tags[1]"), attack);
    EXPECT_EQ(of_job(failing, "errors->0->>'error'"), attack);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.ordering_slot"), "0");
}

TEST_F(Hostile, AnUnknownKindSaysWhatTheWorkerKnows) {
    const std::string id = database.sql("SELECT barid.enqueue('no.such.kind', max_attempts => 1)");
    const std::string neighbour = good();
    ASSERT_TRUE(run_all());
    EXPECT_EQ(of_job(id, "state"), "failed");
    const std::string error = of_job(id, "errors->0->>'error'");
    EXPECT_NE(error.find("no.such.kind"), std::string::npos) << error;
    EXPECT_NE(error.find("greet"), std::string::npos) << error;
    EXPECT_EQ(of_job(neighbour, "state"), "completed");
}

TEST_F(Hostile, APayloadThatIsNoObjectEndsForGood) {
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue('greet', '[1]')"), "22023");
    EXPECT_EQ(sqlstate_of("SELECT barid.enqueue('greet', NULL)"), "22023");
    std::map<std::string, std::string> ids;
    for (const std::string payload :
         {"[1, 2]", "17", "\"text\"", "null", "true", "1e400", "{\"to\": 5, \"more\": {}}", "{}"}) {
        ids[payload] = database.sql("INSERT INTO barid.job (kind, payload) VALUES ('greet', '" +
                                    payload + "') RETURNING id");
    }
    ASSERT_TRUE(run_all());
    for (const auto& [payload, id] : ids) {
        EXPECT_EQ(of_job(id, "state || attempt"), "failed1") << payload;
        const std::string error = of_job(id, "errors->0->>'error'");
        EXPECT_FALSE(error.empty()) << payload;
        for (const char c : error) {
            ASSERT_GE(static_cast<unsigned char>(c), 0x20) << payload << ": " << error;
        }
    }
    EXPECT_NE(of_job(ids["{\"to\": 5, \"more\": {}}"], "errors->0->>'error'").find("more"),
              std::string::npos)
        << "not every violation is named";
}

/// What handlers say is hostile as well: it may come from a provider's answer.
TEST_F(Hostile, OutcomesThatCannotBeStoredDoNotBlockTheOthers) {
    const std::map<std::string, std::string> outputs{
        {"nul", R"({"a": "x\u0000y"})"},
        {"surrogate", R"({"a": "\ud800"})"},
        {"overflow", R"({"a": 1e200000})"},
        {"no-json", "<html>"},
        {"latin", "{\"a\": \"\xe9\"}"},
        {"huge", "\"" + std::string(1'000'000, 'x') + "\""},
        {"deep", std::string(5'000, '[') + std::string(5'000, ']')},
    };
    for (const auto& [kind, output] : outputs) {
        handle(kind,
               [output](JobContext&) -> awaitable<Outcome> { co_return queue::Done{output}; });
    }
    handle("bad-words", [](JobContext&) -> awaitable<Outcome> {
        using namespace std::string_literals;
        throw Error(Error::Retry::permanent, "a\0b\xff\xfe\xc3"s + std::string(5'000'000, 'e'));
        co_return queue::Done{};
    });
    std::map<std::string, std::string> ids;
    for (const auto& [kind, output] : outputs) {
        ids[kind] = database.sql("SELECT barid.enqueue('" + kind + "')");
        good();
    }
    const std::string words = database.sql("SELECT barid.enqueue('bad-words')");
    ASSERT_TRUE(run_all());
    for (const auto& [kind, id] : ids) {
        EXPECT_EQ(of_job(id, "state || attempt"), "failed1") << kind;
        EXPECT_NE(of_job(id, "errors->0->>'error'"), "") << kind;
        EXPECT_EQ(of_job(id, "output"), "") << kind;
    }
    EXPECT_EQ(of_job(words, "state"), "failed");
    EXPECT_LE(of_job(words, "errors->0->>'error'").size(), 2000U);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE kind = 'greet' "
                           "AND state = 'completed'"),
              std::to_string(outputs.size()));
}

}  // namespace
}  // namespace barid::fault
