#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "jobs/notify_send.hpp"
#include "notify/fcm_message.hpp"
#include "notify/fcm_options.hpp"
#include "notify/locale.hpp"

namespace barid::jobs {
namespace {

constexpr std::size_t kMaxLocales = 8;
constexpr std::size_t kMaxVars = 32;
constexpr std::size_t kMaxTitleBytes = 1024;
constexpr std::size_t kMaxBodyBytes = 3500;
constexpr std::size_t kMaxValueBytes = 3500;
constexpr std::size_t kMaxKeyBytes = 64;

bool is_key(std::string_view text) {
    const auto inner = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= kMaxKeyBytes && std::ranges::all_of(text, inner) &&
           text.front() != '.' && text.front() != '_' && text.front() != '-';
}

/// A key as an error names it: cut, and without what a log or a database can't take.
std::string shown(std::string_view key) {
    std::string text = truncate_utf8(scrub_utf8(key), 40);
    std::ranges::replace_if(text, [](char c) { return c >= 0 && c < ' '; }, '?');
    return text;
}

bool is_variable_name(std::string_view name) {
    const auto inner = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    return !name.empty() && name.size() <= kMaxKeyBytes && std::ranges::all_of(name, inner) &&
           std::isalpha(static_cast<unsigned char>(name.front())) != 0;
}

/// Reads an object's fields with a reader of their own and hands its violations to `in`.
class Nested {
  public:
    Nested(JsonReader& in, std::string at, const json::value& value)
        : in_(in), at_(std::move(at)), reader_(value) {}
    JsonReader* operator->() { return &reader_; }

    void finish() {
        try {
            reader_.finish();
        } catch (const PayloadError& error) {
            for (const Violation& v : error.violations()) in_.violate(at_ + v.at, v.problem);
        }
    }

  private:
    JsonReader& in_;
    std::string at_;
    JsonReader reader_;
};

using LocaleTexts = std::vector<std::pair<std::string, std::string>>;

const std::string* find_text(const LocaleTexts& texts, std::string_view locale) {
    const auto found = std::ranges::find(texts, locale, &LocaleTexts::value_type::first);
    return found != texts.end() ? &found->second : nullptr;
}

/// {"en": "…", "ar": "…"}
LocaleTexts read_locale_texts(JsonReader& in, const std::string& key, std::size_t max_bytes) {
    LocaleTexts out;
    const json::value* value = in.optional_value(key);
    if (value == nullptr) return out;
    const std::string at = "/" + key;
    const json::object* object = value->if_object();
    if (object == nullptr || object->empty()) {
        in.violate(at, R"(must be an object of languages, such as {"en": "…", "ar": "…"})");
        return out;
    }
    if (object->size() > kMaxLocales) {
        in.violate(at, fmt::format("has {} languages, at most {} are allowed", object->size(),
                                   kMaxLocales));
        return out;
    }
    Nested nested(in, at, *value);
    for (const auto& item : *object) {
        const std::string locale = notify::normalize_locale(item.key());
        std::string text = nested->optional_text(item.key(), {.max_bytes = max_bytes}).value_or("");
        if (locale.empty()) {
            nested->violate("/" + shown(item.key()),
                            "is not a language tag, such as \"ar\" or \"ar-EG\"");
        } else if (find_text(out, locale) != nullptr) {
            nested->violate("/" + shown(item.key()), "names a language twice");
        } else {
            out.emplace_back(locale, std::move(text));
        }
    }
    nested.finish();
    return out;
}

void read_texts(JsonReader& in, NotifySendPayload& out) {
    const LocaleTexts titles = read_locale_texts(in, "title", kMaxTitleBytes);
    const LocaleTexts bodies = read_locale_texts(in, "body", kMaxBodyBytes);
    for (const auto& [locale, title] : titles) {
        const std::string* body = find_text(bodies, locale);
        if (body == nullptr) {
            in.violate("/body/" + locale, "is required, since the title has this language");
        } else {
            out.texts.push_back({.locale = locale, .title = title, .body = *body});
        }
    }
    for (const auto& [locale, body] : bodies) {
        if (find_text(titles, locale) == nullptr) {
            in.violate("/title/" + locale, "is required, since the body has this language");
        }
    }
}

void read_content(JsonReader& in, NotifySendPayload& out) {
    const bool has_title = in.optional_value("title") != nullptr;
    const bool has_body = in.optional_value("body") != nullptr;
    read_texts(in, out);
    out.template_key = in.optional_text("template", {.max_bytes = kMaxKeyBytes});
    if (out.template_key && !is_key(*out.template_key)) {
        in.violate("/template", "must match [a-z0-9][a-z0-9._-]{0,63}");
    }
    const bool has_template = in.optional_value("template") != nullptr;
    if (has_template && (has_title || has_body)) {
        in.violate("/template", "can't be given together with title and body");
    } else if (!has_template && !has_title && !has_body) {
        in.violate("/title", "title and body, or a template, are required");
    }
    const json::object* vars = in.optional_object("vars");
    if (vars == nullptr) return;
    if (!has_template) in.violate("/vars", "needs a template");
    if (vars->size() > kMaxVars) {
        in.violate("/vars",
                   fmt::format("has {} entries, at most {} are allowed", vars->size(), kMaxVars));
        return;
    }
    Nested nested(in, "/vars", *in.optional_value("vars"));
    for (const auto& item : *vars) {
        const std::string name(item.key());
        if (!is_variable_name(name)) {
            (void)nested->optional_value(name);
            nested->violate("/" + shown(name),
                            "is not a variable's name: a letter, then letters, "
                            "digits and underscores");
        } else if (item.value().is_string()) {
            const TextRule rule{.min_bytes = 0, .max_bytes = kMaxValueBytes};
            out.vars[name] = nested->text(name, rule);
        } else {
            // Numbers, truth values, and sums of money: the template's schema judges them.
            (void)nested->optional_value(name);
            out.vars[name] = item.value();
            if (json::serialize(item.value()).size() > kMaxValueBytes) {
                nested->violate("/" + shown(name), "is too large");
            }
        }
    }
    nested.finish();
}

void read_data(JsonReader& in, NotifySendPayload& out) {
    const json::object* data = in.optional_object("data");
    if (data == nullptr) return;
    if (data->size() > notify::kMaxDataKeys) {
        in.violate("/data", fmt::format("has {} entries, at most {} are allowed", data->size(),
                                        notify::kMaxDataKeys));
        return;
    }
    Nested nested(in, "/data", *in.optional_value("data"));
    for (const auto& item : *data) {
        const std::string key(item.key());
        if (auto problem = notify::data_key_problem(key)) {
            (void)nested->optional_value(key);
            nested->violate("/" + shown(key), std::move(*problem));
        } else if (key.find('\0') != std::string::npos) {
            (void)nested->optional_value(key);
            nested->violate("/" + shown(key.substr(0, key.find('\0'))),
                            "must not contain a NUL character");
        } else {
            const TextRule rule{.min_bytes = 0, .max_bytes = kMaxValueBytes};
            out.data.emplace_back(key, nested->text(key, rule));
        }
    }
    nested.finish();
}

}  // namespace

NotifySendPayload parse_notify_send(JsonReader& in) {
    NotifySendPayload out;
    out.user = in.text("user", {.max_bytes = 256});
    out.category = in.optional_text("category", {.max_bytes = kMaxKeyBytes}).value_or("general");
    if (!is_key(out.category)) in.violate("/category", "must match [a-z0-9][a-z0-9._-]{0,63}");
    read_content(in, out);
    read_data(in, out);
    out.image = in.optional_text("image", {.max_bytes = 2048});
    if (out.image) {
        if (auto problem = notify::image_problem(*out.image)) {
            in.violate("/image", std::move(*problem));
        }
    }
    if (const json::object* options = in.optional_object("options")) {
        out.options = *options;
        for (auto& [at, problem] : notify::options_problems(*options)) {
            in.violate("/options" + at, std::move(problem));
        }
    }
    out.dedupe_key = in.optional_text("dedupe_key", {.max_bytes = 256});
    out.channels =
        in.optional_texts("channels", 4, {.one_of = {"push", "inbox", "email", "webhook"}});
    return out;
}

}  // namespace barid::jobs
