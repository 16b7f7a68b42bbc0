#include <algorithm>
#include <limits>

#include "notify/ledger.hpp"

namespace barid::notify {
namespace {

/// The columns of a wave's results, one array each.
struct ResultColumns {
    pg::ArrayBuilder notification_id, delivery_id, attempt_no, kind, state, reason, http_status,
        retry_after, provider_id, latency, error, device_id, registered_at;

    void add(const WaveItem& item) {
        const SendResult& result = item.result;
        const auto text = [](pg::ArrayBuilder& column, const std::string& value) {
            if (value.empty())
                column.add_null();
            else
                column.add(std::string_view(value));
        };
        notification_id.add(std::string_view(item.notification_id));
        delivery_id.add(item.delivery_id);
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
        if (speaks_of_device(item)) {
            device_id.add(item.target.device_id);
            registered_at.add(std::string_view(item.registered_at));
        } else {
            device_id.add_null();
            registered_at.add_null();
        }
    }

  private:
    static bool speaks_of_device(const WaveItem& item) {
        switch (item.result.kind) {
            case SendClass::device_dead:
            case SendClass::device_suspect:
            case SendClass::sender_mismatch:
                return !item.registered_at.empty();
            case SendClass::accepted:
                return item.note_success && !item.registered_at.empty();
            default:
                return false;
        }
    }
};

/// An answer about an older registration says nothing about the one the device has now. The
/// devices are locked in one order, since two jobs may hold the same ones.
constexpr const char* kFinishWave = R"(WITH result AS MATERIALIZED (
               SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::text[],
                                    $6::text[], $7::int[], $8::int[], $9::text[], $10::int[],
                                    $11::text[], $12::bigint[], $13::timestamptz[])
                   AS r (notification_id, delivery_id, attempt_no, class, state, reason,
                         http_status, retry_after, provider_id, latency_ms, error, device_id,
                         registered_at)),
           closed AS (
               UPDATE barid.delivery_attempt a
               SET finished_at = clock_timestamp(), class = r.class, reason = r.reason,
                   http_status = r.http_status,
                   retry_after = make_interval(secs => r.retry_after),
                   provider_id = r.provider_id, latency_ms = r.latency_ms, error = r.error
               FROM result r
               WHERE a.notification_id = r.notification_id AND a.delivery_id = r.delivery_id
                 AND a.attempt_no = r.attempt_no),
           settled AS (
               UPDATE barid.delivery d
               SET state = r.state, reason = r.reason, updated_at = now()
               FROM result r
               WHERE d.notification_id = r.notification_id AND d.id = r.delivery_id
                 AND d.attempts = r.attempt_no AND d.state IN ('sending', 'unknown')),
           answered AS MATERIALIZED (
               SELECT v.id, r.class, r.reason, r.registered_at
               FROM result r
               JOIN barid.device v ON v.id = r.device_id
               WHERE r.device_id IS NOT NULL AND v.last_registered_at = r.registered_at
                 AND v.state <> 'dead'
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

/// What is due of each lane, the attempts opened, the addresses to write to. A lane that has been
/// paused meanwhile gives nothing.
constexpr const char* kBeginWave = R"(WITH owner AS MATERIALIZED (
               SELECT r.job_id FROM barid.delivery_run r
               WHERE r.job_id = $1 AND r.lease_token = $2
               FOR SHARE),
           share AS MATERIALIZED (
               SELECT s.lane, s.wanted, s.after
               FROM unnest($3::text[], $4::int[], $5::bigint[]) AS s (lane, wanted, after)
               LEFT JOIN barid.rate_lane l ON l.project = s.lane
               WHERE l.paused_until IS NULL OR l.paused_until <= now()),
           due AS MATERIALIZED (
               SELECT x.*, row_number() OVER (PARTITION BY x.lane ORDER BY x.delivery_id) AS no
               FROM (
                   SELECT d.notification_id, d.id AS delivery_id, d.channel, v.id AS device_id,
                          n.user_id, coalesce(v.project, d.channel) AS lane, v.target_kind,
                          coalesce(v.target, k.address) AS target, v.platform,
                          v.last_registered_at,
                          v.state = 'suspect' OR v.last_ok_at IS NULL
                              OR v.last_ok_at < now() - interval '1 day' AS note_success
                   FROM owner
                   JOIN barid.delivery d ON d.job_id = owner.job_id
                   JOIN barid.notification n ON n.id = d.notification_id
                   LEFT JOIN barid.device v ON v.id = d.device_id AND v.user_id = n.user_id
                                           AND v.state <> 'dead'
                   LEFT JOIN barid.contact k ON d.channel = 'email' AND k.user_id = n.user_id
                                            AND k.channel = 'email'
                   WHERE d.state = 'pending' AND n.expires_at > now()
                     AND d.id > $6::bigint
                     AND CASE d.channel WHEN 'push' THEN v.id IS NOT NULL
                                        WHEN 'email' THEN k.user_id IS NOT NULL
                                        ELSE true END) x
               JOIN share ON share.lane = x.lane AND x.delivery_id > share.after),
           taken AS MATERIALIZED (
               SELECT due.* FROM due JOIN share ON share.lane = due.lane
               WHERE due.no <= share.wanted),
           marked AS (
               UPDATE barid.delivery d
               SET state = 'sending', attempts = d.attempts + 1, reason = NULL, updated_at = now()
               FROM taken
               WHERE d.notification_id = taken.notification_id AND d.id = taken.delivery_id
                 AND d.state = 'pending'
               RETURNING d.notification_id, d.id, d.attempts),
           opened AS (
               INSERT INTO barid.delivery_attempt (notification_id, delivery_id, attempt_no,
                                                   registered_at, worker)
               SELECT marked.notification_id, marked.id, marked.attempts,
                      taken.last_registered_at, $7
               FROM marked JOIN taken ON taken.delivery_id = marked.id)
           SELECT marked.attempts, taken.*
           FROM marked JOIN taken ON taken.delivery_id = marked.id
           ORDER BY marked.id)";

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

awaitable<std::vector<WaveItem>> Ledger::begin_wave(std::int64_t job_id,
                                                    const std::string& lease_token,
                                                    const LaneShares& shares,
                                                    const std::string& worker) {
    pg::ArrayBuilder lanes, counts, afters;
    std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
    for (const auto& [lane, share] : shares) {
        lanes.add(std::string_view(lane));
        counts.add(std::int64_t{share.count});
        afters.add(share.after);
        lowest = std::min(lowest, share.after);
    }
    pg::Params params;
    params.add(job_id);
    params.add(lease_token);
    params.add(std::move(lanes));
    params.add(std::move(counts));
    params.add(std::move(afters));
    params.add(lowest);
    params.add(worker);
    const pg::Result rows = co_await pool_.execute(kBeginWave, std::move(params));
    std::vector<WaveItem> wave;
    wave.reserve(static_cast<std::size_t>(rows.size()));
    using Text = std::optional<std::string>;
    for (const pg::Row row : rows) {
        WaveItem item{.notification_id = row.get<std::string>("notification_id"),
                      .delivery_id = row.get<std::int64_t>("delivery_id"),
                      .attempt_no = row.get<int>("attempts"),
                      .lane = row.get<std::string>("lane"),
                      .registered_at = row.get<Text>("last_registered_at").value_or(""),
                      .note_success = row.get<std::optional<bool>>("note_success").value_or(false)};
        item.target = {.channel = row.get<std::string>("channel"),
                       .device_id = row.get<std::optional<std::int64_t>>("device_id").value_or(0),
                       .user_id = row.get<std::string>("user_id"),
                       .project = item.lane,
                       .kind = row.get<Text>("target_kind").value_or("token"),
                       .target = row.get<Text>("target").value_or(""),
                       .platform = row.get<Text>("platform").value_or("")};
        wave.push_back(std::move(item));
    }
    co_return wave;
}

/// Nobody lives there: no e-mail goes to the address any more. Noted before the outcomes, so that a
/// crash in between forgets none; a note that is made twice is one.
awaitable<void> Ledger::note_bounces(const std::vector<WaveItem>& wave) {
    pg::ArrayBuilder addresses, details, ids;
    bool any = false;
    for (const WaveItem& item : wave) {
        if (item.target.channel != "email" || item.result.kind != SendClass::device_dead) continue;
        addresses.add(std::string_view(item.target.target));
        details.add(std::string_view(item.result.error));
        ids.add(std::string_view(item.notification_id));
        any = true;
    }
    if (!any) co_return;
    pg::Params params;
    params.add(std::move(addresses));
    params.add(std::move(details));
    params.add(std::move(ids));
    co_await pool_.execute(
        R"(SELECT count(barid.record_bounce(b.address, 'hard', b.detail, b.id))
           FROM (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) u (address, detail, id)
                 ORDER BY u.address) b)",
        std::move(params));
}

awaitable<void> Ledger::finish_wave(const std::vector<WaveItem>& wave) {
    if (wave.empty()) co_return;
    co_await note_bounces(wave);
    ResultColumns columns;
    for (const WaveItem& item : wave) columns.add(item);
    pg::Params params;
    params.add(std::move(columns.notification_id));
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
    params.add(std::move(columns.device_id));
    params.add(std::move(columns.registered_at));
    co_await pool_.execute(kFinishWave, std::move(params));
}

}  // namespace barid::notify
