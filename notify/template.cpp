#include "notify/template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "notify/locale.hpp"
#include "notify/template_value.hpp"

namespace barid::notify {
namespace {

constexpr std::array<std::pair<std::string_view, VariableType>, 6> kTypes{{
    {"string", VariableType::string},
    {"number", VariableType::number},
    {"integer", VariableType::integer},
    {"money", VariableType::money},
    {"date", VariableType::date},
    {"boolean", VariableType::boolean},
}};

constexpr std::int64_t kLongestValue = 10'000;

Variable parse_variable(const json::value& value) {
    Variable out;
    JsonReader in(value);
    const std::string type =
        in.text("type", {.one_of = {"string", "number", "integer", "money", "date", "boolean"}});
    for (const auto& [name, kind] : kTypes) {
        if (name == type) out.type = kind;
    }
    out.required = in.optional_boolean("required").value_or(true);
    if (const auto length = in.optional_integer("max_length", {.min = 1, .max = kLongestValue})) {
        out.max_length = static_cast<std::size_t>(*length);
    }
    if (const json::value* sample = in.optional_value("sample")) out.sample = *sample;
    in.finish();
    return out;
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

json::value usual_sample(VariableType type, std::string_view name) {
    switch (type) {
        case VariableType::string:
            return json::value(std::string(name));
        case VariableType::number:
            return json::value("12.5");
        case VariableType::integer:
            return json::value(3);
        case VariableType::money:
            return json::object{{"amount", "149.50"}, {"currency", "SAR"}};
        case VariableType::date:
            return json::value("2026-11-22T07:30:00Z");
        case VariableType::boolean:
            return json::value(true);
    }
    return nullptr;
}

/// Empty when `value` can be a `variable`.
std::string value_problem(const Variable& variable, const json::value& value) {
    switch (variable.type) {
        case VariableType::string:
            if (!read_text(value)) return "must be a text";
            if (!value.is_string()) return {};
            if (const std::size_t n = characters(value.get_string()); n > variable.max_length) {
                return fmt::format("has {} characters, at most {} are allowed", n,
                                   variable.max_length);
            }
            return {};
        case VariableType::number:
            return read_decimal(value)
                       ? ""
                       : "must be a number of at most 15 digits and 9 decimals, or a text of one";
        case VariableType::integer: {
            const auto number = read_decimal(value);
            return number && number->integral ? "" : "must be a whole number of at most 15 digits";
        }
        case VariableType::money:
            return read_money(value) ? ""
                                     : R"(must be like {"amount": "149.50", "currency": "SAR"})";
        case VariableType::date:
            return value.is_string() && read_instant(value.get_string())
                       ? ""
                       : "must be a time with an offset, like 2026-11-22T07:30:00+03:00, or a day";
        case VariableType::boolean:
            return value.is_bool() ? "" : "must be true or false";
    }
    return {};
}

}  // namespace

std::string_view to_string(VariableType type) {
    for (const auto& [name, kind] : kTypes) {
        if (kind == type) return name;
    }
    return "string";
}

VariableSchema parse_schema(const json::value& variables) {
    const json::object* object = variables.if_object();
    if (object == nullptr) {
        throw PayloadError({{.at = "/variables", .problem = "must be an object"}});
    }
    VariableSchema out;
    std::vector<Violation> problems;
    for (const auto& item : *object) {
        try {
            out.emplace(std::string(item.key()), parse_variable(item.value()));
        } catch (const PayloadError& e) {
            for (const Violation& v : e.violations()) {
                problems.push_back(
                    {.at = fmt::format("/variables/{}{}", std::string_view(item.key()), v.at),
                     .problem = v.problem});
            }
        }
    }
    if (!problems.empty()) throw PayloadError(std::move(problems));
    return out;
}

TemplateVersion parse_template(const json::value& stored) {
    const json::object& object = stored.as_object();
    TemplateVersion out{.key = text_of(object, "key"),
                        .version = object.at("version").to_number<int>(),
                        .variables = parse_schema(object.at("variables"))};
    for (const json::value& item : object.at("texts").as_array()) {
        const json::object& text = item.as_object();
        out.texts.push_back({.channel = text_of(text, "channel"),
                             .locale = text_of(text, "locale"),
                             .title = text_of(text, "title"),
                             .body = text_of(text, "body"),
                             .html = text_of(text, "html")});
    }
    return out;
}

const TemplateText* choose_text(const TemplateVersion& version, std::string_view channel,
                                std::span<const std::string> chain) {
    std::vector<const TemplateText*> texts;
    std::vector<std::string> available;
    // The inbox shows what a push says when a template has no general text.
    const std::string_view last = channel == "inbox" ? "push" : "*";
    for (const std::string_view wanted : {channel, std::string_view("*"), last}) {
        for (const TemplateText& text : version.texts) {
            if (text.channel != wanted) continue;
            if (std::ranges::find(texts, &text) != texts.end()) continue;
            texts.push_back(&text);
            available.push_back(text.locale);
        }
    }
    if (texts.empty()) {
        for (const TemplateText& text : version.texts) {
            texts.push_back(&text);
            available.push_back(text.locale);
        }
    }
    return texts.empty() ? nullptr : texts[choose_locale(chain, available)];
}

json::object sample_vars(const VariableSchema& schema) {
    json::object out;
    for (const auto& [name, variable] : schema) {
        out[name] = variable.sample.is_null() ? usual_sample(variable.type, name) : variable.sample;
    }
    return out;
}

std::vector<Violation> check_vars(const VariableSchema& schema, const json::object& vars) {
    std::vector<Violation> out;
    for (const auto& [name, variable] : schema) {
        const json::value* value = vars.if_contains(name);
        if (value == nullptr || value->is_null()) {
            if (variable.required) {
                out.push_back(
                    {.at = "/vars/" + name,
                     .problem = fmt::format("is missing ({})", to_string(variable.type))});
            }
            continue;
        }
        if (std::string problem = value_problem(variable, *value); !problem.empty()) {
            out.push_back({.at = "/vars/" + name, .problem = std::move(problem)});
        }
    }
    for (const auto& item : vars) {
        if (schema.contains(std::string_view(item.key()))) continue;
        out.push_back({.at = "/vars/" + std::string(item.key()).substr(0, 64),
                       .problem = "isn't one of the template's variables"});
    }
    return out;
}

}  // namespace barid::notify
