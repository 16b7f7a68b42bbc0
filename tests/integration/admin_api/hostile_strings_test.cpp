// Every stored text may be hostile: markup, direction overrides, what looks like an escape, ten
// kilobytes. Every GET answers JSON of its schema with the text as it was stored; escaping is the
// page's business, and nobody else's. And no hostile request is answered with "something went
// wrong here".
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "admin/api/webhooks_routes.hpp"
#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

const std::string kHostile =
    "\"><img src=x onerror=alert(1)></script><script>alert('ق')</script>\u202eعكس\u202c"
    "\\u0000 \\ud800 %00 ${7*7} {{7*7}} \t'; DROP TABLE barid.job; --\u2028\u200f";

// A template's own signs, braces, can't stand anywhere in its texts.
const std::string kTemplate = "\"><img src=x onerror=alert(1)></script>\u202eعكس\u202c \\u0000";
// A part of a path can't hold a slash.
const std::string kUser = "\"><img src=x onerror=alert(1)>\u202eعكس\u202c ${7*7} {{7*7}} --";

std::string ten_kilobytes() {
    std::string text = kHostile;
    while (text.size() < 10'240) text += "<ق>";
    return text;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

/// Every text in a value, names of members too.
void collect(const json::value& value, std::vector<std::string>& texts) {
    if (const auto* text = value.if_string()) texts.emplace_back(*text);
    if (const auto* array = value.if_array()) {
        for (const auto& item : *array) collect(item, texts);
    }
    if (const auto* object = value.if_object()) {
        for (const auto& [name, item] : *object) {
            texts.emplace_back(name);
            collect(item, texts);
        }
    }
}

class HostileStrings : public support::ApiFixture {
  protected:
    HostileStrings() {
        api::WebhookParts webhooks;
        webhooks.endpoints = {{.name = "orders", .url = "https://shop.example/" + kHostile}};
        api::add_overview(routes);
        api::add_jobs(routes);
        api::add_bulk(routes);
        api::add_queues(routes);
        api::add_schedules(routes);
        api::add_timeline(routes);
        api::add_notifications(routes);
        api::add_resends(routes);
        api::add_broadcasts(routes);
        api::add_templates(routes);
        api::add_users(routes);
        api::add_media(routes);
        api::add_translations(routes);
        api::add_webhooks(routes, webhooks);
        api::add_audit(routes);
        const std::string h = quoted(kHostile);
        seed_jobs(h);
        seed_messages(h);
        seed_content(h);
        database.sql("SELECT barid.audit('account:1', " + h + ", 'test', 'thing', " + h +
                     ", jsonb_build_object(" + h + ", " + h + "), NULL, left(" + h +
                     ", 400), 'r', 'c')");
    }

    void seed_jobs(const std::string& h) {
        const std::string payload = fmt::format(
            "jsonb_build_object('endpoint', 'orders', 'type', {0}, 'data', "
            "jsonb_build_object({0}, {1}, 'n', 1e300))",
            h, quoted(ten_kilobytes()));
        live_ = database.sql(fmt::format(
            R"(INSERT INTO barid.job (kind, payload, tags, unique_key, progress_note, request_id,
                   errors)
               VALUES ('http.deliver', {1}, ARRAY[{0}], {0}, {0}, left({0}, 128),
                   jsonb_build_array(jsonb_build_object('attempt', 1, 'at', now(), 'error', {0},
                       'worker', {0}, 'ms', 3))) RETURNING id)",
            h, payload));
        done_ = database.sql(fmt::format(
            R"(INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
                   priority, attempt, max_attempts, queue, kind, payload, tags, errors, output)
               SELECT nextval('barid.job_id_seq'), run_at, created_at, now(), claim_id, 'failed',
                   priority, 1, 3, queue, kind, payload, tags, errors,
                   jsonb_build_object({0}, {0}) FROM barid.job RETURNING id)",
            h));
        database.sql(
            fmt::format("INSERT INTO barid.job_log (job_id, claim_id, n, at, attempt, line) "
                        "SELECT id, claim_id, 1, now(), 1, {} FROM barid.job_history",
                        h));
        database.sql(
            "SELECT barid.schedule('nightly', '30 3 * * *', 'report.make', "
            "jsonb_build_object('x', " +
            h + "))");
    }

    void seed_messages(const std::string& h) {
        database.sql("SELECT barid.upsert_category('orders', description => " + h + ")");
        database.sql("SELECT barid.register_device(" + quoted(kUser) +
                     ", 'token-000001', 'android', locale => 'ar')");
        notification_ = database.sql("SELECT barid.notify(left(" + h +
                                     ", 128), 'orders', title => "
                                     "jsonb_build_object('ar', " +
                                     h + "), body => jsonb_build_object('ar', " + h +
                                     "), data => jsonb_build_object('x', " + h + "))");
        const std::string text = quoted(kTemplate);
        database.sql(
            "SELECT barid.upsert_template('welcome', jsonb_build_object('ar', "
            "jsonb_build_object('title', " +
            text + ", 'body', " + text + ")))");
        broadcast_ = database.sql("SELECT barid.broadcast('orders', users => ARRAY[" +
                                  quoted(kUser) + "], title => jsonb_build_object('ar', " + h +
                                  "), body => jsonb_build_object('ar', " + h + "))");
        database.sql("DELETE FROM barid.job WHERE kind = 'notify.send'");
    }

    void seed_content(const std::string& h) {
        review_ = database.sql(fmt::format(
            R"(INSERT INTO barid.translation (entity_type, entity_id, field, target_lang,
                   source_lang, source_text, source_hash, state)
               VALUES ('product', {0}, left({0}, 100), 'ar', 'en', {1},
                   barid.translation_source_hash('text', {1}), 'review');
               SELECT barid.open_review(t, left({0}, 60), {0}, {0}, {0}) FROM barid.translation t;
               INSERT INTO barid.provider_state (provider, pause_kind, pause_reason)
               VALUES (left({0}, 60), 'quota', {0});
               INSERT INTO barid.translation_usage (day, provider)
               VALUES (barid.translation_today(), left({0}, 60));
               SELECT id FROM barid.translation_review)",
            h, quoted(ten_kilobytes())));
        set_ = database.sql(fmt::format(
            R"(WITH s AS (INSERT INTO barid.media_set (state, completed_at, source_hash,
                   recipe_hash, store, recipe, source)
               VALUES ('complete', now(), repeat('a', 64), '0123abcd', left({0}, 60), left({0}, 60),
                   jsonb_build_object('format', {0})) RETURNING id),
               v AS (INSERT INTO barid.media_variant (set_id, width, height, format, content_type,
                   bytes, sha256, key, url)
                   SELECT id, 160, 160, 'webp', {0}, 1, repeat('b', 64), {0}, {0} FROM s),
               e AS (INSERT INTO barid.media_entity (entity, slot, set_id, request)
                   SELECT {0}, left({0}, 60), id,
                       jsonb_build_object('source', jsonb_build_object('path', {0})) FROM s)
               SELECT id FROM s)",
            h));
    }

    static std::string encoded(const std::string& text) {
        std::string out;
        for (const char c : text) {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
        return out;
    }

    /// What a parameter of a path can be, for the route.
    std::vector<std::string> values_of(const std::string& path, const std::string& name) const {
        std::vector<std::string> values{"1", encoded(kHostile)};
        if (path.starts_with("/jobs/") || path.find("/deliveries/") != std::string::npos) {
            values = {live_, done_, encoded(kHostile)};
        }
        if (path.starts_with("/notifications/")) values = {notification_, encoded(kHostile)};
        if (path.starts_with("/translations/reviews/")) values = {review_, encoded(kHostile)};
        if (path.starts_with("/translations/entities/")) {
            values = {name == "type" ? "product" : "1"};
        }
        if (path.starts_with("/media/")) values = {set_, encoded(kHostile)};
        if (path.starts_with("/webhooks/{name}")) values = {"orders", encoded(kHostile)};
        if (path.starts_with("/users/")) values = {encoded(kUser), "1"};
        if (path.starts_with("/templates/")) values = {"welcome", encoded(kHostile)};
        if (path.starts_with("/broadcasts/")) values = {broadcast_, encoded(kHostile)};
        if (path.starts_with("/schedules/")) values = {"nightly"};
        if (path.starts_with("/queues/")) values = {"default"};
        return values;
    }

    /// The route's path with every choice of its parameters.
    std::vector<std::string> targets_of(const api::Route& route) const {
        std::vector<std::string> targets{route.path};
        for (const auto& parameter : route.parameters) {
            const std::string hole = "{" + parameter.name + "}";
            if (route.path.find(hole) == std::string::npos) continue;
            std::vector<std::string> filled;
            for (const std::string& target : targets) {
                for (const std::string& value : values_of(route.path, parameter.name)) {
                    std::string next = target;
                    next.replace(next.find(hole), hole.size(), value);
                    filled.push_back(std::move(next));
                }
            }
            targets = std::move(filled);
        }
        if (route.path == "/translations/entities") {
            targets.front() += "?type=product&id=" + encoded(kHostile);
        }
        return targets;
    }

    static std::string asking(const std::string& target, const std::string& more) {
        return target + (target.find('?') == std::string::npos ? "?" : "&") + more;
    }

    /// An answer is JSON, or another type that the route is known to give.
    static void expect_safe(const std::string& what, const support::ApiAnswer& answer) {
        EXPECT_LT(answer.status, 500) << what << "\n" << answer.body.substr(0, 500);
        if (answer.body.empty()) return;
        const std::set<std::string> known{"application/json",
                                          "application/problem+json",
                                          "application/x-ndjson",
                                          "text/csv; charset=utf-8",
                                          "text/csv",
                                          "application/x-ndjson; charset=utf-8"};
        EXPECT_TRUE(known.contains(answer.content_type)) << what << ": " << answer.content_type;
        EXPECT_EQ(answer.body.find('\0'), std::string::npos) << what;
    }

    std::string live_, done_, notification_, broadcast_, review_, set_;
};

TEST_F(HostileStrings, ComeBackAsTheyWereStored) {
    std::set<std::string> shown;
    for (const auto& route : routes.all()) {
        if (route.method != "GET" || route.path == "/events") continue;
        for (const std::string& target : targets_of(route)) {
            const auto answer = get(target);
            expect_safe("GET " + target, answer);
            if (answer.status != 200) continue;
            std::vector<std::string> texts;
            collect(answer.json, texts);
            for (const std::string& text : texts) {
                const auto at = text.find("\"><img");
                if (at == std::string::npos) continue;
                // Classes of errors have their numbers taken out: like ones are counted together.
                if (route.path == "/overview" && text.contains('#')) continue;
                // Whole, or cut at an end that a list may cut at: never changed.
                const std::string rest = text.substr(at, kHostile.size());
                const bool cut = rest.size() < kHostile.size();
                const std::string kept =
                    cut && rest.ends_with("…") ? rest.substr(0, rest.size() - 3) : rest;
                EXPECT_TRUE(kHostile.starts_with(kept) || kUser.starts_with(kept) ||
                            kTemplate.starts_with(kept))
                    << route.path << " shows\n"
                    << text;
                shown.insert(route.path);
            }
        }
    }
    EXPECT_THAT(shown, IsSupersetOf({"/templates/{key}",
                                     "/users",
                                     "/users/{id}",
                                     "/categories",
                                     "/broadcasts/{id}",
                                     "/jobs",
                                     "/jobs/{id}",
                                     "/jobs/{id}/log",
                                     "/notifications",
                                     "/notifications/{id}",
                                     "/translations/reviews",
                                     "/translations/reviews/{id}",
                                     "/translations/providers",
                                     "/translations/cost",
                                     "/translations/entities",
                                     "/media",
                                     "/media/{id}",
                                     "/webhooks",
                                     "/webhooks/{name}/deliveries",
                                     "/webhooks/deliveries/{id}",
                                     "/audit"}));
}

TEST_F(HostileStrings, AreHiddenFromThoseWhoMayNotSeeData) {
    as(support::grants({"jobs.view", "webhooks.view"}));
    for (const std::string& target : {"/jobs/" + live_, "/jobs/" + done_, "/jobs/" + done_ + "/log",
                                      "/webhooks/deliveries/" + done_}) {
        const auto answer = get(target);
        ASSERT_EQ(answer.status, 200) << target;
        EXPECT_EQ(answer.body.find("<ق><ق>"), std::string::npos) << target << "\n" << answer.body;
    }
}

TEST_F(HostileStrings, AreAnsweredAsMistakesWhereTheyAreNoFilter) {
    for (const auto& route : routes.all()) {
        if (route.method != "GET" || route.path == "/events") continue;
        const std::string target = targets_of(route).front();
        for (const auto& parameter : route.parameters) {
            if (route.path.find("{" + parameter.name + "}") != std::string::npos) continue;
            for (const std::string& value :
                 {kHostile, std::string("a\0b", 3), std::string("\xff"),
                  std::string("\xed\xa0\x80"), std::string(5000, 'x'), std::string("-1"),
                  std::string("'; --"), std::string("99999999999999999999")}) {
                expect_safe(target + "?" + parameter.name,
                            get(asking(target, parameter.name + "=" + encoded(value))));
            }
        }
        const auto answer = get(asking(target, encoded("<script>") + "=1"));
        EXPECT_EQ(answer.status, 422) << target;
        EXPECT_THAT(answer.body, HasSubstr("<script>"));
        EXPECT_EQ(answer.content_type, "application/problem+json");
    }
}

TEST_F(HostileStrings, AreRefusedAsBodies) {
    const std::string quote_hostile = json::serialize(json::value(kHostile));
    const std::vector<std::string> bodies = {
        "{",
        "[]",
        "\"x\"",
        R"({"reason": "\ud800"})",
        R"({"reason": "a\u0000b", "version": "\u0000", "filter": {"reason": "\u0000"}})",
        "{\"reason\": \"\xff\xfe\"}",
        "{\"reason\": " + quote_hostile + ", \"nobody_knows\": " + quote_hostile + "}",
        "{" + quote_hostile + ": 1}",
        R"({"reason": {"a": [1, 2]}, "version": [], "filter": 7, "text": null})",
        R"({"reason": ")" + std::string(10'000, 'x') + R"("})",
        std::string(200, '[') + std::string(200, ']'),
        R"({"filter": {"reason": "x", "prefix": "\u0000", "stale": "yes"}, "max": 1e400})"};
    for (const auto& route : routes.all()) {
        if (route.method == "GET") continue;
        const std::string target = targets_of(route).front();
        for (const std::string& body : bodies) {
            expect_safe(route.method + " " + target + " " + body.substr(0, 60),
                        ask(route.method, target, body));
        }
    }
}

}  // namespace
}  // namespace barid
