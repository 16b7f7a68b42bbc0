#include "worker/demo_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/demo_shop.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const pg::Result& result) {
    Rows rows;
    for (const pg::Row row : result) {
        std::vector<std::string> cells;
        for (int c = 0; c < static_cast<int>(result.columns().size()); ++c) {
            cells.emplace_back(row.text(c));
        }
        rows.push_back(std::move(cells));
    }
    return rows;
}

awaitable<void> show_jobs(pg::Pool& pool, const DemoFacts& facts, DemoOutput& out) {
    const pg::Result jobs = co_await pool.execute(
        R"(SELECT kind, state, count(*), sum(attempt), max(attempt),
                  round(max(extract(epoch FROM finished_at - created_at)), 1),
                  regexp_replace(max(errors -> -1 ->> 'error'), '^(.{59}).+$', '\1…')
           FROM barid.jobs WHERE request_id = $1
           GROUP BY kind, state ORDER BY kind, state)",
        pg::Params(facts.run.request_id));
    out.section("Jobs", render_table({"kind", "state", "jobs", "attempts", "most", "longest (s)",
                                      "last error"},
                                     rows_of(jobs)));
}

/// A row a picture; a cell a width, with the sizes of its formats.
awaitable<void> show_pictures(pg::Pool& pool, const DemoFacts& facts, DemoOutput& out) {
    const pg::Result variants = co_await pool.execute(
        R"(SELECT split_part(p.entity, ':', 2),
                  (s.source->>'format') || ' ' || (s.source->>'width') || '×'
                      || (s.source->>'height'),
                  p.width,
                  string_agg(round(p.bytes / 1024.0, 1)::text, ' / ' ORDER BY p.format DESC)
           FROM barid.media_pictures p
           JOIN barid.media_set s ON s.source_hash = p.source_hash
               AND s.recipe_hash = p.recipe_hash AND s.state = 'complete'
           WHERE p.entity IN (SELECT payload->>'entity' FROM barid.jobs WHERE request_id = $1)
           GROUP BY 1, 2, 3 ORDER BY 1, 3)",
        pg::Params(facts.run.request_id));
    std::vector<std::string> header = {"picture", "source"};
    for (const int width : facts.widths) header.push_back(fmt::format("{}", width));
    header.emplace_back("own width");
    Rows rows;
    for (const pg::Row row : variants) {
        if (rows.empty() || rows.back()[0] != row.text(0)) {
            rows.push_back({std::string(row.text(0)), std::string(row.text(1))});
            rows.back().resize(header.size(), "–");
        }
        const auto known = std::ranges::find(facts.widths, row.get<int>(2));
        const auto column = static_cast<std::size_t>(known - facts.widths.begin()) + 2;
        std::string cell(row.text(3));
        if (known == facts.widths.end()) cell += fmt::format(" at {}", row.get<int>(2));
        rows.back()[column] = std::move(cell);
    }
    out.section("Pictures: KiB as WebP / JPEG / AVIF, by width; never enlarged",
                render_table(header, rows));
}

awaitable<void> show_rescue(pg::Pool& pool, const DemoFacts& facts, DemoOutput& out) {
    const pg::Result jobs = co_await pool.execute(
        R"(SELECT l.job_id, l.worker_name, $3::text || ' s',
                  round(extract(epoch FROM l.rescued_at - $2::timestamptz), 2) || ' s',
                  round(extract(epoch FROM j.claimed_at - $2::timestamptz), 2) || ' s',
                  j.state || ' at attempt ' || j.attempt
           FROM barid.rescue_log l JOIN barid.jobs j ON j.id = l.job_id
           WHERE l.job_id = ANY ($1::bigint[]) ORDER BY l.job_id)",
        pg::Params(facts.slow_jobs, facts.killed_at,
                   fmt::format("{:.1f}", std::chrono::duration<double>(facts.lease_ttl).count())));
    out.section("Jobs of the killed worker process, timed from its SIGKILL",
                render_table({"job", "killed", "lease TTL", "taken back after",
                              "running again after", "outcome"},
                             rows_of(jobs)));
}

/// One block a push: terminals turn a line of Arabic around, so that columns would mislead.
awaitable<void> show_pushes(pg::Pool& pool, const DemoFacts& facts, DemoOutput& out) {
    const pg::Result pushes = co_await pool.execute(
        R"(SELECT p.user_id, CASE p.channel WHEN 'push' THEN p.platform
                                    ELSE concat_ws(' ', p.channel, p.address) END,
                  u.locale, p.locale, p.title, p.body, p.image,
                  nullif((p.data - 'nid')::text, '{}')
           FROM barid.dev_push p JOIN barid.app_user u ON u.id = p.user_id
           WHERE p.user_id = ANY ($1::text[]) ORDER BY p.user_id, p.platform, p.id)",
        pg::Params(demo_users(facts.run)));
    std::string text;
    for (const pg::Row row : pushes) {
        text += fmt::format("{} · {} · wants {}, gets {}\n", row.text(0), row.text(1), row.text(2),
                            row.text(3));
        text += fmt::format("    {}\n    {}\n", row.text(4), row.text(5));
        if (!row.is_null(6)) text += fmt::format("    picture {}\n", row.text(6));
        if (!row.is_null(7)) text += fmt::format("    data {}\n", row.text(7));
    }
    const pg::Result kept = co_await pool.execute(
        R"(SELECT n.user_id, n.category, coalesce(d.reason, d.state), i.title
           FROM barid.delivery d JOIN barid.notification n ON n.id = d.notification_id
           LEFT JOIN barid.inbox_item i ON i.notification_id = n.id
           WHERE n.user_id = ANY ($1::text[]) AND d.channel = 'push' AND d.state = 'suppressed')",
        pg::Params(demo_users(facts.run)));
    for (const pg::Row row : kept) {
        text += fmt::format("{} · no push about {}: {}; in the inbox:\n    {}\n", row.text(0),
                            row.text(1), row.text(2), row.text(3));
    }
    out.section("Phones", text);
}

awaitable<void> show_translations(pg::Pool& pool, const DemoFacts& facts, DemoOutput& out) {
    const pg::Result texts = co_await pool.execute(
        R"(SELECT t.entity_type || ':' || t.entity_id || ' ' || t.field || ' → ' || t.target_lang,
                  t.state, coalesce(t.origin, ''), t.text, r.reason
           FROM barid.translation t
           LEFT JOIN barid.translation_review r ON r.entity_type = t.entity_type
               AND r.entity_id = t.entity_id AND r.field = t.field
               AND r.target_lang = t.target_lang AND r.state = 'open'
           WHERE t.entity_type = 'product' AND t.entity_id ~ ('^[a-z-]+' || $1 || '$')
           ORDER BY t.entity_id, t.field)",
        pg::Params(facts.run.suffix));
    std::string text;
    for (const pg::Row row : texts) {
        text += fmt::format("{}: {}", row.text(0), row.text(1));
        if (!row.text(2).empty()) text += fmt::format(", from {}", row.text(2));
        if (!row.is_null(4)) text += fmt::format("; waits for a person ({})", row.text(4));
        text += '\n';
        if (!row.is_null(3)) text += fmt::format("    {}\n", row.text(3));
    }
    out.section("Translations (no provider is configured here)", text);
}

}  // namespace

awaitable<bool> report_demo(Platform& platform, const DemoFacts& facts, DemoOutput& out) {
    pg::Pool& pool = platform.pool();
    co_await show_jobs(pool, facts, out);
    co_await show_pictures(pool, facts, out);
    co_await show_rescue(pool, facts, out);
    co_await show_pushes(pool, facts, out);
    co_await show_translations(pool, facts, out);
    co_await show_demo_shop(pool, facts.run, out);
    const std::vector<Expectation> expectations = co_await check_demo(platform, facts);
    std::string text;
    for (const Expectation& one : expectations) {
        text += fmt::format("{}  {}\n", one.held ? "ok    " : "FAILED", one.what);
        if (!one.held && !one.found.empty()) text += "          " + one.found + "\n";
    }
    out.section("Expectations", text);
    const auto failed = std::ranges::count(expectations, false, &Expectation::held);
    out.text(failed == 0 ? fmt::format("\nAll {} expectations held.\n", expectations.size())
                         : fmt::format("\n{} of {} expectations did not hold.\n", failed,
                                       expectations.size()));
    co_return failed == 0;
}

}  // namespace barid::worker
