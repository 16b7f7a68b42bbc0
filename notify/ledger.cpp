#include "notify/ledger.hpp"

#include "base/json.hpp"

namespace barid::notify {
namespace {

std::string text_of(const json::value& value) {
    return std::string(value.as_string());
}

std::string data_json(const PushMessage& message) {
    json::object data;
    for (const auto& [key, value] : message.data) data[key] = value;
    return json::serialize(data);
}

std::vector<Preference> read_preferences(std::string_view text) {
    std::vector<Preference> out;
    const json::value rows = parse_json(text);
    for (const json::value& row : rows.as_array()) {
        const json::array& p = row.as_array();
        out.push_back({.category = text_of(p.at(0)),
                       .channel = text_of(p.at(1)),
                       .enabled = p.at(2).as_bool()});
    }
    return out;
}

void read_template(std::string_view text, Facts& facts) {
    const json::value rows = parse_json(text);
    for (const json::value& row : rows.as_array()) {
        const json::array& t = row.as_array();
        facts.template_version = static_cast<int>(t.at(0).as_int64());
        facts.template_texts.push_back(
            {.locale = text_of(t.at(1)), .title = text_of(t.at(2)), .body = text_of(t.at(3))});
    }
}

}  // namespace

awaitable<Facts> Ledger::read(const std::string& user, const std::string& category,
                              const std::string& dedupe_key,
                              const std::optional<std::string>& template_key) {
    const pg::Result result = co_await pool_.execute(
        R"(SELECT u.locale, c.key AS category, c.critical, c.ambiguity = 'resend' AS resend,
                  c.urgent, c.collapse, extract(epoch FROM c.ttl)::bigint AS ttl,
                  n.id AS existing_id, n.job_id AS existing_job,
                  (SELECT coalesce(json_agg(json_build_array(p.category, p.channel, p.enabled)),
                                   '[]')
                   FROM barid.preference p
                   WHERE p.user_id = $1 AND p.category IN ($2, '*')) AS preferences,
                  (SELECT coalesce(json_agg(json_build_array(t.version, t.locale, t.title, t.body)
                                            ORDER BY t.locale), '[]')
                   FROM barid.template t
                   WHERE t.key = $4::text
                     AND t.version = (SELECT max(l.version) FROM barid.template l
                                      WHERE l.key = $4::text)) AS texts
           FROM (VALUES (1)) AS one (row)
           LEFT JOIN barid.app_user u ON u.id = $1
           LEFT JOIN barid.category c ON c.key = $2
           LEFT JOIN barid.notification n ON n.user_id = $1 AND n.dedupe_key = $3)",
        pg::Params(user, category, dedupe_key, template_key));
    const pg::Row row = result.one();
    Facts facts;
    facts.locale = row.get<std::optional<std::string>>("locale");
    if (auto key = row.get<std::optional<std::string>>("category")) {
        facts.category = Category{.key = std::move(*key),
                                  .critical = row.get<bool>("critical"),
                                  .resend = row.get<bool>("resend"),
                                  .urgent = row.get<bool>("urgent"),
                                  .collapse = row.get<bool>("collapse"),
                                  .ttl = std::chrono::seconds(row.get<std::int64_t>("ttl"))};
    }
    facts.existing_id = row.get<std::optional<std::string>>("existing_id");
    facts.existing_job = row.get<std::optional<std::int64_t>>("existing_job");
    facts.preferences = read_preferences(row.get<std::string_view>("preferences"));
    read_template(row.get<std::string_view>("texts"), facts);
    co_return facts;
}

awaitable<std::optional<std::string>> Ledger::create(const NewNotification& n) {
    const PushMessage& m = n.message;
    const auto silence = [](const ChannelPlan& plan) -> std::optional<std::string> {
        if (!plan.requested || plan.allowed) return std::nullopt;
        return plan.reason;
    };
    // One statement is one transaction: the inbox item exists exactly when the notification does.
    const pg::Result result = co_await pool_.execute(
        R"(WITH made AS (
               INSERT INTO barid.notification
                   (user_id, category, dedupe_key, job_id, lease_token, template_key,
                    template_version, vars, texts, locale, title, body, image, data, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7::int, $8::jsonb, $9::jsonb, $10, $11, $12, $13,
                       $14::jsonb, now() + $15::interval)
               ON CONFLICT (user_id, dedupe_key) DO NOTHING
               RETURNING *),
           shown AS (
               INSERT INTO barid.inbox_item (notification_id, user_id, category, locale, title,
                                             body, image, data)
               SELECT id, user_id, category, locale, title, body, image, data
               FROM made WHERE $16::boolean),
           targets AS MATERIALIZED (
               SELECT d.id FROM made JOIN barid.device d ON d.user_id = made.user_id
               WHERE $17::boolean AND d.state <> 'dead'
               ORDER BY d.last_registered_at DESC LIMIT $18::int),
           pushes AS (
               INSERT INTO barid.delivery (notification_id, channel, device_id, state)
               SELECT made.id, 'push', targets.id, 'pending' FROM made, targets),
           silences AS (
               INSERT INTO barid.delivery (notification_id, channel, state, reason)
               SELECT made.id, 'push', 'suppressed', $19::text FROM made WHERE $19::text IS NOT NULL
               UNION ALL
               SELECT made.id, 'push', 'suppressed', 'no_device' FROM made
               WHERE $17::boolean AND NOT EXISTS (SELECT FROM targets)
               UNION ALL
               SELECT made.id, 'inbox', 'suppressed', $20::text FROM made
               WHERE $20::text IS NOT NULL)
           SELECT id FROM made)",
        pg::Params(n.user, m.category, n.dedupe_key, n.job_id, n.lease_token, n.template_key,
                   n.template_version, n.vars_json, n.texts_json, m.locale, m.title, m.body,
                   m.image, data_json(m), std::chrono::microseconds(m.ttl),
                   n.inbox.requested && n.inbox.allowed, n.push.requested && n.push.allowed,
                   n.max_devices, silence(n.push), silence(n.inbox)));
    if (result.empty()) co_return std::nullopt;
    co_return result.one().get<std::string>(0);
}

awaitable<PushMessage> Ledger::resume(const std::string& id, const std::string& lease_token,
                                      const ChannelPlan& push) {
    pg::Transaction transaction = co_await pg::Transaction::begin(pool_);
    // The row's lock comes first: a wave that an older claim is opening is waited for, and seen.
    const pg::Result locked = co_await transaction.execute(
        R"(UPDATE barid.notification n SET lease_token = $2
           WHERE n.id = $1
           RETURNING n.category, n.locale, n.title, n.body, n.image, n.data,
                     greatest(0, extract(epoch FROM n.expires_at - now())::bigint) AS ttl)",
        pg::Params(id, lease_token));
    co_await transaction.execute(
        R"(UPDATE barid.delivery_attempt a
           SET finished_at = clock_timestamp(), class = 'interrupted', reason = 'interrupted'
           FROM barid.delivery d
           WHERE d.notification_id = $1 AND d.state = 'sending'
             AND a.delivery_id = d.id AND a.attempt_no = d.attempts AND a.finished_at IS NULL)",
        pg::Params(id));
    co_await transaction.execute(
        R"(UPDATE barid.delivery d
           SET state = CASE WHEN d.state = 'sending' THEN 'unknown'
                            WHEN $2::boolean THEN 'pending' ELSE 'suppressed' END,
               reason = CASE WHEN d.state = 'sending' THEN 'interrupted'
                             WHEN $2::boolean THEN d.reason ELSE $3::text END,
               updated_at = now()
           WHERE d.notification_id = $1 AND d.channel = 'push'
             AND (d.state IN ('sending', 'pending')
                  OR (d.state = 'failed' AND d.reason = 'attempts_exhausted')))",
        pg::Params(id, push.allowed, push.reason));
    co_await transaction.commit();

    const pg::Row row = locked.one();
    PushMessage message{.nid = id,
                        .category = row.get<std::string>("category"),
                        .locale = row.get<std::string>("locale"),
                        .title = row.get<std::string>("title"),
                        .body = row.get<std::string>("body"),
                        .image = row.get<std::optional<std::string>>("image"),
                        .ttl = std::chrono::seconds(row.get<std::int64_t>("ttl"))};
    const json::value data = parse_json(row.get<std::string_view>("data"));
    for (const auto& item : data.as_object()) {
        message.data.emplace_back(item.key(), text_of(item.value()));
    }
    co_return message;
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

awaitable<void> Ledger::give_up(const std::string& id, const std::string& lease_token) {
    co_await pool_.execute(
        R"(UPDATE barid.delivery d
           SET state = 'failed', reason = 'attempts_exhausted', updated_at = now()
           FROM barid.notification n
           WHERE n.id = $1 AND n.lease_token = $2 AND d.notification_id = n.id
             AND d.channel = 'push' AND d.state = 'pending')",
        pg::Params(id, lease_token));
}

}  // namespace barid::notify
