// The keys of [database], and of each of several [[database]].
#include "config/key_types.hpp"

namespace barid::config {
namespace {

using namespace std::chrono_literals;

/// PostgreSQL's reserved words, and two schemas that are taken.
constexpr std::string_view kReserved =
    " all analyse analyze and any array as asc asymmetric authorization binary both case"
    " cast check collate collation column concurrently constraint create cross"
    " current_catalog current_date current_role current_schema current_time"
    " current_timestamp current_user default deferrable desc distinct do else end except"
    " false fetch for foreign freeze from full grant group having ilike in"
    " information_schema initially inner intersect into is isnull join lateral leading"
    " left like limit localtime localtimestamp natural not notnull null offset on only or"
    " order outer overlaps placing primary public references returning right select"
    " session_user similar some symmetric system_user table tablesample then to trailing"
    " true union unique user using variadic verbose when where window with ";

/// A name that needs no quotes in SQL, and is nobody else's. `public` is refused because Barid's
/// tables have names like "job".
bool is_schema(std::string_view text) {
    constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz_";
    constexpr std::string_view kRest = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return !text.empty() && text.size() <= 41 && kFirst.find(text.front()) != kFirst.npos &&
           text.find_first_not_of(kRest) == text.npos && !text.starts_with("pg_") &&
           kReserved.find(fmt::format(" {} ", text)) == kReserved.npos;
}

template <class At>
std::vector<Key> keys_at(const std::string& section, const std::string& usual, At at) {
    return {
        secret_key(
            section + ".url", [at](auto& s) -> auto& { return at(s).url; }, usual),
        text_key(
            section + ".schema", [at](auto& s) -> auto& { return at(s).schema; },
            {.allowed = "a schema's name: 1 to 41 of a-z, 0-9 and _, not beginning with a digit or "
                        "pg_, no reserved word, not \"public\"",
             .valid = is_schema}),
        integer_key(
            section + ".pool_size", [at](auto& s) -> auto& { return at(s).pool_size; }, 2, 100),
        integer_key(
            section + ".call_pool_size", [at](auto& s) -> auto& { return at(s).call_pool_size; }, 1,
            100),
        duration_key(
            section + ".connect_timeout", [at](auto& s) -> auto& { return at(s).connect_timeout; },
            100ms, 60s),
        duration_key(
            section + ".statement_timeout",
            [at](auto& s) -> auto& { return at(s).statement_timeout; }, 1s, 1h),
    };
}

}  // namespace

std::vector<Key> database_keys(const std::string& name) {
    if (name.empty()) {
        return keys_at("database", "DATABASE_URL", [](auto& s) -> auto& { return s.database; });
    }
    return keys_at("databases." + name, "",
                   [name](auto& s) -> auto& { return s.databases.at(name); });
}

}  // namespace barid::config
