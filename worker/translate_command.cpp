// `barid translate …`: the review queue, states, people's texts and whole tables.
#include "worker/translate_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/command_values.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

constexpr std::size_t kShortText = 240;  // bytes of a text in a list
constexpr std::size_t kMaxInput = 1UL << 20U;

const std::string kReviewColumns =
    "r.id, r.entity_type, r.entity_id, r.field, r.source_lang, r.lang, r.format, r.reason, "
    "r.detail, r.state, r.provider, r.source_text, r.suggestion, r.current_text, "
    "r.current_origin, r.outdated, r.created_at, r.resolved_by, r.note ";

/// `name` and the text behind it; further lines of the text below, under its beginning.
void print_text(const char* name, std::string_view text, std::size_t limit = 0) {
    std::string shown(text);
    if (limit != 0 && shown.size() > limit) shown = truncate_utf8(shown, limit) + "…";
    std::string_view rest = shown;
    bool first = true;
    while (first || !rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        fmt::print("  {:<11} {}\n", first ? name : "", printable(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        first = false;
    }
}

void print_review(const pg::Row& row, std::size_t limit) {
    const auto text = [&](const char* column) {
        return row.get<std::optional<std::string>>(column).value_or("");
    };
    fmt::print("{}  {} {} {}  {} > {}  {}{}\n", row.get<std::int64_t>("id"),
               printable(text("entity_type")), printable(text("entity_id")),
               printable(text("field")), text("source_lang"), text("lang"),
               printable(text("reason")),
               row.get<bool>("outdated") ? "  (the source has changed)" : "");
    if (!text("detail").empty()) print_text("detail", text("detail"), limit);
    print_text("source", text("source_text"), limit);
    if (!text("suggestion").empty()) print_text("suggestion", text("suggestion"), limit);
    if (!text("current_text").empty()) {
        print_text(text("current_origin") == "human" ? "by a person" : "now", text("current_text"),
                   limit);
    }
    if (text("state") != "open") {
        print_text("state", text("state") + " by " + text("resolved_by"), limit);
    }
    if (!text("note").empty()) print_text("note", text("note"), limit);
}

std::string read_text(const std::string& typed) {
    if (typed != "-") return typed;
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    if (text.size() > kMaxInput) throw UsageError("the text has more than 1 MiB");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

/// What became of one review; false when nothing was published.
bool report(std::int64_t id, bool done, const char* yes, const char* no, bool json) {
    if (json) {
        fmt::print("{{\"id\":{},\"done\":{}}}\n", id, done);
    } else if (done) {
        fmt::print("review {} {}\n", id, yes);
    } else {
        fmt::print(stderr, "barid: review {} {}\n", id, no);
    }
    return done;
}

bool approve(CommandSession& session, std::int64_t id, const std::optional<std::string>& text,
             const ReviewArguments& a) {
    const pg::Result result =
        session.run(session.pool.execute("SELECT barid.approve_translation($1::bigint, $2, $3)",
                                         pg::Params(id, text, given(a.actor))));
    return report(id, result.one().get<bool>(0), "is published",
                  "is closed: the source has changed, nothing was published", a.json);
}

Exit exit_of(bool all) {
    return all ? Exit::ok : Exit::failed;
}

}  // namespace

int run_review_list(const config::Settings& settings, const ReviewArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT " + kReviewColumns +
            R"(FROM barid.translation_reviews r
               WHERE ($1::text IS NULL OR r.state = $1) AND ($2::text IS NULL OR r.reason = $2)
                 AND ($3::text IS NULL OR r.lang = $3)
                 AND ($4::text IS NULL OR r.entity_type = $4)
               ORDER BY r.id LIMIT $5::int)",
        pg::Params(a.state == "all" ? std::nullopt : given(a.state), given(a.reason), given(a.lang),
                   given(a.entity_type), a.limit)));
    if (a.json) {
        print_result(result, true);
        return static_cast<int>(Exit::ok);
    }
    for (const pg::Row row : result) print_review(row, kShortText);
    const pg::Result reasons = session.run(
        session.pool.execute("SELECT reason, lang, count(*) AS open FROM barid.translation_reviews "
                             "WHERE state = 'open' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 20"));
    if (!result.empty()) fmt::print("\n");
    print_result(reasons, false);
    return static_cast<int>(Exit::ok);
}

int run_review_show(const config::Settings& settings, const ReviewArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT " + kReviewColumns + "FROM barid.translation_reviews r WHERE r.id = $1::bigint",
        pg::Params(a.id)));
    if (result.empty()) throw UsageError(fmt::format("there is no review {}", a.id));
    if (a.json)
        print_result(result, true);
    else
        print_review(result.one(), 0);
    return static_cast<int>(Exit::ok);
}

int run_review_accept(const config::Settings& settings, const ReviewArguments& a) {
    if (a.ids.empty() == a.reason.empty()) {
        throw UsageError("give reviews' ids, or --reason for up to --limit of them");
    }
    CommandSession session(settings);
    std::vector<std::int64_t> ids = a.ids;
    if (ids.empty()) {
        const pg::Result chosen = session.run(session.pool.execute(
            R"(SELECT r.id FROM barid.translation_reviews r
               WHERE r.state = 'open' AND r.suggestion IS NOT NULL AND r.reason = $1
                 AND ($2::text IS NULL OR r.lang = $2)
                 AND ($3::text IS NULL OR r.entity_type = $3)
               ORDER BY r.id LIMIT $4::int)",
            pg::Params(a.reason, given(a.lang), given(a.entity_type), a.limit)));
        for (const pg::Row row : chosen) ids.push_back(row.get<std::int64_t>(0));
    }
    // One transaction each: what is done stays done, and no two rows are held at once.
    bool all = true;
    for (const std::int64_t id : ids) all = approve(session, id, std::nullopt, a) && all;
    if (!a.json) fmt::print("{} reviews\n", ids.size());
    return static_cast<int>(exit_of(all));
}

int run_review_edit(const config::Settings& settings, const ReviewArguments& a) {
    const std::string text = read_text(a.text);
    if (text.empty()) throw UsageError("the text is empty");
    CommandSession session(settings);
    return static_cast<int>(exit_of(approve(session, a.id, text, a)));
}

int run_review_reject(const config::Settings& settings, const ReviewArguments& a) {
    CommandSession session(settings);
    bool all = true;
    for (const std::int64_t id : a.ids) {
        const pg::Result result =
            session.run(session.pool.execute("SELECT barid.reject_translation($1::bigint, $2, $3)",
                                             pg::Params(id, given(a.reason), given(a.actor))));
        all = report(id, result.one().get<bool>(0), "is rejected", "is not open: nothing was done",
                     a.json) &&
              all;
    }
    return static_cast<int>(exit_of(all));
}

int run_translate_set(const config::Settings& settings, const TranslateSetArguments& a) {
    const std::string text = read_text(a.text);
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT barid.set_translation($1, $2, $3, $4, $5, source_text => $6, format => $7, "
        "actor => $8)",
        pg::Params(a.entity_type, a.entity_id, a.field, a.lang, text, given(a.source_text),
                   given(a.format), given(a.actor))));
    const bool current = result.one().get<bool>(0);
    if (a.json) {
        fmt::print("{{\"done\":true,\"current\":{}}}\n", current);
    } else {
        fmt::print("{}\n", current ? "published" : "kept, but stale: it is of an older source");
    }
    return static_cast<int>(Exit::ok);
}

int run_translate_status(const config::Settings& settings, const std::string& entity_type,
                         const std::string& entity_id, bool json) {
    CommandSession session(settings);
    if (entity_id.empty()) {
        const pg::Result counts = session.run(session.pool.execute(
            "SELECT * FROM barid.translation_counts WHERE $1::text IS NULL OR entity_type = $1 "
            "ORDER BY 1, 2, 3",
            pg::Params(given(entity_type))));
        print_result(counts, json);
        return static_cast<int>(Exit::ok);
    }
    const pg::Result result = session.run(session.pool.execute(
        "SELECT * FROM barid.translation_status($1, $2)", pg::Params(entity_type, entity_id)));
    if (result.empty() && !json) {
        fmt::print(stderr, "barid: nothing is known of {} {}\n", printable(entity_type),
                   printable(entity_id));
        return static_cast<int>(Exit::failed);
    }
    if (json) {
        print_result(result, true);
        return static_cast<int>(Exit::ok);
    }
    for (const pg::Row row : result) {
        const auto text = [&](const char* column) {
            return row.get<std::optional<std::string>>(column).value_or("");
        };
        const std::string by = text("written_by").empty() ? text("provider") : text("written_by");
        fmt::print("{}  {} > {}  {}  {}{}\n", printable(text("field")), text("source_lang"),
                   text("lang"), text("state"), text("origin"),
                   by.empty() ? "" : " (" + printable(by) + ")");
        print_text("source", text("source_text"), kShortText);
        if (!text("text").empty()) print_text("text", text("text"), kShortText);
        if (!text("suggestion").empty()) print_text("suggestion", text("suggestion"), kShortText);
        if (!text("review_id").empty()) {
            print_text("review", text("review_id") + ": " + text("review_reason"));
        }
        if (!text("write_error").empty()) print_text("not written", text("write_error"));
        if (!text("job_id").empty()) print_text("job", text("job_id"));
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
