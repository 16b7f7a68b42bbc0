#include "notify/composer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <algorithm>

#include "notify/locale.hpp"
#include "notify/preview.hpp"

namespace barid::notify {
namespace {

using Problem = std::unexpected<std::string>;

PushMessage message_of(const Outgoing& item, LocalText text) {
    return {.nid = item.id,
            .category = item.category,
            .locale = std::move(text.locale),
            .title = std::move(text.title),
            .body = std::move(text.body),
            .image = item.image,
            .data = item.data,
            .options = item.options,
            .lane = item.broadcast ? Lane::broadcast : Lane::transactional,
            .ttl = item.ttl,
            .urgent = item.urgent,
            .collapse = item.collapse,
            .critical = item.critical};
}

std::string told(const std::vector<Violation>& problems, std::string_view locale) {
    std::string out = fmt::format("the text in \"{}\" can't be made:", locale);
    for (const Violation& problem : problems) {
        out += fmt::format(" {} {};", problem.at, problem.problem);
    }
    out.pop_back();
    return out;
}

}  // namespace

awaitable<Composer::Template> Composer::find(std::string key, int version) {
    const std::pair<std::string, int> id(std::move(key), version);
    if (const auto it = templates_.find(id); it != templates_.end()) co_return it->second;
    const pg::Result rows = co_await pool_.execute("SELECT barid.template_version($1, $2)",
                                                   pg::Params(id.first, id.second));
    const auto stored = rows.one().get<std::optional<std::string_view>>(0);
    if (!stored) co_return nullptr;
    auto found = std::make_shared<const TemplateVersion>(parse_template(parse_json(*stored)));
    if (templates_.size() >= kMaxTemplates) templates_.clear();
    templates_[id] = found;
    co_return found;
}

std::vector<std::string> Composer::chain_of(const Outgoing& item) const {
    return locale_chain(item.user_locale.empty() ? options_.default_locale : item.user_locale,
                        options_.default_locale);
}

std::expected<PushMessage, std::string> Composer::render(const Outgoing& item,
                                                         const TemplateVersion& version,
                                                         std::string_view channel) {
    const TemplateText* text = choose_text(version, channel, chain_of(item));
    if (text == nullptr) {
        return Problem(fmt::format("template \"{}\" has no text for {}", version.key, channel));
    }
    RenderResult result = renderer_.render(*text, item.vars, version.variables,
                                           {.digits = options_.digits, .time_zone = item.user_tz});
    if (!result.problems.empty()) return Problem(told(result.problems, text->locale));
    PushMessage message = message_of(
        item,
        {.locale = text->locale, .title = std::move(result.title), .body = std::move(result.body)});
    message.html = std::move(result.html);
    return message;
}

awaitable<std::expected<Composed, std::string>> Composer::compose(const Outgoing& item) {
    Composed out;
    Template known;
    if (item.template_key && (!item.text || item.email)) {
        known = co_await find(*item.template_key, item.template_version);
        if (!known) {
            co_return Problem(fmt::format("template \"{}\" has no version {}", *item.template_key,
                                          item.template_version));
        }
    }
    if (item.text) {
        out.push = message_of(item, *item.text);
    } else {
        out.fresh = true;
        if (known) {
            auto message = render(item, *known, "push");
            if (!message) co_return Problem(std::move(message.error()));
            out.push = std::move(*message);
        } else if (!item.texts.empty()) {
            std::vector<std::string> available;
            for (const LocalText& text : item.texts) available.push_back(text.locale);
            out.push = message_of(item, item.texts[choose_locale(chain_of(item), available)]);
        } else {
            co_return Problem("the notification has no text");
        }
        out.push.html.clear();
        // An e-mail's text may be as long as it likes when nothing else is due.
        const bool pushed =
            std::ranges::any_of(item.lanes, [](const auto& lane) { return lane != "email"; });
        std::string problem = pushed ? budget_problem(out.push) : std::string();
        if (!problem.empty()) {
            co_return Problem(std::move(problem));
        }
    }
    if (item.email && known) {
        auto message = render(item, *known, "email");
        if (!message) co_return Problem(std::move(message.error()));
        out.email = std::move(*message);
    }
    co_return out;
}

awaitable<std::expected<std::vector<LocalText>, std::string>> Composer::common_texts(
    const std::string& template_key, int version, const json::object& vars) {
    const Template known = co_await find(template_key, version);
    if (!known) {
        co_return Problem(fmt::format("template \"{}\" has no version {}", template_key, version));
    }
    std::vector<LocalText> out;
    for (const auto& [name, variable] : known->variables) {
        if (variable.type == VariableType::date) co_return out;
    }
    for (const TemplateText& text : known->texts) {
        if (text.channel == "email") continue;
        const auto same = [&](const LocalText& other) { return other.locale == text.locale; };
        const auto earlier = std::ranges::find_if(out, same);
        // A push's own words go before those for every channel.
        if (earlier != out.end() && text.channel == "*") continue;
        RenderResult result =
            renderer_.render(text, vars, known->variables, {.digits = options_.digits});
        if (!result.problems.empty()) co_return Problem(told(result.problems, text.locale));
        LocalText made{.locale = text.locale,
                       .title = std::move(result.title),
                       .body = std::move(result.body)};
        if (earlier != out.end())
            *earlier = std::move(made);
        else
            out.push_back(std::move(made));
    }
    if (out.empty()) {
        co_return Problem(fmt::format("template \"{}\" has no text for a push", template_key));
    }
    co_return out;
}

}  // namespace barid::notify
