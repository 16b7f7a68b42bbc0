// The keys of [shop], [payment.NAME], [outbox.NAME] and [projection.NAME].
#include "config/key_types.hpp"

// Ties a key to its member for reading (const) and writing alike.
#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }
#define BARID_IN(section, member) \
    [name](auto& settings) -> auto& { return settings.section.at(name).member; }

namespace barid::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kCountries[] = {"KW", "BH", "JO", "OM",   "AE",
                                           "SA", "QA", "EG", "test", "dev"};

/// A name as the catalog has it; Barid quotes it where it needs quotes.
bool is_identifier(std::string_view text) {
    return !text.empty() && text.size() <= 63 && text.find('\0') == text.npos;
}

/// "outbox" or "shop.outbox"; a name with a point in it can't be written.
bool is_table(std::string_view text) {
    const std::size_t point = text.find('.');
    if (point == text.npos) return is_identifier(text);
    const std::string_view rest = text.substr(point + 1);
    return is_identifier(text.substr(0, point)) && is_identifier(rest) &&
           rest.find('.') == rest.npos;
}

bool is_section(std::string_view text) {
    return is_endpoint_name(text);
}

const TextKey kColumn{.allowed = "a column's name, of at most 63 bytes", .valid = is_identifier};

}  // namespace

std::vector<Key> shop_keys() {
    const TextKey schema{.allowed = "a schema's name, of at most 63 bytes", .valid = is_identifier};
    const TextKey role{.allowed = "a role's name, of at most 63 bytes", .valid = is_identifier};
    return {
        boolean_key("shop.enabled", BARID_AT(shop.enabled)),
        text_key("shop.schema", BARID_AT(shop.schema), schema),
        text_key("shop.role", BARID_AT(shop.role), role),
        secret_key("shop.url", BARID_AT(shop.url)),
        integer_key("shop.pool_size", BARID_AT(shop.pool_size), 1, 100),
        duration_key("shop.statement_timeout", BARID_AT(shop.statement_timeout), 100ms, 10min),
        duration_key("shop.lock_timeout", BARID_AT(shop.lock_timeout), 10ms, 1min),
        integer_key("shop.concurrency", BARID_AT(shop.concurrency), 1, 100),
        integer_key("shop.batch", BARID_AT(shop.batch), 1, 10'000),
        duration_key("shop.reconcile_after", BARID_AT(shop.reconcile_after), 0ms, 24h),
        // Longer than any request may be on its way: what is missing then isn't about to arrive.
        duration_key("shop.unknown_after", BARID_AT(shop.unknown_after), 5min, 30 * 24h),
        duration_key("shop.claim_ttl", BARID_AT(shop.claim_ttl), 1s, 1h),
    };
}

std::vector<Key> payment_keys(const std::string& name) {
    const auto key = [&](const char* part) { return fmt::format("payment.{}.{}", name, part); };
    const TextKey country{.allowed = "one of: KW, BH, JO, OM, AE, SA, QA, EG, test, dev",
                          .valid = [](std::string_view text) {
                              return std::ranges::find(kCountries, text) != std::end(kCountries);
                          }};
    return {
        text_key(key("country"), BARID_IN(payment, country), country),
        text_key(key("url"), BARID_IN(payment, url), kUrl),
        secret_key(key("api_key"), BARID_IN(payment, api_key)),
        secret_key(key("webhook_secret"), BARID_IN(payment, webhook_secret)),
        choice_key<GatewayApi>(key("api"), BARID_IN(payment, api),
                               {{"v2", GatewayApi::v2}, {"v3", GatewayApi::v3}}),
        integer_key(key("requests_per_minute"), BARID_IN(payment, requests_per_minute), 1, 60'000),
        duration_key(key("timeout"), BARID_IN(payment, timeout), 100ms, 2min),
        boolean_key(key("allow_private"), BARID_IN(payment, allow_private)),
    };
}

std::vector<Key> outbox_keys(const std::string& name) {
    const auto key = [&](const char* part) { return fmt::format("outbox.{}.{}", name, part); };
    const TextKey table{.allowed = "a table's name like \"outbox\" or \"shop.OutboxEvent\"",
                        .valid = is_table};
    const TextKey section{.allowed = "the name of such a section", .valid = is_section};
    return {
        text_key(key("table"), BARID_IN(outbox, table), table),
        text_key(key("id_column"), BARID_IN(outbox, id_column), kColumn),
        text_key(key("aggregate_type_column"), BARID_IN(outbox, aggregate_type_column), kColumn),
        text_key(key("aggregate_id_column"), BARID_IN(outbox, aggregate_id_column), kColumn),
        text_key(key("version_column"), BARID_IN(outbox, version_column), kColumn),
        text_key(key("type_column"), BARID_IN(outbox, type_column), kColumn),
        text_key(key("payload_column"), BARID_IN(outbox, payload_column), kColumn),
        text_key(key("occurred_at_column"), BARID_IN(outbox, occurred_at_column), kColumn),
        text_key(key("delivered_at_column"), BARID_IN(outbox, delivered_at_column), kColumn),
        choice_key<OutboxTarget>(key("target"), BARID_IN(outbox, target),
                                 {{"jobs", OutboxTarget::jobs},
                                  {"deliver", OutboxTarget::deliver},
                                  {"projection", OutboxTarget::projection}}),
        text_key(key("kind"), BARID_IN(outbox, kind), kName),
        text_key(key("queue"), BARID_IN(outbox, queue), kName),
        text_key(key("endpoint"), BARID_IN(outbox, endpoint), section),
        text_key(key("projection"), BARID_IN(outbox, projection), section),
        integer_key(key("batch"), BARID_IN(outbox, batch), 1, 10'000),
        integer_key(key("max_attempts"), BARID_IN(outbox, max_attempts), 1, 1000),
        duration_key(key("poll_interval"), BARID_IN(outbox, poll_interval), 10ms, 1min),
        duration_key(key("retention"), BARID_IN(outbox, retention), 0ms, 365 * 24h),
    };
}

std::vector<Key> projection_keys(const std::string& name) {
    const auto key = [&](const char* part) { return fmt::format("projection.{}.{}", name, part); };
    return {
        integer_key(key("batch"), BARID_IN(projection, batch), 1, 100'000),
        duration_key(key("lock_timeout"), BARID_IN(projection, lock_timeout), 10ms, 1min),
        duration_key(key("inbox_retention"), BARID_IN(projection, inbox_retention), 1h, 365 * 24h),
        duration_key(key("keep_old"), BARID_IN(projection, keep_old), 0ms, 365 * 24h),
    };
}

}  // namespace barid::config
