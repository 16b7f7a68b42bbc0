// `barid templates …`: what is stored, and saving a file after ICU and the database agree to it.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/json.hpp"
#include "base/text.hpp"
#include "notify/template.hpp"
#include "notify/template_check.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

constexpr std::size_t kMaxFileBytes = 4U << 20U;

json::object read_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file) throw UsageError(fmt::format("can't read {}", printable(name)));
    const std::string text = std::move(content).str();
    if (text.size() > kMaxFileBytes) throw UsageError("the file has more than 4 MiB");
    try {
        json::value value = parse_json(text);
        if (value.is_object()) return std::move(value.as_object());
    } catch (const Error& e) {
        throw UsageError(fmt::format("{} is not usable JSON: {}", printable(name), e.what()));
    }
    throw UsageError(fmt::format(R"({} must be like {{"key": …, "variables": {{…}}, "texts": )"
                                 R"({{"en": {{"title": …, "body": …}}}}}})",
                                 printable(name)));
}

/// ["order", "name"] as an array of PostgreSQL's.
std::string names_of(const json::array& names) {
    pg::ArrayBuilder array;
    for (const json::value& name : names) {
        if (!name.is_string()) throw UsageError("variables must be names, or an object of them");
        array.add(std::string_view(name.get_string()));
    }
    return std::move(array).finish();
}

awaitable<int> save(pg::Pool& pool, std::string key, std::string texts, json::value variables) {
    if (const json::array* names = variables.if_array()) {
        const pg::Result result =
            co_await pool.execute("SELECT barid.upsert_template($1, $2::jsonb, $3::text[])",
                                  pg::Params(key, texts, names_of(*names)));
        co_return result.one().get<int>(0);
    }
    const pg::Result result =
        co_await pool.execute("SELECT barid.upsert_template($1, $2::jsonb, $3::jsonb)",
                              pg::Params(key, texts, json::serialize(variables)));
    co_return result.one().get<int>(0);
}

}  // namespace

void CommandLine::State::add_templates() {
    CLI::App* group = app.add_subcommand("templates", "texts of notifications, in each language");
    group->require_subcommand(1);
    add_json(add(*group, "list", "the newest version of each",
                 [this](const config::Settings& s) { return run_templates_list(s, json); }));

    const auto key = std::make_shared<std::string>();
    const auto version = std::make_shared<std::optional<int>>();
    CLI::App* sub = add_json(
        add(*group, "show", "one of them", [this, key, version](const config::Settings& s) {
            return run_templates_show(s, *key, *version, json);
        }));
    sub->add_option("KEY", *key)->required();
    sub->add_option("--version", *version, "the newest unless given");

    const auto file = std::make_shared<std::string>();
    add_json(
        add(*group, "save", "check a file and make it the newest version",
            [this, file](const config::Settings& s) { return run_templates_save(s, *file, json); }))
        ->add_option("FILE", *file, R"(JSON: {"key": …, "variables": {…}, "texts": {…}})")
        ->required();

    add_template_preview(*group);
    add_template_preview(notify_group());
}

int run_templates_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT t.key, t.version,
                  string_agg(DISTINCT t.locale, ' ' ORDER BY t.locale) AS languages,
                  string_agg(DISTINCT t.channel, ' ' ORDER BY t.channel) AS channels,
                  (SELECT string_agg(v.key || ' ' || (v.value ->> 'type'), ', ' ORDER BY v.key)
                   FROM jsonb_each((array_agg(t.variables))[1]) v) AS variables,
                  min(t.created_at) AS created_at
           FROM barid.template t
           JOIN (SELECT key, max(version) AS version FROM barid.template GROUP BY key) newest
             USING (key, version)
           GROUP BY t.key, t.version ORDER BY t.key)"));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int run_templates_show(const config::Settings& settings, const std::string& key,
                       std::optional<int> version, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT barid.template_version($1, $2::int)", pg::Params(key, version)));
    const auto stored = result.one().get<std::optional<std::string>>(0);
    if (!stored) {
        fmt::print(stderr, "barid: there is no such version of template {}\n", printable(key));
        return static_cast<int>(Exit::failed);
    }
    if (json) {
        fmt::print("{}\n", *stored);
        return static_cast<int>(Exit::ok);
    }
    const notify::TemplateVersion version_shown = notify::parse_template(parse_json(*stored));
    fmt::print("{} version {}\n", version_shown.key, version_shown.version);
    for (const auto& [name, variable] : version_shown.variables) {
        fmt::print("  {{{}}} {}{}\n", name, notify::to_string(variable.type),
                   variable.required ? "" : ", may be left out");
    }
    for (const notify::TemplateText& text : version_shown.texts) {
        fmt::print("\n{}{}\n  {}\n  {}\n", text.locale,
                   text.channel == "*" ? "" : " (" + text.channel + ")", printable(text.title),
                   printable(text.body));
        if (!text.html.empty()) fmt::print("  and {} bytes of HTML\n", text.html.size());
    }
    return static_cast<int>(Exit::ok);
}

int run_templates_save(const config::Settings& settings, const std::string& file, bool json) {
    const json::object content = read_file(file);
    const json::value* key = content.if_contains("key");
    const json::value* texts = content.if_contains("texts");
    const json::value* variables = content.if_contains("variables");
    if (key == nullptr || !key->is_string()) throw UsageError("the file lacks \"key\"");
    if (texts == nullptr || !texts->is_object()) throw UsageError("the file lacks \"texts\"");
    for (const auto& item : content) {
        if (item.key() != "key" && item.key() != "texts" && item.key() != "variables") {
            throw UsageError(
                fmt::format("the file has \"{}\", which is not known", printable(item.key())));
        }
    }
    try {
        auto problems = notify::template_problems(texts->get_object(), variables);
        if (!problems.empty()) throw PayloadError(std::move(problems));
    } catch (const PayloadError& e) {
        throw UsageError(e.what());
    }
    CommandSession session(settings);
    const std::string name(key->get_string());
    const int version =
        session.run(save(session.pool, name, json::serialize(*texts),
                         variables == nullptr ? json::value(json::object()) : *variables));
    if (json)
        fmt::print("{{\"key\":{},\"version\":{}}}\n", json_quote(name), version);
    else
        fmt::print("{} has version {}\n", printable(name), version);
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
