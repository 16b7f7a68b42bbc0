#include "admin/api/changes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::api {
namespace {

constexpr std::chrono::milliseconds kFreshFor{900};

/// A table's topic is by its name, and its partitions go with it. The view pg_stat_user_tables
/// would add up the statistics of every index too.
constexpr std::string_view kSql = R"(
    SELECT topic, to_hex(sum(changes)::bigint)
    FROM (SELECT pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
                 + pg_stat_get_tuples_deleted(c.oid) AS changes, CASE
              WHEN relname ~ '^(job|job_history.*|job_log|batch)$' THEN 'jobs'
              WHEN relname ~ '^(queue|paused_kind)$' THEN 'queues'
              WHEN relname ~ '^(schedule|schedule_run)$' THEN 'schedules'
              WHEN relname = 'worker' THEN 'workers'
              WHEN relname ~ '^(notification|delivery.*|resend.*|inbox_item|device)$'
                  THEN 'notifications'
              WHEN relname ~ '^broadcast' THEN 'broadcasts'
              WHEN relname ~ '^(template|category)$' THEN 'templates'
              WHEN relname ~ '^media_(set|variant|entity)$' THEN 'media'
              WHEN relname ~ '^(translation|translation_review|translation_backfill)$'
                  OR relname = 'provider_state'
                  THEN 'translations'
              WHEN relname ~ '^admin_bulk' THEN 'bulk'
              WHEN relname ~ '^(outbox_.*|projection_inbox)$' THEN 'outbox'
              WHEN relname ~ '^projection(_history)?$' THEN 'projections'
              WHEN relname ~ '^payment_' THEN 'payments'
              WHEN relname = 'audit_log' THEN 'audit' END AS topic
          FROM pg_class c WHERE c.relnamespace = 'barid'::regnamespace AND c.relkind = 'r') t
    WHERE topic IS NOT NULL GROUP BY topic)";

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 20 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

}  // namespace

awaitable<Fingerprints> Changes::now() {
    const auto at = std::chrono::steady_clock::now();
    if (!known_.empty() && at - asked_ < kFreshFor) co_return known_;
    asked_ = at;  // before the wait: others are content with what is known
    const auto rows = co_await pool_.execute(kSql);
    Fingerprints fresh;
    for (const auto row : rows) fresh.emplace(row.text(0), row.text(1));
    known_ = fresh;
    co_return fresh;
}

std::string format_fingerprints(const Fingerprints& fingerprints) {
    std::string text;
    for (const auto& [topic, mark] : fingerprints) {
        if (!text.empty()) text += ',';
        text += fmt::format("{}:{}", topic, mark);
    }
    return text;
}

Fingerprints parse_fingerprints(std::string_view text) {
    Fingerprints read;
    if (text.size() > 1000) return read;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto pair = text.substr(0, end);
        const auto colon = std::min(pair.find(':'), pair.size());
        const auto topic = pair.substr(0, colon);
        const auto mark = pair.substr(std::min(colon + 1, pair.size()));
        if (is_word(topic) && is_word(mark)) read.emplace(topic, mark);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return read;
}

std::vector<std::string> changed_topics(const Fingerprints& before, const Fingerprints& now) {
    std::vector<std::string> topics;
    for (const auto& [topic, mark] : now) {
        const auto known = before.find(topic);
        if (known == before.end() || known->second != mark) topics.push_back(topic);
    }
    return topics;
}

}  // namespace barid::api
