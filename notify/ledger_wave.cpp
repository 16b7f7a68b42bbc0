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
    const pg::Result rows = co_await pool_.execute(
        "SELECT * FROM barid.begin_wave($1, $2, $3, $4, $5, $6, $7)", std::move(params));
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
    co_await pool_.execute(
        "SELECT barid.finish_wave($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        std::move(params));
}

}  // namespace barid::notify
