// /translations/reviews: what waits for a person, and what a person decides.
//
// A decision names the version that the person has seen. The row of an open review is used again
// when its source changes: its id alone would let somebody publish a translation of a text that
// nobody looked at.
#include <fmt/format.h>

#include <memory>

#include "admin/api/call.hpp"
#include "admin/api/query.hpp"
#include "admin/api/review_findings.hpp"
#include "admin/api/translations_routes.hpp"
#include "base/text.hpp"

namespace barid::api {
namespace {

using access::Permission;
using Findings = std::shared_ptr<ReviewFindings>;
using Type = Parameter::Type;

constexpr std::size_t kMaxText = std::size_t{1} << 20U;

std::optional<std::string> state_of(const Call& call) {
    const std::string state = call.text("state");
    if (state.empty()) return "open";
    if (state == "all") return std::nullopt;
    return state;
}

awaitable<web::Response> list_reviews(Call& call) {
    const auto state = state_of(call);
    co_return co_await call.page(
        "SELECT item, at FROM barid.review_page($1, $2, $3, $4, $5, $6::bigint, $7, $8, $9)",
        pg::Params(state, call.optional_text("lang"), call.optional_text("entity_type"),
                   call.optional_text("entity_id"), call.optional_text("reason"), call.position(),
                   state != "open", call.limit() + 1, call.may(Permission::translations_review)));
}

awaitable<web::Response> count_reviews(Call& call) {
    co_return co_await call.count(
        R"sql(
        SELECT count(*) FROM (
            SELECT 1 FROM barid.translation_reviews r
            WHERE ($1::text IS NULL OR r.state = $1) AND ($2::text IS NULL OR r.lang = $2)
              AND ($3::text IS NULL OR r.entity_type = $3)
              AND ($4::text IS NULL OR r.entity_id = $4) AND ($5::text IS NULL OR r.reason = $5)
            LIMIT 10001) counted)sql",
        pg::Params(state_of(call), call.optional_text("lang"), call.optional_text("entity_type"),
                   call.optional_text("entity_id"), call.optional_text("reason")));
}

/// How many open ones have which reason: of the 10,000 oldest.
awaitable<web::Response> summarize_reviews(Call& call) {
    co_return json_response(co_await call.document("summary", R"sql(
        WITH looked AS MATERIALIZED (
            SELECT r.reason, r.lang FROM barid.translation_reviews r WHERE r.state = 'open'
            ORDER BY r.id LIMIT 10000),
        grouped AS (SELECT reason, lang, count(*) AS n FROM looked GROUP BY 1, 2)
        SELECT jsonb_build_object('capped', (SELECT count(*) FROM looked) = 10000, 'items',
            coalesce((SELECT jsonb_agg(jsonb_build_object('reason', g.reason, 'lang', g.lang,
                          'count', g.n) ORDER BY g.n DESC, g.reason, g.lang) FROM grouped g),
                     '[]'::jsonb)))sql"));
}

awaitable<std::string> document_of(Call& call, const Findings& findings,
                                   std::optional<std::string> text = {}) {
    std::string document = co_await call.document(
        "review", "SELECT barid.review_document($1::bigint, $2)",
        pg::Params(call.integer("id"), call.may(Permission::translations_review)));
    co_return co_await findings->added_to(call, std::move(document), std::move(text));
}

awaitable<web::Response> show_review(Call& call, Findings findings) {
    co_return json_response(co_await document_of(call, findings));
}

awaitable<web::Response> check_text(Call& call, Findings findings) {
    JsonReader in(call.body());
    const std::string text = in.text("text", {.max_bytes = kMaxText});
    in.finish();
    const pg::Result rows = co_await call.sql(
        "SELECT source_lang, lang, format, source_text FROM barid.translation_reviews "
        "WHERE id = $1::bigint",
        pg::Params(call.integer("id")));
    if (rows.empty()) throw Problem(404, "not_found", "there is no such review");
    const pg::Row row = rows.one();
    json::array found =
        co_await findings->of(call, row.get<std::string>(0), row.get<std::string>(1),
                              row.get<std::string>(2), row.get<std::string>(3), text);
    co_return json_response(json::serialize(json::object{{"findings", std::move(found)}}));
}

struct Decision {
    std::string outcome;
    std::string state;
    AuditEntry entry;
};

/// The only row of a decision's function: outcome, state, before, after.
Decision read_decision(const Call& call, const pg::Result& rows, std::string action) {
    const pg::Row row = rows.one();
    const auto text = [&](int column) {
        return row.get<std::optional<std::string>>(column).value_or("");
    };
    return {.outcome = text(0),
            .state = text(1),
            .entry = {.action = std::move(action),
                      .target_kind = "translation_review",
                      .target = std::to_string(call.integer("id").value_or(0)),
                      .before = text(2),
                      .after = text(3),
                      .reason = call.reason()}};
}

Problem outdated(const Decision& decision) {
    return {409,
            "outdated",
            decision.state == "open"
                ? "the source or its suggestion has changed since this version: read the review "
                  "again"
                : fmt::format("the review is {} already: nothing was done", decision.state),
            {{"/version", fmt::format("the review is {} now", decision.state)}}};
}

/// A review whose source turned out to have moved on is closed: that stays, and is recorded.
awaitable<web::Response> refuse_outdated(Call& call, Decision decision) {
    if (decision.entry.after.empty()) throw outdated(decision);
    decision.entry.action = "translation.outdated";
    co_await call.audit(decision.entry);
    co_return problem_response(outdated(decision), call.request().id);
}

awaitable<web::Response> accept_review(Call& call, Findings findings) {
    JsonReader in(call.body());
    const std::string version = in.text("version", {.max_bytes = 64});
    const auto text = in.optional_text("text", {.max_bytes = kMaxText});
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    const pg::Result rows = co_await call.sql(
        "SELECT outcome, state, before, after "
        "FROM barid.admin_accept_review($1::bigint, $2, $3, $4)",
        pg::Params(call.integer("id"), version, text, actor_of(call)));
    Decision decision = read_decision(call, rows, "translation.accept");
    if (decision.outcome.empty()) throw Problem(404, "not_found", "there is no such review");
    if (decision.outcome == "no_suggestion") {
        throw Problem(422, "invalid", "the review has no suggestion: give the text",
                      {{"/text", "is needed, since the review has no suggestion"}});
    }
    if (decision.outcome != "accepted") co_return co_await refuse_outdated(call, decision);
    co_await call.audit(decision.entry);
    co_return json_response(co_await document_of(call, findings, text));
}

awaitable<web::Response> reject_review(Call& call, Findings findings) {
    JsonReader in(call.body());
    const std::string version = in.text("version", {.max_bytes = 64});
    in.text("reason", {.max_bytes = 500});
    in.finish();
    const pg::Result rows = co_await call.sql(
        "SELECT outcome, state, before, after "
        "FROM barid.admin_reject_review($1::bigint, $2, $3, $4)",
        pg::Params(call.integer("id"), version, call.reason(true), actor_of(call)));
    Decision decision = read_decision(call, rows, "translation.reject");
    if (decision.outcome.empty()) throw Problem(404, "not_found", "there is no such review");
    if (decision.outcome != "rejected") throw outdated(decision);
    co_await call.audit(decision.entry);
    co_return json_response(co_await document_of(call, findings));
}

struct BulkFilter {
    std::string reason;
    std::optional<std::string> lang;
    std::optional<std::string> entity_type;
};

/// The member "filter"; violations are noted at its own pointers.
BulkFilter read_filter(JsonReader& in) {
    BulkFilter out;
    const json::object* object = in.object("filter");
    if (object == nullptr) return out;
    const json::value value(*object);
    JsonReader filter(value);
    out.reason = filter.text("reason", {.max_bytes = 64});
    out.lang = filter.optional_text("lang", {.one_of = {"en", "ar"}});
    out.entity_type = filter.optional_text("entity_type", {.max_bytes = 256});
    try {
        filter.finish();
    } catch (const PayloadError& error) {
        for (const Violation& v : error.violations()) in.violate("/filter" + v.at, v.problem);
    }
    return out;
}

awaitable<web::Response> preview_accept_many(Call& call) {
    JsonReader in(call.body());
    const BulkFilter filter = read_filter(in);
    in.finish();
    co_return json_response(
        co_await call.document("preview", R"sql(
        WITH matched AS MATERIALIZED (
            SELECT r.id FROM barid.translation_reviews r
            WHERE r.state = 'open' AND r.suggestion IS NOT NULL AND r.reason = $1
              AND ($2::text IS NULL OR r.lang = $2)
              AND ($3::text IS NULL OR r.entity_type = $3)
            ORDER BY r.id LIMIT 10001)
        SELECT jsonb_build_object(
            'matched', (SELECT jsonb_build_object('count', least(count(*), 10000),
                                                  'capped', count(*) > 10000) FROM matched),
            'upper_id', (SELECT max(id) FROM matched),
            'seen_at', barid.admin_time(clock_timestamp()),
            'sample', coalesce((
                SELECT jsonb_agg(barid.review_item(s, 300, $4) ORDER BY s.id)
                FROM barid.acceptable_reviews($1, $2, $3, NULL, 5) s), '[]'::jsonb)))sql",
                               pg::Params(filter.reason, filter.lang, filter.entity_type,
                                          call.may(Permission::translations_review))));
}

awaitable<web::Response> accept_many(Call& call) {
    JsonReader in(call.body());
    const BulkFilter filter = read_filter(in);
    const auto upper = in.integer("upper_id", {.min = 1});
    const std::string seen_at = in.text("seen_at", {.max_bytes = 40});
    if (in.ok() && !is_rfc3339(seen_at)) {
        in.violate("/seen_at", "must be a time with its zone, as the preview gives it");
    }
    const auto max = in.optional_integer("max", {.min = 1, .max = 200}).value_or(100);
    in.text("reason", {.max_bytes = 500});
    in.finish();
    const std::string reason = call.reason(true);
    const access::Principal& who = call.who();
    std::string answer =
        co_await call.document("result", R"sql(
        WITH done AS MATERIALIZED (
            SELECT * FROM barid.admin_accept_reviews($1, $2, $3, $4::bigint, $5::timestamptz,
                                                     $6::int, $7)),
        noted AS MATERIALIZED (
            SELECT barid.audit($8, $9, 'translation.accept', 'translation_review', d.id::text,
                               d.before, d.after, $10, $11, $12)
            FROM done d WHERE d.outcome = 'accepted')
        SELECT jsonb_build_object(
            'accepted', (SELECT count(*) FROM noted),
            'skipped', (SELECT count(*) FROM done WHERE outcome <> 'accepted'),
            'outcomes', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id,
                'outcome', d.outcome, 'detail', d.detail) ORDER BY d.id), '[]') FROM done d)))sql",
                               pg::Params(filter.reason, filter.lang, filter.entity_type, upper,
                                          seen_at, max, actor_of(call), who.id, who.name, reason,
                                          call.request().id, call.request().client_address));
    json::object asked{{"reason", filter.reason}, {"upper_id", upper}, {"max", max}};
    if (filter.lang) asked["lang"] = *filter.lang;
    if (filter.entity_type) asked["entity_type"] = *filter.entity_type;
    co_await call.audit({.action = "translation.accept_many",
                         .target_kind = "translation_reviews",
                         .target = filter.reason,
                         .before = json::serialize(json::object{{"filter", std::move(asked)}}),
                         .after = answer,
                         .reason = reason});
    co_return json_response(std::move(answer));
}

std::vector<Parameter> filters() {
    return {{.name = "state",
             .means = "open unless given",
             .one_of = {"open", "approved", "rejected", "superseded", "all"}},
            {.name = "lang", .means = "of the translation", .one_of = {"en", "ar"}},
            {.name = "entity_type", .means = "such as product"},
            {.name = "entity_id", .means = "of the entity", .max_bytes = 256},
            {.name = "reason", .means = "such as placeholders or human_text_stale"}};
}

std::vector<Parameter> paged(std::vector<Parameter> parameters) {
    parameters.push_back({.name = "cursor", .means = "of the page before", .max_bytes = 1000});
    parameters.push_back(
        {.name = "limit", .type = Type::integer, .means = "items, 50", .min = 1, .max = 200});
    return parameters;
}

std::vector<Parameter> of_id() {
    return {
        {.name = "id", .type = Type::integer, .means = "the review", .required = true, .min = 1}};
}

}  // namespace

std::string actor_of(const Call& call) {
    return truncate_utf8(fmt::format("{} ({})", call.who().name, call.who().id), 250);
}

void add_translations(Routes& routes) {
    add_review_schemas(routes);
    const auto findings = std::make_shared<ReviewFindings>();
    const auto get = [&](std::string path, std::string operation, std::string summary,
                         std::vector<Parameter> parameters, std::string answer, auto handler) {
        routes.add({.method = "GET",
                    .path = "/translations/reviews" + path,
                    .operation = std::move(operation),
                    .tag = "translations",
                    .summary = std::move(summary),
                    .permission = Permission::translations_view,
                    .parameters = std::move(parameters),
                    .answer = std::move(answer),
                    .handler = handler});
    };
    const auto post = [&](std::string path, std::string operation, std::string summary,
                          std::vector<Parameter> parameters, std::string body, std::string answer,
                          std::size_t max_body, bool changes, auto handler) {
        routes.add({.method = "POST",
                    .path = "/translations/reviews" + path,
                    .operation = std::move(operation),
                    .tag = "translations",
                    .summary = std::move(summary),
                    .permission = Permission::translations_review,
                    .parameters = std::move(parameters),
                    .body = std::move(body),
                    .answer = std::move(answer),
                    .max_body_bytes = max_body,
                    .changes = changes,
                    .handler = handler});
    };
    const auto with = [&findings](auto handler) {
        return [findings, handler](Call& call) { return handler(call, findings); };
    };
    constexpr std::size_t kLong = 4 * kMaxText;  // each character of a text may be escaped
    constexpr std::size_t kShort = std::size_t{16} << 10U;
    get("", "listTranslationReviews", "What waits for a person; the oldest first.",
        paged(filters()), "TranslationReviewPage", list_reviews);
    get("/count", "countTranslationReviews", "How many there are, up to 10,000.", filters(),
        "TranslationCount", count_reviews);
    get("/summary", "summarizeTranslationReviews", "How many open ones have which reason.", {},
        "TranslationReviewSummary", summarize_reviews);
    get("/{id}", "showTranslationReview", "One review with all that it is decided by.", of_id(),
        "TranslationReview", with(show_review));
    post("/{id}/check", "checkTranslation", "What the quality gates find in a text.", of_id(),
         "TranslationText", "TranslationFindings", kLong, false, with(check_text));
    post("/{id}/accept", "acceptTranslation", "Publishes the suggestion, or a person's text.",
         of_id(), "TranslationAccept", "TranslationReview", kLong, true, with(accept_review));
    post("/{id}/reject", "rejectTranslation",
         "Publishes nothing; the same source is not proposed again.", of_id(), "TranslationReject",
         "TranslationReview", kShort, true, with(reject_review));
    post("/accept-many/preview", "previewAcceptTranslations", "What accept-many would publish.", {},
         "TranslationAcceptManyFilter", "TranslationAcceptManyPreview", kShort, false,
         preview_accept_many);
    post("/accept-many", "acceptTranslations", "Publishes the suggestions of one reason.", {},
         "TranslationAcceptMany", "TranslationAcceptManyResult", kShort, true, accept_many);
    add_translation_status(routes);
}

}  // namespace barid::api
