#include "worker/job_report.hpp"

#include <fmt/format.h>

#include <iterator>

#include "worker/table.hpp"

namespace barid::worker {
namespace {

const json::value& member(const json::object& object, std::string_view key) {
    static const json::value kNull;
    const json::value* found = object.if_contains(key);
    return found != nullptr ? *found : kNull;
}

std::string text_of(const json::value& value) {
    if (value.is_null()) return "";
    if (const json::string* text = value.if_string()) return printable(std::string_view(*text));
    return printable(json::serialize(value));
}

std::string text(const json::object& object, std::string_view key) {
    return text_of(member(object, key));
}

/// "2026-11-22 01:00:01" of "2026-11-22T01:00:01.123456+00:00".
std::string time(const json::object& object, std::string_view key) {
    std::string value = text(object, key);
    if (value.size() > 10 && value[10] == 'T') value[10] = ' ';
    return value.substr(0, 19);
}

std::string duration(const json::object& attempt) {
    const json::value& ms = member(attempt, "ms");
    if (!ms.is_number()) return "";
    const auto value = ms.to_number<double>();
    if (value < 1'000) return fmt::format("{:.0f} ms", value);
    if (value < 120'000) return fmt::format("{:.1f} s", value / 1'000);
    if (value < 7'200'000) return fmt::format("{:.1f} min", value / 60'000);
    return fmt::format("{:.1f} h", value / 3'600'000);
}

const json::array& list(const json::object& object, std::string_view key) {
    static const json::array kEmpty;
    const json::array* found = member(object, key).if_array();
    return found != nullptr ? *found : kEmpty;
}

/// "41 completed, 42 gone": jobs by id and state.
std::string relatives(const json::array& jobs) {
    std::string line;
    for (const json::value& item : jobs) {
        const json::object* job = item.if_object();
        if (job == nullptr) continue;
        line +=
            fmt::format("{}{} {}", line.empty() ? "" : ", ", text(*job, "id"), text(*job, "state"));
    }
    return line;
}

void add_line(std::string& page, std::string_view name, const std::string& value) {
    if (!value.empty()) page += fmt::format("  {:<13} {}\n", name, value);
}

std::string progress(const json::object& report) {
    if (text(report, "state") != "running") return "";
    const json::value& fraction = member(report, "progress");
    if (!fraction.is_number()) return "";
    const std::string note = text(report, "progress_note");
    if (note.empty() && fraction.to_number<double>() == 0) return "";
    return fmt::format("{:.0f} %{}{}", fraction.to_number<double>() * 100, note.empty() ? "" : "  ",
                       note);
}

std::string batch(const json::object& report) {
    const json::object* batch = member(report, "batch").if_object();
    if (batch == nullptr) return text(report, "batch_id");
    const std::string name = text(*batch, "name");
    return fmt::format("{}{}{}: {} of {} completed, {} failed, {} cancelled", text(*batch, "id"),
                       name.empty() ? "" : " ", name, text(*batch, "completed"),
                       text(*batch, "total"), text(*batch, "failed"), text(*batch, "cancelled"));
}

std::string checkpoint(const json::object& report) {
    const json::object* saved = member(report, "checkpoint").if_object();
    if (saved == nullptr) return "";
    return fmt::format("{} bytes, saved {} in attempt {}", text(*saved, "bytes"),
                       time(*saved, "saved_at"), text(*saved, "attempt"));
}

std::string facts(const json::object& report) {
    std::string page = fmt::format("Job {}  {}  {}\n", text(report, "id"), text(report, "kind"),
                                   text(report, "state"));
    std::string queue = text(report, "queue") + ", priority " + text(report, "priority");
    if (!text(report, "origin_id").empty()) {
        queue += fmt::format(", dead letter of {} {}", text(report, "origin_queue"),
                             text(report, "origin_id"));
    }
    add_line(page, "queue", queue);
    add_line(page, "attempts",
             fmt::format("{} of {}", text(report, "attempt"), text(report, "max_attempts")));
    add_line(page, "progress", progress(report));
    add_line(page, "created", time(report, "created_at"));
    const std::string parked = text(report, "parked_by");
    add_line(page, "due", time(report, "run_at") + (parked.empty() ? "" : ", waits for " + parked));
    add_line(page, "finished", time(report, "finished_at"));
    for (const char* key : {"unique_key", "ordering_key", "limit_key", "request_id", "tags"}) {
        add_line(page, key, text(report, key));
    }
    add_line(page, "after", relatives(list(report, "parents")));
    add_line(page, "waited for by", relatives(list(report, "children")));
    add_line(page, "batch", batch(report));
    add_line(page, "checkpoint", checkpoint(report));
    return page;
}

std::string attempts(const json::object& report) {
    std::string page;
    for (const json::value& item : list(report, "attempts")) {
        const json::object* attempt = item.if_object();
        if (attempt == nullptr) continue;
        const std::string worker = text(*attempt, "worker");
        page += fmt::format("  {:>2}  {:<10} {}  {:>8}  {}\n", text(*attempt, "attempt"),
                            text(*attempt, "outcome"), time(*attempt, "started_at"),
                            duration(*attempt), worker);
        const std::string error = text(*attempt, "error");
        if (!error.empty()) page += "      " + error + '\n';
    }
    return page.empty() ? page : "\nAttempts\n" + page;
}

std::string lines(const json::object& report) {
    std::string page;
    std::string attempt;
    std::int64_t last = 0;
    for (const json::value& item : list(report, "log")) {
        const json::object* line = item.if_object();
        if (line == nullptr) continue;
        const json::value& number = member(*line, "n");
        const std::int64_t n = number.is_int64() ? number.as_int64() : 0;
        if (text(*line, "attempt") != attempt || n <= last) last = 0;
        attempt = text(*line, "attempt");
        if (n > last + 1) {
            page += fmt::format("      … {} lines were not kept …\n", n - last - 1);
        }
        last = n;
        page += fmt::format("  {:>2}  {}  {}\n", attempt, time(*line, "at"), text(*line, "line"));
    }
    return page.empty() ? page : "\nLog\n" + page;
}

std::string laid_out(std::string_view title, const std::string& json) {
    if (json.empty()) return "";
    std::string page = fmt::format("\n{}\n", title);
    for (std::size_t from = 0; from <= json.size();) {
        const auto end = std::min(json.find('\n', from), json.size());
        page += "  " + printable(std::string_view(json).substr(from, end - from)) + '\n';
        from = end + 1;
    }
    return page;
}

}  // namespace

std::string render_job_report(const json::object& report, const std::string& payload,
                              const std::string& output) {
    return facts(report) + attempts(report) + lines(report) + laid_out("Payload", payload) +
           laid_out("Output", output);
}

}  // namespace barid::worker
