// What must be true after the demo, asked of the database and of the pictures' own URLs.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/crypto.hpp"
#include "base/timeout.hpp"
#include "media/recipe.hpp"
#include "worker/demo_report.hpp"
#include "worker/demo_shop.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

/// Detection (one lease TTL, looked at every second) and the way to a free slot.
std::chrono::milliseconds restart_limit(std::chrono::milliseconds lease_ttl) {
    return lease_ttl + 6s;
}

/// Values in a text of the other direction stand between these (U+2066 to U+2069); unseen.
std::string without_isolates(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool isolate = text.substr(i, 2) == "\xE2\x81" && i + 2 < text.size() &&
                             static_cast<unsigned char>(text[i + 2]) >= 0xA6 &&
                             static_cast<unsigned char>(text[i + 2]) <= 0xA9;
        if (isolate) {
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

class Checks {
  public:
    Checks(Platform& platform, const DemoFacts& facts)
        : platform_(platform), pool_(platform.pool()), facts_(facts) {}

    awaitable<std::vector<Expectation>> run();

  private:
    void expect(std::string what, bool held, std::string found) {
        list_.push_back({std::move(what), held, std::move(found)});
    }
    /// A query with one text column: empty (or no row) when the expectation holds, else what was
    /// found.
    awaitable<void> expect_none(std::string what, std::string sql, pg::Params params);

    awaitable<void> check_jobs();
    awaitable<void> check_rescue();
    awaitable<void> check_pushes();
    awaitable<void> check_pictures();
    awaitable<void> check_files();
    awaitable<std::string> fetch_problem(std::string url, std::string type, std::string sha256);
    awaitable<void> check_translations();

    Platform& platform_;
    pg::Pool& pool_;
    const DemoFacts& facts_;
    std::vector<Expectation> list_;
};

awaitable<void> Checks::expect_none(std::string what, std::string sql, pg::Params params) {
    const pg::Result result = co_await pool_.execute(sql, std::move(params));
    const bool held = result.empty() || result[0].text(0).empty();
    expect(std::move(what), held, held ? "" : std::string(result[0].text(0)));
}

awaitable<void> Checks::check_jobs() {
    co_await expect_none("every job ended within the time allowed",
                         R"(SELECT string_agg(kind || ' ' || id || ' is ' || state, ', ')
                            FROM barid.jobs WHERE request_id = $1 AND finished_at IS NULL)",
                         pg::Params(facts_.run.request_id));
    if (!facts_.in_time && list_.back().held) {
        list_.back().held = false;
        list_.back().found = "they ended only after the deadline";
    }
    co_await expect_none("nothing failed but what had to",
                         R"(SELECT string_agg(kind || ' ' || id || ': '
                                              || coalesce(errors -> -1 ->> 'error', ''), ', ')
                            FROM barid.jobs WHERE request_id = $1 AND state <> 'completed'
                              AND finished_at IS NOT NULL AND kind <> 'demo.broken'
                              AND NOT (kind = 'notify.send' AND payload ? 'colour'))",
                         pg::Params(facts_.run.request_id));
    co_await expect_none("the flaky job failed twice, then worked",
                         R"(SELECT CASE WHEN count(*) FILTER (WHERE state = 'completed'
                                     AND attempt = 3 AND jsonb_array_length(errors) = 2) = 1
                                THEN '' ELSE 'found ' || coalesce(string_agg(state || ' at attempt '
                                     || attempt, ', '), 'no such job') END
                            FROM barid.jobs WHERE request_id = $1 AND kind = 'demo.flaky')",
                         pg::Params(facts_.run.request_id));
    co_await expect_none("the broken job failed after its 3 attempts, with every error kept",
                         R"(SELECT CASE WHEN count(*) FILTER (WHERE state = 'failed'
                                     AND attempt = 3 AND jsonb_array_length(errors) = 3) = 1
                                THEN '' ELSE 'found ' || coalesce(string_agg(state || ' at attempt '
                                     || attempt, ', '), 'no such job') END
                            FROM barid.jobs WHERE request_id = $1 AND kind = 'demo.broken')",
                         pg::Params(facts_.run.request_id));
    co_await expect_none("the bad payload failed at once, with all its violations named",
                         R"(SELECT CASE WHEN count(*) FILTER (WHERE state = 'failed' AND attempt = 1
                                     AND errors -> 0 ->> 'error' LIKE '%/user%'
                                     AND errors -> 0 ->> 'error' LIKE '%/title%'
                                     AND errors -> 0 ->> 'error' LIKE '%/colour%') = 1
                                THEN '' ELSE 'found ' || coalesce(string_agg(state || ' '
                                     || errors::text, ', '), 'no such job') END
                            FROM barid.jobs WHERE request_id = $1 AND payload ? 'colour')",
                         pg::Params(facts_.run.request_id));
}

awaitable<void> Checks::check_rescue() {
    expect("one worker process was killed with SIGKILL in mid-job", facts_.killed,
           "it had ended by itself");
    const auto limit = restart_limit(facts_.lease_ttl);
    const pg::Result result = co_await pool_.execute(
        R"(SELECT count(*) FILTER (WHERE j.state = 'completed' AND j.attempt = 2
                      AND l.rescued_at > $2::timestamptz AND l.rescued_at < j.claimed_at),
                  coalesce((extract(epoch FROM max(j.claimed_at) - $2::timestamptz) * 1000)::bigint,
                           -1)
           FROM barid.jobs j JOIN barid.rescue_log l ON l.job_id = j.id
           WHERE j.id = ANY ($1::bigint[]))",
        pg::Params(facts_.slow_jobs, facts_.killed_at));
    const auto rescued = result.one().get<std::int64_t>(0);
    const auto delay = result.one().get<std::int64_t>(1);
    const auto jobs = static_cast<std::int64_t>(facts_.slow_jobs.size());
    expect(fmt::format("its {} jobs were taken back and finished by the other worker", jobs),
           jobs > 0 && rescued == jobs, fmt::format("{} were", rescued));
    expect(fmt::format("they ran again within {:.0f} s (lease TTL and 6 s)",
                       std::chrono::duration<double>(limit).count()),
           delay >= 0 && delay <= limit.count(), fmt::format("it took {} ms", delay));
}

awaitable<void> Checks::check_pushes() {
    const pg::Result shown = co_await pool_.execute(
        R"(SELECT user_id, platform, title, body FROM barid.dev_push
           WHERE user_id = ANY ($1::text[]))",
        pg::Params(demo_users(facts_.run)));
    std::multiset<ExpectedPush> got;
    for (const pg::Row row : shown) {
        got.insert({std::string(row.text(0)), std::string(row.text(1)),
                    without_isolates(row.text(2)), without_isolates(row.text(3))});
    }
    const auto wanted = expected_pushes(facts_.run);
    std::string missing;
    for (const ExpectedPush& push : wanted) {
        const auto found = got.find(push);
        if (found == got.end()) {
            missing +=
                fmt::format("missing on {}'s {}: {}; ", push.user, push.platform, push.title);
        } else {
            got.erase(found);
        }
    }
    for (const ExpectedPush& push : got) {
        missing += fmt::format("unexpected on {}'s {}: {}; ", push.user, push.platform, push.title);
    }
    expect(fmt::format("{} pushes, each once, in the user's own language", wanted.size()),
           missing.empty(), missing);
    co_await expect_none("the request that came twice is one notification",
                         R"(SELECT CASE WHEN count(*) = 1 THEN '' ELSE 'found ' || count(*) END
                            FROM barid.inbox_item WHERE user_id = $1)",
                         pg::Params(of_run(facts_.run, "noor@")));
    co_await expect_none("who opted out got no push, and finds the offer in the inbox",
                         R"(SELECT CASE WHEN count(*) = 1
                                     AND bool_and(d.state = 'suppressed' AND i.locale = 'ar')
                                THEN '' ELSE 'found ' || coalesce(string_agg(d.state, ', '),
                                                                  'nothing') END
                            FROM barid.inbox_item i
                            JOIN barid.delivery d ON d.notification_id = i.notification_id
                                AND d.channel = 'push'
                            WHERE i.user_id = $1)",
                         pg::Params(of_run(facts_.run, "sami@")));
    co_await expect_none("6 notifications are in the inboxes",
                         R"(SELECT CASE WHEN count(*) = 6 THEN '' ELSE 'found ' || count(*) END
                            FROM barid.inbox_item WHERE user_id = ANY ($1::text[]))",
                         pg::Params(demo_users(facts_.run)));
}

awaitable<void> Checks::check_pictures() {
    const pg::Result sets = co_await pool_.execute(
        R"(SELECT p.entity, (s.source->>'width')::int, p.format,
                  array_agg(p.width ORDER BY p.width)
           FROM barid.media_pictures p
           JOIN barid.media_set s ON s.source_hash = p.source_hash
               AND s.recipe_hash = p.recipe_hash AND s.state = 'complete'
           WHERE p.entity IN (SELECT payload->>'entity' FROM barid.jobs
                              WHERE request_id = $1 AND kind = 'image.process')
           GROUP BY 1, 2, 3)",
        pg::Params(facts_.run.request_id));
    std::set<std::string> entities;
    std::string wrong;
    for (const pg::Row row : sets) {
        entities.emplace(row.text(0));
        std::vector<std::string> wanted;
        for (const int width : media::plan_widths(row.get<int>(1), facts_.widths)) {
            wanted.push_back(std::to_string(width));
        }
        if (pg::parse_array(row.text(3)) != wanted) {
            wrong += fmt::format("{} as {}: {}; ", row.text(0), row.text(2), row.text(3));
        }
    }
    const auto formats = static_cast<std::size_t>(sets.size());
    const bool whole = entities.size() == facts_.pictures.size() &&
                       formats == entities.size() * facts_.formats.size();
    expect(fmt::format("each of {} pictures has all its widths in {} formats, none enlarged",
                       facts_.pictures.size(), facts_.formats.size()),
           whole && wrong.empty(),
           wrong.empty() ? fmt::format("{} pictures, {} sets", entities.size(), formats) : wrong);
}

awaitable<std::string> Checks::fetch_problem(std::string url, std::string type,
                                             std::string sha256) {
    http::Request request;
    request.url = url;
    request.max_response_bytes = std::size_t{32} << 20U;
    const http::Response response = co_await platform_.http().send(std::move(request));
    if (response.status != 200) co_return fmt::format("{} answers {}", url, response.status);
    if (response.header("content-type") != type) co_return url + " has another content type";
    if (sha256_hex(response.body) != sha256) co_return url + " has other bytes";
    co_return "";
}

awaitable<void> Checks::check_files() {
    const pg::Result files = co_await pool_.execute(
        R"(SELECT DISTINCT url, content_type, sha256 FROM barid.media_pictures
           WHERE entity IN (SELECT payload->>'entity' FROM barid.jobs
                            WHERE request_id = $1 AND kind = 'image.process'))",
        pg::Params(facts_.run.request_id));
    std::string problem;
    for (const pg::Row row : files) {
        try {
            problem = co_await fetch_problem(std::string(row.text(0)), std::string(row.text(1)),
                                             std::string(row.text(2)));
        } catch (const http::Error& e) {
            problem = fmt::format("{}: {}", row.text(0), e.what());
        }
        if (!problem.empty()) break;
    }
    expect(fmt::format("all {} files are served at their URLs, byte for byte", files.size()),
           !files.empty() && problem.empty(), files.empty() ? "there are none" : problem);
}

awaitable<void> Checks::check_translations() {
    co_await expect_none("both titles were published from what a person had translated before",
                         R"(SELECT CASE WHEN count(*) = 2 THEN '' ELSE 'found ' || count(*) END
                            FROM barid.translation t
                            WHERE t.state = 'published' AND t.origin = 'memory'
                              AND ((t.entity_id = 'mug-gift' || $1 AND t.target_lang = 'ar'
                                    AND t.text = 'كوب سيراميك أبيض')
                                OR (t.entity_id = 'rug-large' || $1 AND t.target_lang = 'en'
                                    AND t.text = 'Handmade wool rug')))",
                         pg::Params(facts_.run.suffix));
    co_await expect_none("both unknown descriptions wait for a person, and nothing is published",
                         R"(SELECT CASE WHEN count(*) = 2 THEN '' ELSE 'found ' || count(*) END
                            FROM barid.translation_review r
                            JOIN barid.translation t USING (entity_type, entity_id, field,
                                                            target_lang)
                            WHERE r.state = 'open' AND t.text IS NULL AND r.field = 'description'
                              AND r.entity_id IN ('mug-gift' || $1, 'rug-large' || $1))",
                         pg::Params(facts_.run.suffix));
    co_await expect_none("a person's text was not overwritten when its source changed",
                         R"(SELECT CASE WHEN count(*) = 1 THEN '' ELSE 'found ' || count(*) END
                            FROM barid.translations
                            WHERE entity_id = 'mug-white' || $1 AND field = 'title'
                              AND text = 'كوب سيراميك أبيض' AND origin = 'human' AND stale)",
                         pg::Params(facts_.run.suffix));
    co_await expect_none("an attached table's column was filled, and a person's was left alone",
                         R"(SELECT CASE WHEN count(*) = 2 THEN '' ELSE 'found ' || count(*) END
                            FROM public.demo_shelf
                            WHERE id = 'mug' || $1 AND name_ar = 'كوب سيراميك أبيض'
                               OR id = 'tray' || $1 AND name_ar = 'صينية نحاس منقوشة')",
                         pg::Params(facts_.run.suffix));
}

awaitable<std::vector<Expectation>> Checks::run() {
    co_await check_jobs();
    co_await check_rescue();
    co_await check_pushes();
    co_await check_pictures();
    co_await check_files();
    co_await check_translations();
    co_return std::move(list_);
}

}  // namespace

awaitable<std::vector<Expectation>> check_demo(Platform& platform, const DemoFacts& facts) {
    Checks checks(platform, facts);
    std::vector<Expectation> all = co_await checks.run();
    std::ranges::move(co_await check_demo_shop(platform.pool(), facts.run),
                      std::back_inserter(all));
    co_return all;
}

}  // namespace barid::worker
