#include "commerce/outbox_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/json.hpp"
#include "commerce/shop.hpp"

namespace barid::commerce {
namespace {

using Types = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kIntegers{"bigint", "integer", "smallint"};
constexpr std::array<std::string_view, 3> kJson{"jsonb", "json", "text"};
constexpr std::array<std::string_view, 2> kTimes{"timestamp with time zone",
                                                 "timestamp without time zone"};

// The owner of outbox_step is who reads and writes the table.
constexpr std::string_view kFound = R"(
WITH relay AS (SELECT p.proowner AS role FROM pg_proc p WHERE p.oid = 'barid.outbox_step'::regproc),
t AS (SELECT c.oid, c.relnamespace FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p'))
SELECT t.oid IS NOT NULL,
       coalesce(has_schema_privilege(r.role, t.relnamespace, 'USAGE')
                AND has_table_privilege(r.role, t.oid, 'SELECT'), false),
       coalesce((SELECT has_column_privilege(r.role, t.oid, a.attnum, 'UPDATE')
                 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = $3), false),
       coalesce(has_table_privilege(r.role, t.oid, 'DELETE'), false),
       coalesce((SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, NULL),
                                                  NOT a.attnotnull))
                 FROM pg_attribute a
                 WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'),
       coalesce((SELECT json_agg((SELECT json_agg(a.attname) FROM pg_attribute a
                                  WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey)))
                 FROM pg_index i
                 WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid
                   AND i.indpred IS NULL AND i.indexprs IS NULL), '[]')
FROM relay r LEFT JOIN t ON true)";

class Judge {
  public:
    Judge(const OutboxStream& stream, const FoundTable& found)
        : stream_(stream), table_(*stream.table), found_(found) {}

    std::vector<std::string> judge() {
        const std::string name = quoted(table_.schema) + "." + quoted(table_.name);
        if (!found_.exists) {
            say("there is no table {}: a name with capitals, as Prisma makes it, is written as it "
                "is, table = \"public.OutboxEvent\"",
                name);
            return std::move(problems_);
        }
        always(column("id_column", table_.id, {}), name);
        always(column("aggregate_type_column", table_.aggregate_type, {}), name);
        always(column("aggregate_id_column", table_.aggregate_id, {}), name);
        column("type_column", table_.type, {});
        column("payload_column", table_.payload, kJson);
        column("occurred_at_column", table_.occurred_at, kTimes);
        if (const auto* at = column("delivered_at_column", table_.delivered_at, kTimes)) {
            if (!at->nullable) {
                say("{} is NOT NULL: what waits is a row without it. ALTER TABLE {} ALTER COLUMN "
                    "{} DROP NOT NULL",
                    quoted(table_.delivered_at), name, quoted(table_.delivered_at));
            }
        }
        version(name);
        rights(name);
        return std::move(problems_);
    }

  private:
    template <class... Args>
    void say(fmt::format_string<Args...> text, Args&&... args) {
        problems_.push_back(fmt::format("[outbox.{}] ", stream_.name) +
                            fmt::format(text, std::forward<Args>(args)...));
    }
    const FoundColumn* find(std::string_view name) const {
        const auto at = std::ranges::find(found_.columns, name, &FoundColumn::name);
        return at == found_.columns.end() ? nullptr : &*at;
    }
    const FoundColumn* column(std::string_view key, const std::string& name, Types types) {
        const FoundColumn* at = find(name);
        if (at == nullptr) {
            std::vector<std::string> names;
            for (const FoundColumn& c : found_.columns) names.push_back(c.name);
            say("{} = \"{}\": the table has no such column; it has {}", key, name,
                fmt::join(names, ", "));
        } else if (!types.empty() && std::ranges::find(types, at->type) == types.end()) {
            say("{} = \"{}\" is {}, it must be {}", key, name, at->type, fmt::join(types, " or "));
        }
        return at;
    }
    /// An event without an aggregate or a version would wait for ever, and nobody would see it.
    void always(const FoundColumn* at, const std::string& name) {
        if (at == nullptr || !at->nullable) return;
        say("{0} may be NULL, and such an event would have no place: ALTER TABLE {1} ALTER COLUMN "
            "{0} SET NOT NULL",
            quoted(at->name), name);
    }
    void version(const std::string& name) {
        const FoundColumn* at = find(table_.version);
        if (at == nullptr) {
            say("version_column = \"{}\": the table has no such column, and without a version of "
                "its aggregate no event has a place in an order (a time of creation is none). "
                "docs/commerce.md, \"A table without versions\", adds one",
                table_.version);
            return;
        }
        if (std::ranges::find(kIntegers, at->type) == kIntegers.end()) {
            say("version_column = \"{}\" is {}, it must be {}", table_.version, at->type,
                fmt::join(kIntegers, " or "));
        }
        always(at, name);
        const auto covers = [&](const std::vector<std::string>& key) {
            const auto has = [&](const std::string& c) {
                return std::ranges::find(key, c) != key.end();
            };
            return has(table_.version) && has(table_.aggregate_id) &&
                   std::ranges::all_of(key, [&](const std::string& c) {
                       return c == table_.version || c == table_.aggregate_id ||
                              c == table_.aggregate_type;
                   });
        };
        if (std::ranges::none_of(found_.unique_keys, covers)) {
            say("nothing keeps two events of an aggregate from having the same version: CREATE "
                "UNIQUE INDEX ON {} ({}, {}, {})",
                name, quoted(table_.aggregate_type), quoted(table_.aggregate_id),
                quoted(table_.version));
        }
    }
    void rights(const std::string& name) {
        if (!found_.readable || !found_.updatable) {
            say("Barid may not read it and set {1}: GRANT USAGE ON SCHEMA {2} TO barid_commerce; "
                "GRANT SELECT, UPDATE ({1}), DELETE ON {0} TO barid_commerce",
                name, quoted(table_.delivered_at), quoted(table_.schema));
        } else if (!found_.deletable && stream_.retention.count() > 0) {
            say("Barid may not remove what was delivered: GRANT DELETE ON {} TO barid_commerce, or "
                "set retention = \"0ms\"",
                name);
        }
    }

    const OutboxStream& stream_;
    const OutboxTable& table_;
    const FoundTable& found_;
    std::vector<std::string> problems_;
};

awaitable<FoundTable> read_table(pg::Pool& pool, OutboxTable table) {
    const pg::Result result =
        co_await pool.execute(kFound, pg::Params(table.schema, table.name, table.delivered_at));
    const pg::Row row = result.one();
    FoundTable found{.exists = row.get<bool>(0),
                     .readable = row.get<bool>(1),
                     .updatable = row.get<bool>(2),
                     .deletable = row.get<bool>(3)};
    for (const json::value& column : parse_json(row.text(4)).as_array()) {
        const json::array& parts = column.as_array();
        found.columns.push_back({.name = std::string(parts[0].as_string()),
                                 .type = std::string(parts[1].as_string()),
                                 .nullable = parts[2].as_bool()});
    }
    for (const json::value& key : parse_json(row.text(5)).as_array()) {
        std::vector<std::string> names;
        for (const json::value& name : key.as_array()) names.emplace_back(name.as_string());
        found.unique_keys.push_back(std::move(names));
    }
    co_return found;
}

}  // namespace

std::vector<std::string> outbox_table_problems(const OutboxStream& stream,
                                               const FoundTable& found) {
    return Judge(stream, found).judge();
}

awaitable<std::vector<std::string>> check_outbox_table(pg::Pool& pool, OutboxStream stream) {
    if (!stream.table) co_return std::vector<std::string>();
    const FoundTable found = co_await read_table(pool, *stream.table);
    co_return outbox_table_problems(stream, found);
}

awaitable<std::vector<std::string>> check_outbox(pg::Pool& pool, OutboxStream stream) {
    std::vector<std::string> problems = co_await check_outbox_table(pool, stream);
    if (stream.target == OutboxStream::Target::deliver) {
        const pg::Result blocks = co_await pool.execute(
            "SELECT on_ordering_failure = 'block' FROM barid.queue WHERE name = $1",
            pg::Params(stream.queue));
        if (blocks.empty() || !blocks.one().get<bool>(0)) {
            problems.push_back(fmt::format(
                "[outbox.{0}] delivers in strict order, but its queue \"{1}\" goes on after a "
                "failure: INSERT INTO barid.queue (name, on_ordering_failure) VALUES ('{1}', "
                "'block') ON CONFLICT (name) DO UPDATE SET on_ordering_failure = 'block', or give "
                "it a queue of its own",
                stream.name, stream.queue));
        }
    }
    co_return problems;
}

}  // namespace barid::commerce
