#include "admin/api/job_reach.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "admin/api/query.hpp"
#include "base/text.hpp"

namespace barid::api {

using access::Permission;

bool includes(const Queues& queues, const std::string& queue) {
    return !queues || std::ranges::find(*queues, queue) != queues->end();
}

Queues meet(const Queues& a, const Queues& b) {
    if (!a) return b;
    if (!b) return a;
    std::vector<std::string> both;
    std::ranges::copy_if(*a, std::back_inserter(both),
                         [&](const std::string& queue) { return includes(b, queue); });
    return both;
}

JobReach::JobReach(const Call& call)
    : view(call.reach(Permission::jobs_view)),
      retry(call.reach(Permission::jobs_retry)),
      cancel(call.reach(Permission::jobs_cancel)),
      data(call.may(Permission::data_view)) {}

Parameter id_parameter(std::string means) {
    return {.name = "id",
            .type = Parameter::Type::integer,
            .means = std::move(means),
            .required = true,
            .min = 1};
}

std::vector<Parameter> page_parameters() {
    return {{.name = "cursor", .means = "`next` of the page before", .max_bytes = 1000},
            {.name = "limit",
             .type = Parameter::Type::integer,
             .means = "items of a page, 50 unless given",
             .min = 1,
             .max = 200}};
}

std::vector<Parameter> job_parameters(bool pages) {
    using enum Parameter::Type;
    std::vector<Parameter> all = {
        {.name = "state",
         .type = texts,
         .means = "in one of these states",
         .one_of = {"waiting", "parked", "running", "completed", "failed", "cancelled"}},
        {.name = "queue", .means = "in this queue", .max_bytes = 63},
        {.name = "kind", .means = "of this kind", .max_bytes = 63},
        {.name = "tag", .means = "with this tag", .max_bytes = 1000},
        {.name = "unique_key", .means = "with this unique key", .max_bytes = 1000},
        {.name = "error",
         .means = "whose last error contains this, and that did not complete; needs data.view",
         .max_bytes = 500},
        {.name = "from", .type = time, .means = "made then or later"},
        {.name = "to", .type = time, .means = "made until then"},
    };
    if (pages) std::ranges::move(page_parameters(), std::back_inserter(all));
    return all;
}

std::string job_filter(const Call& call, bool dead_letters) {
    json::object filter;
    for (const char* name : {"queue", "kind", "tag", "unique_key", "error", "from", "to"}) {
        if (const auto value = call.optional_text(name)) filter[name] = *value;
    }
    if (filter.contains("error")) call.require(Permission::data_view);
    if (const auto states = call.texts("state"); !states.empty()) {
        filter["state"] = json::array(states.begin(), states.end());
    }
    if (dead_letters) filter["dead"] = true;
    return json::serialize(filter);
}

void check_time(JsonReader& in, std::string_view key, const std::string& text) {
    if (is_rfc3339(text)) return;
    in.violate(fmt::format("/{}", key),
               "must be a time with its zone, such as 2026-11-22T08:00:00Z");
}

awaitable<web::Response> list_jobs(Call& call, std::string filter) {
    const JobReach reach(call);
    const auto result = co_await call.sql(
        R"(WITH f AS MATERIALIZED (
               SELECT * FROM barid.admin_find_jobs($1::jsonb, $2::text[], $3::bigint, $4::int + 1))
           SELECT barid.admin_job(i.id, $5, $6::text[], $7::text[])::text, i.id::text, i.n
           FROM f, unnest(f.ids) WITH ORDINALITY i(id, n)
           UNION ALL
           SELECT barid.admin_time(barid.admin_made_at(f.reached)), f.reached::text, 9999 FROM f
           ORDER BY 3)",
        pg::Params(filter, reach.view, call.position(), call.limit(), reach.data, reach.retry,
                   reach.cancel));
    const int found = result.size() - 1;
    const int shown = std::min(found, call.limit());
    const pg::Row reached = result[found];
    std::string next = "null";
    std::string scanned_to = "null";
    if (found > shown) {
        next = json_quote(call.next_cursor(result[shown - 1].text(1)));
    } else if (!reached.is_null(1)) {
        next = json_quote(call.next_cursor(reached.text(1)));
        if (!reached.is_null(0)) scanned_to = json_quote(reached.text(0));
    }
    std::string items;
    for (int i = 0; i < shown; ++i) {
        if (i > 0) items += ',';
        items += result[i].text(0);
    }
    co_return json_response(
        fmt::format(R"({{"items":[{}],"next":{},"scanned_to":{}}})", items, next, scanned_to));
}

awaitable<web::Response> count_jobs(Call& call, std::string filter) {
    const JobReach reach(call);
    const auto result = co_await call.sql(
        R"(SELECT least(cardinality(f.ids), 10000), f.reached IS NOT NULL
           FROM barid.admin_find_jobs($1::jsonb, $2::text[], NULL, 10001) f)",
        pg::Params(filter, reach.view));
    co_return json_response(fmt::format(R"({{"count":{},"capped":{}}})", result.one().text(0),
                                        result.one().get<bool>(1)));
}

}  // namespace barid::api
