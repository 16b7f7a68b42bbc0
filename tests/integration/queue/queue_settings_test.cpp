// barid.set_queue: what it takes, and how it says no.
#include <sstream>

#include "tests/integration/queue/queue_fixture.hpp"

namespace barid::queue {
namespace {

class QueueSettings : public support::QueueFixture {
  protected:
    std::string set(const std::string& settings) {
        return sql("SELECT barid.set_queue('mail', '" + settings + "')");
    }
};

TEST_F(QueueSettings, EveryColumnCanBeSetAndPutBack) {
    set(R"({"paused": true, "max_attempts": 3, "retention": "3 days", "keep_history": false,
            "dead_letter": "graveyard", "concurrency": 10, "process_concurrency": "2",
            "key_concurrency": 1, "rate_limit": 100, "rate_period": "1 minute", "rate_burst": 20,
            "key_rate_limit": 5, "key_rate_period": "1 hour", "key_rate_burst": 6,
            "on_ordering_failure": "block", "redact": ["password", "هاتف"]})");
    EXPECT_EQ(sql("SELECT concat_ws('|', paused, max_attempts, retention, keep_history, "
                  "dead_letter, concurrency, process_concurrency, key_concurrency, rate_limit, "
                  "rate_period, rate_burst, key_rate_limit, key_rate_period, key_rate_burst, "
                  "on_ordering_failure, redact) FROM barid.queue WHERE name = 'mail'"),
              "t|3|3 days|f|graveyard|10|2|1|100|00:01:00|20|5|01:00:00|6|block|{password,هاتف}");
    set(R"({"paused": null, "max_attempts": null, "retention": null, "keep_history": null,
            "dead_letter": null, "concurrency": null, "rate_period": null, "redact": null,
            "on_ordering_failure": null})");
    EXPECT_EQ(sql("SELECT concat_ws('|', paused, max_attempts, retention, keep_history, "
                  "dead_letter, concurrency, rate_period, redact, on_ordering_failure, rate_limit) "
                  "FROM barid.queue WHERE name = 'mail'"),
              "f|10|14 days|t|00:00:01|continue|100");
}

TEST_F(QueueSettings, NoColumnOfAQueueIsLeftOut) {
    const std::string said = refusal(R"(SELECT barid.set_queue('mail', '{"x": 1}'))");
    const std::string columns =
        sql("SELECT string_agg(column_name, ' ') FROM information_schema.columns "
            "WHERE table_schema = 'barid' AND table_name = 'queue' "
            "AND column_name NOT IN ('name', 'created_at', 'limited')");
    std::istringstream words(columns);
    for (std::string column; words >> column;) {
        EXPECT_NE(said.find(column), std::string::npos) << column << " cannot be set: " << said;
    }
}

TEST_F(QueueSettings, WhatIsWrongIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"concurency": 1})", "no key \"concurency\""},
        {R"({"concurrency": 0})", "\"concurrency\" of queue mail is 0"},
        {R"({"concurrency": "many"})", "a whole number from 1 to 1000000"},
        {R"({"max_attempts": 1001})", "a whole number from 1 to 1000"},
        {R"({"paused": "perhaps"})", "true or false"},
        {R"({"retention": "soon"})", "an interval, such as"},
        {R"({"retention": "-1 day"})", "an interval from 0"},
        {R"({"rate_period": "0 s"})", "an interval from 1 millisecond"},
        {R"({"on_ordering_failure": "stop"})", "continue or block"},
        {R"({"redact": "password"})", "an array of up to 100 keys"},
        {R"({"redact": [1]})", "an array of up to 100 keys"},
        {R"({"dead_letter": "mail"})", "the name of another queue"},
        {R"({"dead_letter": "No Name"})", "the name of another queue"},
        {"[]", "settings must be a JSON object"},
    };
    for (const auto& [settings, words] : cases) {
        const std::string said =
            refusal(std::string("SELECT barid.set_queue('mail', '") + settings + "')");
        EXPECT_NE(said.find(words), std::string::npos) << settings << ": " << said;
    }
    EXPECT_NE(refusal("SELECT barid.set_queue('No Name', '{}')").find("no queue's name"),
              std::string::npos);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.queue WHERE name = 'mail'"), "0");
}

}  // namespace
}  // namespace barid::queue
