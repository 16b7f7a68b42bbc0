// The audit log: pages for the eye, and an export for files. What was changed on things that hold
// people's data is masked without `data.view`.
#include <fmt/format.h>

#include <array>

#include "admin/api/call.hpp"
#include "admin/api/rights.hpp"

namespace barid::api {
namespace {

// Configuration, which holds nobody's data; the rest is masked.
constexpr std::string_view kLine = R"(
    SELECT jsonb_build_object('id', l.id, 'at', barid.admin_time(l.at), 'actor', l.actor,
        'actor_name', l.actor_name, 'action', l.action, 'target_kind', l.target_kind,
        'target', l.target, 'before', CASE WHEN m.shown THEN l.before
                                           ELSE barid.admin_mask(l.before) END,
        'after', CASE WHEN m.shown THEN l.after ELSE barid.admin_mask(l.after) END,
        'reason', l.reason, 'request_id', l.request_id, 'client', l.client)::text AS line, l.id
    FROM barid.audit_log l
    CROSS JOIN LATERAL (SELECT $1 OR l.target_kind IN ('queue', 'role', 'account', 'token', 'kind',
                                                       'webhook') AS shown) m)";
constexpr int kMaxExported = 5000;
constexpr int kMaxExportedBytes = 8 << 20;

std::vector<Parameter> filters() {
    const auto text = [](const char* name, const char* means) {
        return Parameter{.name = name, .means = means, .max_bytes = 500};
    };
    const auto time = [](const char* name, const char* means) {
        return Parameter{.name = name, .type = Parameter::Type::time, .means = means};
    };
    return {text("actor", "who did it, such as account:3"),
            text("action", "what was done, such as job.retry"),
            text("target_kind", "to what kind of thing"),
            text("target", "to which one; its id"),
            time("from", "not before"),
            time("to", "before")};
}

/// A condition for each filter that is given, so that the planner sees those alone, and their
/// parameters; the newest lines first.
struct Selection {
    std::string where = " WHERE true";
    pg::Params params;

    explicit Selection(Call& call) : params(call.may(access::Permission::data_view)) {
        static constexpr std::array<std::pair<const char*, const char*>, 4> kTexts = {
            {{"actor", "l.actor = ${}"},
             {"action", "l.action = ${}"},
             {"target_kind", "l.target_kind = ${}"},
             {"target", "l.target = ${}"}}};
        for (const auto& [name, condition] : kTexts) {
            if (const auto given = call.optional_text(name)) add(condition, *given);
        }
        if (const auto from = call.time("from")) add("l.at >= ${}::timestamptz", *from);
        if (const auto to = call.time("to")) add("l.at < ${}::timestamptz", *to);
        if (const auto after = call.position()) add("l.id < ${}::bigint", *after);
    }

    void add(const char* condition, const std::string& value) {
        params.add(value);
        where += " AND " + fmt::format(fmt::runtime(condition), params.size());
    }
    /// With the ORDER BY and LIMIT of one more than `limit`.
    std::string statement(int limit) {
        params.add(limit);
        return fmt::format("{}{} ORDER BY l.id DESC LIMIT ${} + 1", kLine, where, params.size());
    }
};

awaitable<web::Response> list(Call& call) {
    Selection selection(call);
    const std::string text = selection.statement(call.limit());
    co_return co_await call.page(text, selection.params);
}

constexpr std::array kColumns = {"id",     "at",          "actor",      "actor_name",
                                 "action", "target_kind", "target",     "before",
                                 "after",  "reason",      "request_id", "client"};

/// RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe in front.
std::string csv_cell(const json::value& value) {
    std::string text;
    if (value.is_string())
        text = std::string(value.get_string());
    else if (!value.is_null())
        text = json::serialize(value);
    if (!text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string::npos) {
        text.insert(0, "'");
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') quoted += '"';
    }
    return quoted + '"';
}

std::string csv_line(std::string_view line) {
    const json::value item = parse_json(line);
    std::string out;
    for (const char* column : kColumns) {
        if (!out.empty()) out += ',';
        out += csv_cell(item.at(column));
    }
    return out + "\r\n";
}

std::string csv_head() {
    std::string out;
    for (const char* column : kColumns) out += (out.empty() ? "" : ",") + std::string(column);
    return out + "\r\n";
}

/// A Link to the rest (RFC 8288), when there is more than one answer holds.
awaitable<web::Response> export_log(Call& call) {
    const bool csv = call.text("format") == "csv";
    Selection selection(call);
    const std::string lines = selection.statement(kMaxExported);
    const auto found = co_await call.sql(fmt::format(R"(SELECT line, id FROM (
                         SELECT line, id, sum(octet_length(line)) OVER (ORDER BY id DESC) AS bytes,
                                row_number() OVER (ORDER BY id DESC) AS n
                         FROM ({}) lines) sized
                       WHERE bytes <= {} OR n = 1 ORDER BY id DESC)",
                                                     lines, kMaxExportedBytes),
                                         selection.params);
    web::Response response{.content_type = csv ? "text/csv; charset=utf-8; header=present"
                                               : "application/x-ndjson"};
    if (csv) response.body = csv_head();
    const int shown = std::min(found.size(), kMaxExported);
    for (int i = 0; i < shown; ++i) {
        response.body += csv ? csv_line(found[i].text(0)) : std::string(found[i].text(0)) + "\n";
    }
    response.headers.emplace_back(
        "Content-Disposition",
        fmt::format("attachment; filename=\"barid-audit.{}\"", csv ? "csv" : "ndjson"));
    if (shown > 0) {
        const auto last = found[shown - 1].text(1);
        auto rest = selection.params;
        const auto more = co_await call.sql(
            fmt::format("SELECT EXISTS (SELECT FROM barid.audit_log l{} AND $1::bool IS NOT NULL "
                        "AND ${}::int > 0 AND l.id < {})",
                        selection.where, rest.size(), last),
            rest);
        if (more.one().get<bool>(0)) {
            response.headers.emplace_back("Barid-Next-Cursor", call.next_cursor(last));
        }
    }
    co_return response;
}

void add_schemas(Routes& routes) {
    routes.schema("AuditLine", R"({"type": "object", "properties": {
        "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
        "actor": {"type": "string"}, "actor_name": {"type": "string"},
        "action": {"type": "string"}, "target_kind": {"type": "string"},
        "target": {"type": "string"}, "before": {}, "after": {},
        "reason": {"type": ["string", "null"]}, "request_id": {"type": ["string", "null"]},
        "client": {"type": ["string", "null"]}}})");
    routes.schema("AuditLines", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/AuditLine"}},
        "next": {"type": ["string", "null"]}}})");
}

}  // namespace

void add_audit(Routes& routes) {
    add_schemas(routes);
    auto of_pages = filters();
    for (auto& parameter : keyset_parameters()) of_pages.push_back(std::move(parameter));
    routes.add({.method = "GET",
                .path = "/audit",
                .operation = "listAudit",
                .tag = "audit",
                .summary = "Who did what, newest first.",
                .permission = access::Permission::audit_view,
                .parameters = std::move(of_pages),
                .answer = "AuditLines",
                .handler = &list});
    auto of_export = filters();
    of_export.push_back({.name = "format",
                         .means = "one JSON object a line, or a table for spreadsheets",
                         .required = true,
                         .one_of = {"ndjson", "csv"}});
    of_export.push_back(keyset_parameters().front());
    routes.add({.method = "GET",
                .path = "/audit/export",
                .operation = "exportAudit",
                .tag = "audit",
                .summary = "The same lines as a file: 5,000 or 8 MiB at once; the header "
                           "Barid-Next-Cursor is the `cursor` of the rest.",
                .permission = access::Permission::audit_view,
                .parameters = std::move(of_export),
                .handler = &export_log});
}

}  // namespace barid::api
