// `barid templates preview` and `barid notify preview`: what a phone, a browser or an e-mail would
// show of a template, or of a notification that was made.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/json.hpp"
#include "base/text.hpp"
#include "notify/fcm_message.hpp"
#include "notify/locale.hpp"
#include "notify/message_format.hpp"
#include "notify/preview.hpp"
#include "notify/template.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

using notify::PushMessage;

constexpr const char* kAnyId = "00000000-0000-7000-8000-000000000000";

/// What there is to show, as far as it can be shown.
struct Subject {
    std::string template_key = {};
    std::optional<int> version = {};
    std::optional<json::object> vars = {};  ///< nothing: the samples
    std::string locale = {};
    std::string tz = "UTC";
    PushMessage message = {};  ///< with its text, unless a template has to make it
    bool has_text = false;
};

bool is_uuid(const std::string& text) {
    return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
           text[23] == '-' && text.find_first_not_of("0123456789abcdefABCDEF-") == text.npos;
}

std::optional<json::object> object_of(const std::string& text, const char* option) {
    if (text.empty()) return std::nullopt;
    try {
        const json::value value = parse_json(text);
        if (value.is_object()) return value.as_object();
    } catch (const Error& e) {
        throw UsageError(fmt::format("{} is not usable JSON: {}", option, e.what()));
    }
    throw UsageError(fmt::format("{} must be a JSON object", option));
}

/// Plain texts in several languages: {"en": {"title": …, "body": …}}.
void choose_plain(const json::object& texts, Subject& subject, const std::string& fallback) {
    std::vector<std::string> available;
    for (const auto& item : texts) available.emplace_back(item.key());
    if (available.empty()) return;
    const std::string& chosen =
        available[notify::choose_locale(notify::locale_chain(subject.locale, fallback), available)];
    const json::object& text = texts.at(chosen).as_object();
    subject.message.locale = chosen;
    subject.message.title = std::string(text.at("title").as_string());
    subject.message.body = std::string(text.at("body").as_string());
    subject.has_text = true;
}

/// A notification as it was made; nothing when there is none.
awaitable<std::optional<Subject>> find_notification(pg::Pool& pool, std::string id,
                                                    std::string locale, std::string fallback) {
    const pg::Result rows = co_await pool.execute(
        R"(SELECT n.category, n.locale, n.title, n.body, n.image, n.data, n.options, n.texts,
                  n.template_key, n.template_version, n.vars, u.locale AS user_locale, u.tz
           FROM barid.notification n LEFT JOIN barid.app_user u ON u.id = n.user_id
           WHERE n.id = $1::uuid)",
        pg::Params(id));
    if (rows.empty()) co_return std::nullopt;
    const pg::Row row = rows.one();
    const auto text = [&](const char* column) {
        return row.get<std::optional<std::string>>(column).value_or("");
    };
    Subject out{.template_key = text("template_key"),
                .version = row.get<std::optional<int>>("template_version"),
                .vars = object_of(text("vars"), "vars"),
                .locale = locale.empty() ? text("user_locale") : locale};
    out.tz = row.get<std::optional<std::string>>("tz").value_or(out.tz);
    out.message.nid = id;
    out.message.category = text("category");
    out.message.image = row.get<std::optional<std::string>>("image");
    for (const auto& item : object_of(text("data"), "data").value_or(json::object())) {
        out.message.data.emplace_back(item.key(), item.value().as_string());
    }
    out.message.options = object_of(text("options"), "options").value_or(json::object());
    const auto texts = object_of(text("texts"), "texts");
    if (locale.empty() && !text("title").empty()) {
        out.message.locale = text("locale");
        out.message.title = text("title");
        out.message.body = text("body");
        out.has_text = true;
    } else if (texts) {
        choose_plain(*texts, out, fallback);
    }
    co_return out;
}

/// Fills in the text; false after a complaint.
bool render(Subject& subject, const notify::TemplateVersion& version,
            const TemplatePreviewArguments& a, const notify::RenderOptions& options,
            const std::string& fallback) {
    const notify::TemplateText* text =
        notify::choose_text(version, a.channel, notify::locale_chain(subject.locale, fallback));
    if (text == nullptr) {
        fmt::print(stderr, "barid: template {} has no text for {}\n", version.key, a.channel);
        return false;
    }
    const json::object vars = subject.vars.value_or(notify::sample_vars(version.variables));
    std::vector<Violation> problems = notify::check_vars(version.variables, vars);
    notify::TemplateRenderer renderer;
    notify::RenderResult result = renderer.render(*text, vars, version.variables, options);
    if (problems.empty()) problems = result.problems;
    for (const Violation& problem : problems) {
        fmt::print(stderr, "barid: {} {}\n", printable(problem.at), printable(problem.problem));
    }
    subject.message.locale = text->locale;
    subject.message.title = std::move(result.title);
    subject.message.body = std::move(result.body);
    subject.message.html = std::move(result.html);
    return problems.empty();
}

/// For a table's cell: what steers the direction has no room there.
std::string cell(const std::string& text) {
    std::string out = text;
    for (const char* control : {"\u2066", "\u2067", "\u2068", "\u2069"}) {
        for (auto at = out.find(control); at != std::string::npos; at = out.find(control)) {
            out.erase(at, 3);
        }
    }
    return printable(out);
}

const char* direction(const PushMessage& message) {
    return notify::is_rtl(message.locale) ? "rtl" : "ltr";
}

void print_email(const PushMessage& message, bool json) {
    if (json) {
        fmt::print("{}\n", json::serialize(json::object{{"channel", "email"},
                                                        {"locale", message.locale},
                                                        {"direction", direction(message)},
                                                        {"subject", message.title},
                                                        {"text", message.body},
                                                        {"html", message.html}}));
        return;
    }
    fmt::print("{} ({})\nSubject: {}\n\n{}\n", message.locale, direction(message),
               cell(message.title), scrub_utf8(message.body));
    if (!message.html.empty()) fmt::print("\nand {} bytes of HTML\n", message.html.size());
}

void print_push(const PushMessage& message, bool json) {
    std::vector<std::vector<std::string>> rows;
    for (const std::string_view platform : notify::kPlatforms) {
        const notify::Preview p = notify::preview(platform, message);
        if (json) {
            fmt::print("{}\n",
                       json::serialize(json::object{{"channel", "push"},
                                                    {"platform", p.platform},
                                                    {"locale", message.locale},
                                                    {"direction", direction(message)},
                                                    {"title", p.title},
                                                    {"title_cut", p.title_cut},
                                                    {"body", p.body},
                                                    {"body_cut", p.body_cut},
                                                    {"bytes", p.bytes},
                                                    {"max_bytes", notify::kMaxPayloadBytes}}));
            continue;
        }
        rows.push_back({p.platform, cell(p.title), cell(p.body),
                        fmt::format("{} of {}", p.bytes, notify::kMaxPayloadBytes)});
    }
    if (json) return;
    fmt::print("{} ({}); where a text is cut is an approximation, devices differ\n\n{}",
               message.locale, direction(message),
               render_table({"platform", "title", "body", "bytes"}, rows));
}

int print(const PushMessage& message, const TemplatePreviewArguments& a) {
    if (a.channel == "email") {
        print_email(message, a.json);
        return static_cast<int>(Exit::ok);
    }
    print_push(message, a.json);
    const std::string problem = notify::budget_problem(message);
    if (problem.empty()) return static_cast<int>(Exit::ok);
    fmt::print(stderr, "barid: this {}\n", problem);
    return static_cast<int>(Exit::failed);
}

int unknown(const std::string& what) {
    fmt::print(stderr, "barid: there is no template or notification {}\n", printable(what));
    return static_cast<int>(Exit::failed);
}

}  // namespace

void CommandLine::State::add_template_preview(CLI::App& group) {
    const auto wish = std::make_shared<TemplatePreviewArguments>();
    CLI::App* sub = add_json(add(group, "preview", "what Android, iOS and the web would show",
                                 [this, wish](const config::Settings& s) {
                                     wish->json = json;
                                     return run_template_preview(s, *wish);
                                 }));
    sub->add_option("WHAT", wish->what, "a template's key, or a notification's id")->required();
    sub->add_option("--locale", wish->locale, "the reader's language, such as ar-EG");
    sub->add_option("--vars", wish->vars, "a JSON object; the variables' samples unless given");
    sub->add_option("--channel", wish->channel, "\"push\" unless given")
        ->check(CLI::IsMember({"push", "email"}));
    sub->add_option("--tz", wish->tz,
                    "such as Asia/Riyadh; UTC, or that of a notification's user, unless given");
    sub->add_option("--digits", wish->digits, "as configured unless given")
        ->check(CLI::IsMember({"latin", "native"}));
    sub->add_option("--version", wish->version, "the newest unless given");
}

int run_template_preview(const config::Settings& settings, const TemplatePreviewArguments& a) {
    const std::string& fallback = settings.notify.locale;
    const auto vars = object_of(a.vars, "--vars");
    const bool native = a.digits.empty() ? settings.notify.digits == config::NotifyDigits::native
                                         : a.digits == "native";
    CommandSession session(settings);
    Subject subject{.template_key = a.what, .version = a.version, .locale = a.locale};
    subject.message.nid = kAnyId;
    if (is_uuid(a.what)) {
        auto found = session.run(find_notification(session.pool, a.what, a.locale, fallback));
        if (!found) return unknown(a.what);
        subject = std::move(*found);
    }
    if (vars) subject.vars = vars;
    const bool renders =
        !subject.template_key.empty() && (!subject.has_text || vars || a.channel == "email");
    if (renders) {
        const pg::Result stored =
            session.run(session.pool.execute("SELECT barid.template_version($1, $2::int)",
                                             pg::Params(subject.template_key, subject.version)));
        const auto text = stored.one().get<std::optional<std::string>>(0);
        if (!text) return unknown(subject.template_key);
        const notify::RenderOptions options{
            .digits = native ? notify::Digits::native : notify::Digits::latin,
            .time_zone = a.tz.empty() ? subject.tz : a.tz};
        if (!render(subject, notify::parse_template(parse_json(*text)), a, options, fallback)) {
            return static_cast<int>(Exit::failed);
        }
    }
    return print(subject.message, a);
}

}  // namespace barid::worker
