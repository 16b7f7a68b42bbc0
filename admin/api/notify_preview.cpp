#include "admin/api/notify_preview.hpp"

#include <fmt/format.h>

#include "admin/api/problem.hpp"
#include "notify/fcm_message.hpp"
#include "notify/locale.hpp"
#include "notify/message_format.hpp"
#include "notify/preview.hpp"
#include "notify/template_check.hpp"

namespace barid::api {
namespace {

constexpr const char* kAnyId = "00000000-0000-7000-8000-000000000000";

[[noreturn]] void refuse(std::vector<Violation> problems, const char* what) {
    throw Problem(422, "invalid", what, std::move(problems));
}

json::array platforms_of(const notify::PushMessage& message, const std::string& wanted) {
    json::array platforms;
    for (const std::string_view platform : notify::kPlatforms) {
        if (!wanted.empty() && wanted != platform) continue;
        auto shown = notify::preview(platform, message);
        platforms.push_back({{"platform", shown.platform},
                             {"title", std::move(shown.title)},
                             {"title_cut", shown.title_cut},
                             {"body", std::move(shown.body)},
                             {"body_cut", shown.body_cut},
                             {"bytes", shown.bytes},
                             {"max_bytes", notify::kMaxPayloadBytes}});
    }
    return platforms;
}

void add_text(notify::TemplateVersion& version, std::string channel, std::string_view locale,
              const json::object& content, const std::string& at,
              std::vector<Violation>& problems) {
    notify::TemplateText text{.channel = std::move(channel), .locale = std::string(locale)};
    for (const auto& [name, field, needed] :
         {std::tuple("title", &text.title, true), std::tuple("body", &text.body, true),
          std::tuple("html", &text.html, false)}) {
        const json::value* value = content.if_contains(name);
        if (value != nullptr && value->is_string()) {
            *field = std::string_view(value->get_string());
        } else if (needed || (value != nullptr && !value->is_null())) {
            problems.push_back({.at = fmt::format("{}/{}", at, name), .problem = "must be a text"});
        }
    }
    version.texts.push_back(std::move(text));
}

}  // namespace

json::object preview_of(notify::PushMessage message, const PreviewWish& wish) {
    message.nid = kAnyId;
    message.image = wish.image;
    json::object out = {
        {"locale", message.locale}, {"dir", notify::is_rtl(message.locale) ? "rtl" : "ltr"},
        {"channel", wish.channel},  {"title", message.title},
        {"body", message.body},     {"html", nullptr},
        {"image", nullptr},         {"platforms", json::array()},
        {"problems", json::array()}};
    if (!message.html.empty()) out["html"] = message.html;
    if (message.image) out["image"] = *message.image;
    if (wish.channel == "email") return out;
    out["platforms"] = platforms_of(message, wish.platform);
    const auto problem = notify::budget_problem(message);
    if (!problem.empty()) {
        out["problems"] = json::array{{{"at", "/texts"}, {"problem", "it " + problem}}};
    }
    return out;
}

json::object preview_of(const notify::TemplateVersion& version, const PreviewWish& wish) {
    const auto chain = notify::locale_chain(wish.locale.empty() ? wish.default_locale : wish.locale,
                                            wish.default_locale);
    const auto* text = notify::choose_text(version, wish.channel, chain);
    if (text == nullptr) refuse({{"/texts", "has no text"}}, "there is nothing to show");
    auto vars = notify::sample_vars(version.variables);
    if (wish.vars) {
        if (!wish.fill) vars.clear();
        for (const auto& item : *wish.vars) vars[item.key()] = item.value();
    }
    auto problems = notify::check_vars(version.variables, vars);
    if (!problems.empty()) refuse(std::move(problems), "the variables don't fit the template");
    notify::TemplateRenderer renderer;
    auto result = renderer.render(*text, vars, version.variables, {.time_zone = wish.time_zone});
    if (!result.problems.empty()) refuse(std::move(result.problems), "it can't be rendered");
    notify::PushMessage message;
    message.locale = text->locale;
    message.title = std::move(result.title);
    message.body = std::move(result.body);
    if (wish.channel == "email") message.html = std::move(result.html);
    return preview_of(std::move(message), wish);
}

notify::TemplateVersion draft_of(std::string key, const json::object& texts,
                                 const json::value* variables) {
    const json::value none = json::object();
    if (variables == nullptr) variables = &none;
    auto problems = notify::template_problems(texts, variables);
    notify::TemplateVersion version{.key = std::move(key),
                                    .variables = notify::parse_schema(*variables)};
    for (const auto& item : texts) {
        const std::string locale = notify::normalize_locale(item.key());
        const std::string at = fmt::format("/texts/{}", std::string_view(item.key()));
        const json::object* content = item.value().if_object();
        if (locale.empty() || content == nullptr) {
            problems.push_back({at, content == nullptr ? "must be an object of title and body"
                                                       : "is no language tag, like \"ar\""});
            continue;
        }
        bool own_only = false;
        for (const char* channel : {"push", "email"}) {
            const json::value* own = content->if_contains(channel);
            if (own == nullptr || !own->is_object()) continue;
            own_only = true;
            add_text(version, channel, locale, own->get_object(), fmt::format("{}/{}", at, channel),
                     problems);
        }
        if (own_only && !content->contains("title") && !content->contains("body")) continue;
        add_text(version, "*", locale, *content, at, problems);
    }
    if (texts.empty()) problems.push_back({"/texts", "needs a language"});
    if (!problems.empty()) refuse(std::move(problems), "the template is wrong");
    return version;
}

}  // namespace barid::api
