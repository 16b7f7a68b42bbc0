#include <cmath>

#include "notify/ledger.hpp"

namespace barid::notify {
namespace {

/// The columns of a wave's results, one array each.
struct ResultColumns {
    pg::ArrayBuilder delivery_id, attempt_no, kind, state, reason, http_status, retry_after,
        provider_id, latency, error;

    void add(const WaveItem& item) {
        const SendResult& result = item.result;
        const auto text = [](pg::ArrayBuilder& column, const std::string& value) {
            if (value.empty())
                column.add_null();
            else
                column.add(std::string_view(value));
        };
        delivery_id.add(std::string_view(item.delivery_id));
        attempt_no.add(static_cast<std::int64_t>(item.attempt_no));
        kind.add(to_string(result.kind));
        state.add(delivery_state_after(result.kind));
        text(reason, result.reason);
        if (result.http_status)
            http_status.add(static_cast<std::int64_t>(*result.http_status));
        else
            http_status.add_null();
        if (result.retry_after)
            retry_after.add(std::int64_t{result.retry_after->count()});
        else
            retry_after.add_null();
        text(provider_id, result.provider_id);
        latency.add(std::int64_t{item.latency.count()});
        text(error, result.error);
    }
};

/// An answer about an older registration says nothing about the one the device has now. The
/// devices are locked in one order, since two jobs may hold the same ones.
constexpr const char* kFinishWave = R"(WITH result AS MATERIALIZED (
               SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[],
                                    $6::int[], $7::int[], $8::text[], $9::int[], $10::text[])
                   AS r (delivery_id, attempt_no, class, state, reason, http_status, retry_after,
                         provider_id, latency_ms, error)),
           closed AS (
               UPDATE barid.delivery_attempt a
               SET finished_at = clock_timestamp(), class = r.class, reason = r.reason,
                   http_status = r.http_status,
                   retry_after = make_interval(secs => r.retry_after),
                   provider_id = r.provider_id, latency_ms = r.latency_ms, error = r.error
               FROM result r
               WHERE a.delivery_id = r.delivery_id AND a.attempt_no = r.attempt_no),
           settled AS (
               UPDATE barid.delivery d
               SET state = r.state, reason = r.reason, updated_at = now()
               FROM result r
               WHERE d.id = r.delivery_id AND d.attempts = r.attempt_no
                 AND d.state IN ('sending', 'unknown')),
           answered AS MATERIALIZED (
               SELECT v.id, r.class, r.reason, a.registered_at
               FROM result r
               JOIN barid.delivery d ON d.id = r.delivery_id
               JOIN barid.delivery_attempt a
                 ON a.delivery_id = r.delivery_id AND a.attempt_no = r.attempt_no
               JOIN barid.device v ON v.id = d.device_id
               WHERE v.last_registered_at = a.registered_at AND v.state <> 'dead'
                 AND (r.class IN ('device_dead', 'device_suspect', 'sender_mismatch')
                      OR (r.class = 'accepted'
                          AND (v.state = 'suspect' OR v.last_ok_at IS NULL
                               OR v.last_ok_at < now() - interval '1 day')))
               ORDER BY v.id
               FOR NO KEY UPDATE OF v)
           UPDATE barid.device v
           SET state = CASE
                   WHEN r.class = 'accepted' THEN 'active'
                   WHEN r.class <> 'device_suspect' THEN 'dead'
                   -- Working targets have been called unregistered: a day's distance between two
                   -- such answers, or a long silence, is what convinces.
                   WHEN v.first_strike_at <= now() - interval '24 hours' THEN 'dead'
                   WHEN greatest(v.last_registered_at, v.last_ok_at) < now() - interval '30 days'
                       THEN 'dead'
                   ELSE 'suspect' END,
               state_reason = CASE WHEN r.class = 'accepted' THEN NULL ELSE r.reason END,
               strikes = CASE
                   WHEN r.class = 'accepted' THEN 0
                   WHEN r.class <> 'device_suspect' THEN v.strikes
                   WHEN v.first_strike_at IS NULL THEN 1
                   WHEN v.first_strike_at <= now() - interval '24 hours' THEN 2
                   ELSE v.strikes END,
               first_strike_at = CASE
                   WHEN r.class = 'accepted' THEN NULL
                   WHEN r.class = 'device_suspect' THEN coalesce(v.first_strike_at, now())
                   ELSE v.first_strike_at END,
               last_ok_at = CASE WHEN r.class = 'accepted' THEN now() ELSE v.last_ok_at END
           FROM answered r
           WHERE v.id = r.id AND v.last_registered_at = r.registered_at)";

}  // namespace

std::string_view delivery_state_after(SendClass kind) {
    switch (kind) {
        case SendClass::accepted:
            return "accepted";
        case SendClass::device_dead:
        case SendClass::device_suspect:
        case SendClass::payload_rejected:
        case SendClass::sender_mismatch:
            return "failed";
        case SendClass::auth_refresh:
        case SendClass::third_party_auth:
        case SendClass::lane_paused:
        case SendClass::retry:
        case SendClass::not_sent:
            return "pending";
        case SendClass::ambiguous:
            return "unknown";
    }
    return "unknown";
}

awaitable<std::vector<WaveItem>> Ledger::begin_wave(const std::string& id,
                                                    const std::string& lease_token, bool resend,
                                                    const std::string& after, int limit,
                                                    const std::string& worker) {
    const pg::Result rows = co_await pool_.execute(
        R"(WITH owner AS MATERIALIZED (
               SELECT n.id, n.user_id FROM barid.notification n
               WHERE n.id = $1 AND n.lease_token = $2 AND n.expires_at > now()
               FOR SHARE),
           due AS MATERIALIZED (
               SELECT d.id AS delivery_id, v.id AS device_id, v.user_id, v.project, v.target_kind,
                      v.target, v.platform, v.last_registered_at
               FROM owner
               JOIN barid.delivery d ON d.notification_id = owner.id
               JOIN barid.device v ON v.id = d.device_id AND v.user_id = owner.user_id
                                  AND v.state <> 'dead'
               LEFT JOIN barid.rate_lane l ON l.project = v.project
               WHERE d.channel = 'push' AND d.id > $4::uuid
                 AND (d.state = 'pending' OR (d.state = 'unknown' AND $3::boolean))
                 AND (l.paused_until IS NULL OR l.paused_until <= now())
               ORDER BY d.id LIMIT $5::int
               FOR UPDATE OF d),
           marked AS (
               UPDATE barid.delivery d
               SET state = 'sending', attempts = d.attempts + 1, reason = NULL, updated_at = now()
               FROM due WHERE d.id = due.delivery_id
               RETURNING d.id, d.attempts),
           opened AS (
               INSERT INTO barid.delivery_attempt (delivery_id, attempt_no, registered_at, worker)
               SELECT marked.id, marked.attempts, due.last_registered_at, $6
               FROM marked JOIN due ON due.delivery_id = marked.id)
           SELECT marked.id, marked.attempts, due.*
           FROM marked JOIN due ON due.delivery_id = marked.id
           ORDER BY marked.id)",
        pg::Params(id, lease_token, resend, after, limit, worker));
    std::vector<WaveItem> wave;
    wave.reserve(static_cast<std::size_t>(rows.size()));
    for (const pg::Row row : rows) {
        wave.push_back({.delivery_id = row.get<std::string>("id"),
                        .attempt_no = row.get<int>("attempts"),
                        .target = {.device_id = row.get<std::int64_t>("device_id"),
                                   .user_id = row.get<std::string>("user_id"),
                                   .project = row.get<std::string>("project"),
                                   .kind = row.get<std::string>("target_kind"),
                                   .target = row.get<std::string>("target"),
                                   .platform = row.get<std::string>("platform")}});
    }
    co_return wave;
}

awaitable<void> Ledger::finish_wave(const std::vector<WaveItem>& wave) {
    if (wave.empty()) co_return;
    ResultColumns columns;
    for (const WaveItem& item : wave) columns.add(item);
    pg::Params params;
    params.add(std::move(columns.delivery_id));
    params.add(std::move(columns.attempt_no));
    params.add(std::move(columns.kind));
    params.add(std::move(columns.state));
    params.add(std::move(columns.reason));
    params.add(std::move(columns.http_status));
    params.add(std::move(columns.retry_after));
    params.add(std::move(columns.provider_id));
    params.add(std::move(columns.latency));
    params.add(std::move(columns.error));
    co_await pool_.execute(kFinishWave, std::move(params));
}

awaitable<Conclusion> Ledger::conclude(const std::string& id, const std::string& lease_token,
                                       bool resend) {
    const pg::Result result = co_await pool_.execute(
        R"(WITH item AS MATERIALIZED (
               SELECT d.id, d.state, d.reason, v.project, n.expires_at <= now() AS expired,
                      v.id IS NULL AS gone
               FROM barid.notification n
               JOIN barid.delivery d ON d.notification_id = n.id AND d.channel = 'push'
               LEFT JOIN barid.device v ON v.id = d.device_id AND v.user_id = n.user_id
                                       AND v.state <> 'dead'
               WHERE n.id = $1 AND n.lease_token = $2),
           swept AS (
               UPDATE barid.delivery d
               SET state = CASE WHEN item.expired THEN 'expired' ELSE 'suppressed' END,
                   reason = CASE WHEN item.expired THEN 'expired' ELSE 'device_gone' END,
                   updated_at = now()
               FROM item
               WHERE d.id = item.id AND d.state = 'pending' AND (item.expired OR item.gone)),
           due AS (
               SELECT project FROM item
               WHERE NOT expired AND NOT gone
                 AND (state = 'pending' OR (state = 'unknown' AND $3::boolean)))
           SELECT EXISTS (SELECT FROM barid.notification n
                          WHERE n.id = $1 AND n.lease_token = $2) AS in_charge,
                  count(*) FILTER (WHERE state = 'accepted') AS accepted,
                  count(*) FILTER (WHERE state = 'failed') AS failed,
                  count(*) FILTER (WHERE state = 'failed'
                                   AND reason IN ('invalid_argument', 'too_large')) AS rejected,
                  count(*) FILTER (WHERE state = 'unknown') AS unknown,
                  count(*) FILTER (WHERE state IN ('suppressed', 'expired')
                                   OR (state = 'pending' AND (expired OR gone))) AS suppressed,
                  (SELECT count(*) FROM due) AS due,
                  (SELECT extract(epoch FROM max(l.paused_until) - now())::double precision
                   FROM barid.rate_lane l
                   WHERE l.project IN (SELECT project FROM due)
                     AND l.paused_until > now()) AS lane_pause
           FROM item)",
        pg::Params(id, lease_token, resend));
    const pg::Row row = result.one();
    Conclusion out{.in_charge = row.get<bool>("in_charge"),
                   .accepted = row.get<int>("accepted"),
                   .failed = row.get<int>("failed"),
                   .rejected = row.get<int>("rejected"),
                   .unknown = row.get<int>("unknown"),
                   .suppressed = row.get<int>("suppressed"),
                   .due = row.get<int>("due")};
    if (const auto seconds = row.get<std::optional<double>>("lane_pause")) {
        out.lane_pause = std::chrono::milliseconds(std::llround(std::ceil(*seconds * 1000)));
    }
    co_return out;
}

}  // namespace barid::notify
