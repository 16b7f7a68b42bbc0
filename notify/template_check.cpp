#include "notify/template_check.hpp"

#include <fmt/format.h>

#include <utility>

#include "notify/message_format.hpp"
#include "notify/template.hpp"

namespace barid::notify {
namespace {

class Check {
  public:
    explicit Check(const json::value* variables) {
        if (variables == nullptr || !variables->is_object()) return;
        schema_ = parse_schema(*variables);
        typed_ = true;
    }

    void text(const std::string& at, std::string_view locale, const json::object& content) {
        TemplateText text{.locale = std::string(locale)};
        for (const auto& [name, field] :
             {std::pair("title", &text.title), std::pair("body", &text.body),
              std::pair("html", &text.html)}) {
            const json::value* value = content.if_contains(name);
            if (value == nullptr || !value->is_string()) continue;
            *field = value->get_string();
            std::string problem = renderer_.pattern_problem(*field, locale);
            if (problem.empty()) continue;
            problems_.push_back(
                {.at = fmt::format("{}/{}", at, name), .problem = std::move(problem)});
            field->clear();
        }
        if (!typed_) return;
        for (auto& found : renderer_.render(text, sample_vars(schema_), schema_).problems) {
            problems_.push_back({.at = at + found.at, .problem = std::move(found.problem)});
        }
    }

    std::vector<Violation> take() { return std::move(problems_); }

  private:
    TemplateRenderer renderer_;
    VariableSchema schema_;
    bool typed_ = false;
    std::vector<Violation> problems_;
};

}  // namespace

std::vector<Violation> template_problems(const json::object& texts, const json::value* variables) {
    Check check(variables);
    for (const auto& item : texts) {
        const json::object* content = item.value().if_object();
        if (content == nullptr) continue;
        const std::string at = fmt::format("/texts/{}", std::string_view(item.key()));
        check.text(at, item.key(), *content);
        for (const char* channel : {"push", "email"}) {
            const json::value* own = content->if_contains(channel);
            if (own == nullptr || !own->is_object()) continue;
            check.text(fmt::format("{}/{}", at, channel), item.key(), own->get_object());
        }
    }
    return check.take();
}

}  // namespace barid::notify
