// What a caller may see of jobs and do to them, as SQL takes it, and what the areas around jobs
// share: their list, its filter and its parameters. Io thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/api/call.hpp"

namespace barid::api {

/// Queues for `$n::text[]`: NULL means all, an empty array none.
using Queues = std::optional<std::vector<std::string>>;

bool includes(const Queues& queues, const std::string& queue);
/// Queues that are in both.
Queues meet(const Queues& a, const Queues& b);

struct JobReach {
    explicit JobReach(const Call& call);

    Queues view;
    Queues retry;  ///< where it is granted, whether or not they may be viewed
    Queues cancel;
    bool data;  ///< may see texts of handlers and producers
};

Parameter id_parameter(std::string means);
std::vector<Parameter> page_parameters();

/// Filters of lists of jobs, and with `pages` those of a page.
std::vector<Parameter> job_parameters(bool pages);
/// The filter of barid.admin_find_jobs, as JSON text. Searching in errors needs `data.view`: else
/// one could guess them letter by letter.
std::string job_filter(const Call& call, bool dead_letters);

/// Notes a violation unless `text` is RFC 3339 with a zone.
void check_time(JsonReader& in, std::string_view key, const std::string& text);

/// {"items", "next", "scanned_to"}: a page may be short, or empty, and still have a next one.
awaitable<web::Response> list_jobs(Call& call, std::string filter);
awaitable<web::Response> count_jobs(Call& call, std::string filter);

}  // namespace barid::api
