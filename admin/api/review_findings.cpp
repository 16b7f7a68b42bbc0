#include "admin/api/review_findings.hpp"

#include "base/json.hpp"
#include "translate/findings.hpp"

namespace barid::api {
namespace {

translate::Language language_of(std::string_view name) {
    return name == "ar" ? translate::Language::ar : translate::Language::en;
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

const std::string_view kFindingSchema = R"({
    "type": "object", "properties": {
        "reason": {"type": "string", "description": "the gate: placeholders, numbers, length, …"},
        "detail": {"type": "string"},
        "side": {"enum": ["source", "text"], "description": "in which of the two the place is"},
        "at": {"type": "integer", "minimum": 0, "description": "in code points"},
        "length": {"type": "integer", "minimum": 0,
                   "description": "in code points; 0 when no place can be named"},
        "excerpt": {"type": "string", "description": "what stands there, cut at 200 bytes"}
    }})";

awaitable<json::array> ReviewFindings::of(Call& call, std::string source_lang, std::string lang,
                                          std::string format, std::string source,
                                          std::string text) {
    translate::TermBook::Query query = [&call](std::string_view sql, pg::Params params) {
        return call.sql(sql, std::move(params));
    };
    const auto glossary =
        co_await terms_.get(std::move(query), language_of(source_lang), language_of(lang));
    json::array out;
    for (const translate::Finding& finding : translate::find_problems(
             format == "html" ? translate::Format::html : translate::Format::text, source, text,
             language_of(lang), glossary.get())) {
        out.push_back(json::object{
            {"reason", finding.reason},
            {"detail", finding.detail},
            {"side", finding.side == translate::Finding::Side::source ? "source" : "text"},
            {"at", finding.begin},
            {"length", finding.length},
            {"excerpt", finding.excerpt}});
    }
    co_return out;
}

awaitable<std::string> ReviewFindings::added_to(Call& call, std::string document,
                                                std::optional<std::string> text) {
    json::value review = parse_json(document);
    json::object& object = review.as_object();
    const std::string shown = text ? *text : text_of(object, "suggestion");
    json::array findings;
    if (!shown.empty()) {
        findings = co_await of(call, text_of(object, "source_lang"), text_of(object, "lang"),
                               text_of(object, "format"), text_of(object, "source_text"), shown);
    }
    object["findings"] = std::move(findings);
    co_return json::serialize(review);
}

}  // namespace barid::api
