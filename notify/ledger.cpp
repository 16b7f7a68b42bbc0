#include "notify/ledger.hpp"

#include <cmath>

#include "base/json.hpp"
#include "base/trace_scope.hpp"

namespace barid::notify {
namespace {

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

json::object object_of(std::optional<std::string_view> text) {
    if (!text) return {};
    json::value value = parse_json(*text);
    return value.is_object() ? std::move(value.as_object()) : json::object();
}

std::vector<LocalText> texts_of(std::optional<std::string_view> text) {
    std::vector<LocalText> out;
    for (const auto& [locale, value] : object_of(text)) {
        const json::object& entry = value.as_object();
        const json::value* body = entry.if_contains("body");
        out.push_back({.locale = locale,
                       .title = text_of(entry.at("title")),
                       .body = body != nullptr ? text_of(*body) : ""});
    }
    return out;
}

Outgoing outgoing_of(const pg::Row& row) {
    using Text = std::optional<std::string>;
    using View = std::optional<std::string_view>;
    Outgoing out{.id = row.get<std::string>("id"),
                 .user = row.get<std::string>("user_id"),
                 .category = row.get<std::string>("category"),
                 .image = row.get<Text>("image"),
                 .options = object_of(row.get<View>("options")),
                 .template_key = row.get<Text>("template_key"),
                 .template_version = row.get<std::optional<int>>("template_version").value_or(0),
                 .vars = object_of(row.get<View>("vars")),
                 .texts = texts_of(row.get<View>("texts")),
                 .ttl = std::chrono::seconds(row.get<std::int64_t>("ttl")),
                 .urgent = row.get<bool>("urgent"),
                 .collapse = row.get<bool>("collapse"),
                 .critical = row.get<bool>("critical"),
                 .user_locale = row.get<Text>("user_locale").value_or(""),
                 .user_tz = row.get<Text>("user_tz").value_or("UTC"),
                 .broadcast = row.get<bool>("broadcast"),
                 .email = row.get<bool>("email"),
                 .lanes = pg::parse_array(row.get<std::string_view>("lanes"))};
    if (auto title = row.get<Text>("title")) {
        out.text = LocalText{.locale = row.get<Text>("locale").value_or("en"),
                             .title = std::move(*title),
                             .body = row.get<Text>("body").value_or("")};
    }
    for (const auto& item : object_of(row.get<View>("data"))) {
        out.data.emplace_back(item.key(), text_of(item.value()));
    }
    return out;
}

std::chrono::milliseconds milliseconds_of(double seconds) {
    return std::chrono::milliseconds(std::llround(std::ceil(std::max(0.0, seconds) * 1000)));
}

}  // namespace

awaitable<std::vector<Outgoing>> Ledger::prepare(std::int64_t job_id,
                                                 const std::string& lease_token, int max_devices,
                                                 bool override) {
    const std::string span = trace::format_traceparent(co_await trace::current_span());
    const pg::Result rows = co_await pool_.execute(
        R"(SELECT * FROM barid.prepare_run(barid.in_trace($5, $1::bigint), $2, $3, $4))",
        pg::Params(job_id, lease_token, max_devices, override, span));
    std::vector<Outgoing> out;
    out.reserve(static_cast<std::size_t>(rows.size()));
    for (const pg::Row row : rows) out.push_back(outgoing_of(row));
    co_return out;
}

awaitable<void> Ledger::store_texts(const std::vector<StoredText>& texts) {
    if (texts.empty()) co_return;
    pg::ArrayBuilder ids, locales, titles, bodies;
    for (const StoredText& item : texts) {
        ids.add(std::string_view(item.notification_id));
        locales.add(std::string_view(item.text.locale));
        titles.add(std::string_view(item.text.title));
        bodies.add(std::string_view(item.text.body));
    }
    pg::Params params;
    params.add(std::move(ids));
    params.add(std::move(locales));
    params.add(std::move(titles));
    params.add(std::move(bodies));
    co_await pool_.execute(
        R"(WITH given AS MATERIALIZED (
               SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
                   AS g (id, locale, title, body)),
           named AS (
               UPDATE barid.notification n
               SET locale = g.locale, title = g.title, body = g.body
               FROM given g WHERE n.id = g.id AND n.title IS NULL)
           UPDATE barid.inbox_item i
           SET locale = g.locale, title = g.title, body = g.body
           FROM given g WHERE i.notification_id = g.id AND i.title IS NULL)",
        std::move(params));
}

awaitable<void> Ledger::fail_texts(const std::vector<TextFailure>& failures) {
    if (failures.empty()) co_return;
    pg::ArrayBuilder ids;
    for (const TextFailure& item : failures) ids.add(std::string_view(item.notification_id));
    pg::Params params;
    params.add(std::move(ids));
    co_await pool_.execute(
        R"(UPDATE barid.delivery d
           SET state = 'failed', reason = 'cannot_render', updated_at = now()
           WHERE d.notification_id = ANY ($1::uuid[]) AND d.state IN ('pending', 'deferred'))",
        std::move(params));
}

awaitable<LaneGrant> Ledger::lease_lane(const std::string& project, Lane lane, int want,
                                        int quota_per_minute, std::chrono::seconds ramp) {
    const pg::Result result = co_await pool_.execute(
        "SELECT granted, extract(epoch FROM wait)::double precision AS wait "
        "FROM barid.lease_lane($1, $2, $3, $4, $5::interval)",
        pg::Params(project, lane == Lane::broadcast ? "broadcast" : "transactional", want,
                   quota_per_minute, std::chrono::microseconds(ramp)));
    const pg::Row row = result.one();
    co_return LaneGrant{.granted = row.get<int>("granted"),
                        .wait = milliseconds_of(row.get<double>("wait"))};
}

awaitable<void> Ledger::pause_lane(const std::string& project, std::chrono::seconds pause,
                                   const std::string& reason) {
    co_await pool_.execute(
        R"(INSERT INTO barid.rate_lane AS l (project, paused_until, reason)
           VALUES ($1, now() + $2::interval, $3)
           ON CONFLICT (project) DO UPDATE
               SET paused_until = greatest(l.paused_until, EXCLUDED.paused_until),
                   reason = EXCLUDED.reason, updated_at = now())",
        pg::Params(project, std::chrono::microseconds(pause), reason));
}

awaitable<Conclusion> Ledger::conclude(std::int64_t job_id, const std::string& lease_token) {
    const pg::Result result = co_await pool_.execute(
        R"(SELECT c.*, extract(epoch FROM c.next_at - now())::double precision AS next_in,
                  extract(epoch FROM c.lane_pause)::double precision AS pause
           FROM barid.conclude_run($1, $2) c)",
        pg::Params(job_id, lease_token));
    const pg::Row row = result.one();
    Conclusion out{.in_charge = row.get<bool>("in_charge"),
                   .accepted = row.get<int>("accepted"),
                   .failed = row.get<int>("failed"),
                   .rejected = row.get<int>("rejected"),
                   .unknown = row.get<int>("unknown"),
                   .suppressed = row.get<int>("suppressed"),
                   .deferred = row.get<int>("deferred"),
                   .due = row.get<int>("due"),
                   .paused = row.get<bool>("paused")};
    if (const auto seconds = row.get<std::optional<double>>("next_in")) {
        out.next_in = milliseconds_of(*seconds);
    }
    if (const auto seconds = row.get<std::optional<double>>("pause")) {
        out.lane_pause = milliseconds_of(*seconds);
    }
    co_return out;
}

awaitable<void> Ledger::give_up(std::int64_t job_id, const std::string& lease_token) {
    co_await pool_.execute("SELECT barid.give_up_run($1, $2)", pg::Params(job_id, lease_token));
}

}  // namespace barid::notify
