#include "notify/message_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "notify/locale.hpp"
#include "notify/locale_formats.hpp"
#include "notify/message_pattern.hpp"
#include "notify/template_value.hpp"

namespace barid::notify {
namespace {

using Kind = PatternNode::Kind;

constexpr std::size_t kLocales = 64;
constexpr std::size_t kMaxOutputBytes = 262'144;

void append_escaped(std::string_view text, std::string& out) {
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
}

/// The rendering of one field of one text.
class Rendering {
  public:
    struct Input {
        LocaleFormats& formats;
        const json::object& vars;
        const VariableSchema& schema;
        const RenderOptions& options;
        bool html = false;
    };

    Rendering(const Input& input, std::string field, std::vector<Violation>& problems)
        : in_(input), field_(std::move(field)), problems_(problems) {}

    std::string run(const std::vector<PatternNode>& nodes) {
        std::string out;
        write(nodes, nullptr, out);
        return out;
    }

  private:
    /// The number of a plural, for the "#" inside it.
    struct Counted {
        const Decimal& value;
        double offset;
    };

    void write(const std::vector<PatternNode>& nodes, const Counted* counted, std::string& out) {
        for (const PatternNode& node : nodes) {
            if (out.size() > kMaxOutputBytes) {
                return note("/" + field_, fmt::format("makes more than {} bytes", kMaxOutputBytes));
            }
            switch (node.kind) {
                case Kind::literal:
                    out += node.text;
                    break;
                case Kind::hash:
                    if (counted != nullptr) write_hash(*counted, out);
                    break;
                case Kind::plural:
                case Kind::ordinal:
                    write_plural(node, out);
                    break;
                case Kind::selected:
                    write_selected(node, out);
                    break;
                default:
                    write_value(node, out);
            }
        }
    }

    /// nullptr when there is nothing to show; what is wrong has been noted.
    const json::value* find(const PatternNode& node, const Variable*& variable) {
        const auto declared = in_.schema.find(node.name);
        if (declared == in_.schema.end()) {
            note("/" + field_, fmt::format("uses {{{}}}, which is not one of the template's "
                                           "variables",
                                           node.name));
            return nullptr;
        }
        variable = &declared->second;
        const json::value* value = in_.vars.if_contains(node.name);
        if (value != nullptr && !value->is_null()) return value;
        if (variable->required) {
            note("/vars/" + node.name, fmt::format("is missing ({}); the {} text uses it",
                                                   to_string(variable->type), in_.formats.tag()));
        }
        return nullptr;
    }

    void note(std::string at, std::string problem) {
        const auto same = [&](const Violation& v) { return v.at == at && v.problem == problem; };
        if (std::ranges::none_of(problems_, same)) {
            problems_.push_back({.at = std::move(at), .problem = std::move(problem)});
        }
    }

    void wrong_type(const PatternNode& node, std::string_view wanted) {
        note("/vars/" + node.name, fmt::format("must be {}", wanted));
    }

    void emit(std::string_view text, std::string& out) const {
        if (in_.html)
            append_escaped(text, out);
        else
            out += text;
    }

    /// What ICU made: its digits and separators are in order, letters of the other direction
    /// ("US$" in Arabic) must not mix with what stands beside them.
    void emit_formatted(std::string_view text, std::string& out) const {
        emit(has_foreign_letters(text, in_.formats.tag()) ? isolate(text, in_.formats.tag())
                                                          : std::string(text),
             out);
    }

    void write_value(const PatternNode& node, std::string& out) {
        const Variable* variable = nullptr;
        const json::value* value = find(node, variable);
        if (value == nullptr) return;
        const bool dated = node.kind == Kind::date || node.kind == Kind::time;
        const bool numeric = node.kind == Kind::number;
        switch (variable->type) {
            case VariableType::date:
                return numeric ? misfit(node, *variable) : write_instant(node, *value, out);
            case VariableType::number:
            case VariableType::integer:
                return dated ? misfit(node, *variable) : write_number(node, *value, out);
            case VariableType::money:
                return dated ? misfit(node, *variable) : write_money(node, *value, out);
            case VariableType::boolean:
                return misfit(node, *variable);
            case VariableType::string:
                break;
        }
        if (dated || numeric) return misfit(node, *variable);
        const auto text = read_text(*value);
        if (!text) return wrong_type(node, "a text");
        emit(isolate(scrub_utf8(*text), in_.formats.tag()), out);
    }

    void misfit(const PatternNode& node, const Variable& variable) {
        note("/" + field_, fmt::format("formats {{{}}} in a way that a {} doesn't have", node.name,
                                       to_string(variable.type)));
    }

    void write_instant(const PatternNode& node, const json::value& value, std::string& out) {
        const auto when = value.is_string() ? read_instant(value.get_string()) : std::nullopt;
        if (!when) {
            return wrong_type(node,
                              "a time with an offset, like 2026-11-22T07:30:00+03:00, or a "
                              "day");
        }
        std::string text;
        if (!in_.formats.instant(*when, node.kind, node.text, in_.options.time_zone, text)) {
            return bad_style(node);
        }
        emit_formatted(text, out);
    }

    void write_number(const PatternNode& node, const json::value& value, std::string& out) {
        const auto number = read_decimal(value);
        if (!number) return wrong_type(node, "a number of at most 15 digits and 9 decimals");
        std::string text;
        if (!in_.formats.number(*number, node.text, text)) return bad_style(node);
        emit_formatted(text, out);
    }

    void write_money(const PatternNode& node, const json::value& value, std::string& out) {
        const auto money = read_money(value);
        if (!money) return wrong_type(node, R"(like {"amount": "149.50", "currency": "SAR"})");
        std::string text;
        if (!in_.formats.money(*money, node.text, text)) return bad_style(node);
        emit_formatted(text, out);
    }

    void bad_style(const PatternNode& node) {
        note("/" + field_, fmt::format("uses the style \"{}\" for {{{}}}, which ICU doesn't know",
                                       node.text, node.name));
    }

    void write_hash(const Counted& counted, std::string& out) {
        std::string text;
        if (counted.value.integral) {
            in_.formats.whole(std::llround(counted.value.value - counted.offset), text);
        } else {
            const Decimal less{.text = fmt::format("{:.9f}", counted.value.value - counted.offset)};
            in_.formats.number(counted.offset == 0 ? counted.value : less, "", text);
        }
        emit(text, out);
    }

    void write_plural(const PatternNode& node, std::string& out) {
        const Variable* variable = nullptr;
        const json::value* value = find(node, variable);
        if (value == nullptr) return;
        if (variable->type != VariableType::number && variable->type != VariableType::integer) {
            return misfit(node, *variable);
        }
        const auto number = read_decimal(*value);
        if (!number) return wrong_type(node, "a number of at most 15 digits and 9 decimals");
        const PatternNode* chosen = nullptr;
        for (const PatternNode& branch : node.children) {
            if (branch.text.starts_with('=') && branch.number == number->value) chosen = &branch;
        }
        if (chosen == nullptr) {
            const auto word =
                in_.formats.plural(number->value - node.number, node.kind == Kind::ordinal);
            chosen = branch_of(node, word);
        }
        const Counted counted{.value = *number, .offset = node.number};
        if (chosen != nullptr) write(chosen->children, &counted, out);
    }

    void write_selected(const PatternNode& node, std::string& out) {
        const Variable* variable = nullptr;
        const json::value* value = find(node, variable);
        std::string word = "other";
        if (variable == nullptr || (value == nullptr && variable->required)) return;
        if (value != nullptr && variable->type == VariableType::boolean) {
            if (!value->is_bool()) return wrong_type(node, "true or false");
            word = value->get_bool() ? "true" : "false";
        } else if (value != nullptr) {
            if (variable->type != VariableType::string) return misfit(node, *variable);
            auto text = read_text(*value);
            if (!text) return wrong_type(node, "a text");
            word = std::move(*text);
        }
        if (const PatternNode* chosen = branch_of(node, word)) {
            write(chosen->children, nullptr, out);
        }
    }

    /// The branch of `word`, or the one called "other".
    static const PatternNode* branch_of(const PatternNode& node, std::string_view word) {
        const PatternNode* other = nullptr;
        for (const PatternNode& branch : node.children) {
            if (branch.text == word) return &branch;
            if (branch.text == "other" && other == nullptr) other = &branch;
        }
        return other;
    }

    Input in_;
    std::string field_;
    std::vector<Violation>& problems_;
};

}  // namespace

struct TemplateRenderer::Caches {
    Lru<std::unique_ptr<LocaleFormats>> locales{kLocales};

    LocaleFormats& formats(std::string_view locale, Digits digits) {
        std::string key(locale);
        key += digits == Digits::latin ? '0' : '1';
        return *locales.get(
            key, [&](std::string_view) { return std::make_unique<LocaleFormats>(locale, digits); });
    }
    static const Pattern& pattern(LocaleFormats& formats, std::string_view text) {
        return formats.patterns().get(text, [](std::string_view t) { return parse_pattern(t); });
    }
};

TemplateRenderer::TemplateRenderer() : caches_(std::make_unique<Caches>()) {}
TemplateRenderer::~TemplateRenderer() = default;

RenderResult TemplateRenderer::render(const TemplateText& text, const json::object& vars,
                                      const VariableSchema& schema, const RenderOptions& options) {
    RenderResult out;
    LocaleFormats& formats = caches_->formats(text.locale, options.digits);
    const auto field = [&](const char* name, const std::string& content, bool html) {
        const Pattern& pattern = Caches::pattern(formats, content);
        if (!pattern.problem.empty()) {
            out.problems.push_back({.at = fmt::format("/{}", name), .problem = pattern.problem});
            return std::string();
        }
        return Rendering({formats, vars, schema, options, html}, name, out.problems)
            .run(pattern.nodes);
    };
    out.title = field("title", text.title, false);
    out.body = field("body", text.body, false);
    if (!text.html.empty()) out.html = field("html", text.html, true);
    return out;
}

namespace {

/// The first style that ICU doesn't know, in words.
std::string style_problem(const std::vector<PatternNode>& nodes, LocaleFormats& formats) {
    for (const PatternNode& node : nodes) {
        const bool styled =
            node.kind == Kind::number || node.kind == Kind::date || node.kind == Kind::time;
        if (styled && !formats.knows(node.kind, node.text)) {
            return fmt::format("the style \"{}\" of {{{}}} is not known to ICU", node.text,
                               node.name);
        }
        for (const PatternNode& branch : node.children) {
            if (auto problem = style_problem(branch.children, formats); !problem.empty()) {
                return problem;
            }
        }
    }
    return {};
}

}  // namespace

std::string TemplateRenderer::pattern_problem(std::string_view pattern, std::string_view locale) {
    if (normalize_locale(locale).empty()) return "the locale is not a language tag";
    LocaleFormats& formats = caches_->formats(locale, Digits::latin);
    const Pattern parsed = parse_pattern(pattern);
    return parsed.problem.empty() ? style_problem(parsed.nodes, formats) : parsed.problem;
}

}  // namespace barid::notify
