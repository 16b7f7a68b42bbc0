#include "jobs/translate_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace barid::jobs {
namespace {

using translate::Format;
using translate::Language;

Language language(std::string_view text) {
    return text == "ar" ? Language::ar : Language::en;
}

std::string pointer_token(std::string_view key) {
    std::string out;
    for (const char c : truncate_utf8(key, 100)) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

/// A field's text from `"…"`, `{"text": "…"}` or `{"html": "…"}`; notes what is wrong.
void read_field(JsonReader& in, std::string_view name, const json::value& value,
                translate::TranslationRequest& request) {
    const std::string at = "/fields/" + pointer_token(name);
    translate::SourceField field;
    field.name = name;
    const json::string* text = value.if_string();
    if (const json::object* object = value.if_object()) {
        const json::value* plain = object->if_contains("text");
        const json::value* html = object->if_contains("html");
        if (object->size() != 1 || (plain == nullptr && html == nullptr)) {
            in.violate(at, "must have exactly one key, \"text\" or \"html\"");
            return;
        }
        field.format = html != nullptr ? Format::html : Format::text;
        text = html != nullptr ? html->if_string() : plain->if_string();
    }
    if (text == nullptr) {
        in.violate(at, "must be a string, {\"text\": string} or {\"html\": string}");
        return;
    }
    field.text = std::string_view(*text);
    if (field.text.find_first_not_of(" \t\r\n\f\v") == std::string::npos) {
        in.violate(at, "must not be empty");
    } else if (field.text.size() > kMaxTranslateFieldBytes) {
        in.violate(at, fmt::format("has {} bytes, at most {} are allowed", field.text.size(),
                                   kMaxTranslateFieldBytes));
    } else if (field.text.find('\0') != std::string::npos) {
        in.violate(at, "must not contain a NUL character");
    } else if (!is_valid_utf8(field.text)) {
        in.violate(at, "must be valid UTF-8");
    } else {
        request.fields.push_back(std::move(field));
    }
}

void read_fields(JsonReader& in, const json::object& fields,
                 translate::TranslationRequest& request) {
    if (fields.empty()) in.violate("/fields", "must have at least one field");
    if (fields.size() > kMaxTranslateFields) {
        in.violate("/fields", fmt::format("has {} fields, at most {} are allowed", fields.size(),
                                          kMaxTranslateFields));
        return;
    }
    std::size_t bytes = 0;
    for (const auto& item : fields) {
        const std::string_view name = item.key();
        const bool bad_name = name.empty() || name.size() > 128 ||
                              name.find('\0') != std::string_view::npos || !is_valid_utf8(name);
        if (bad_name) {
            in.violate("/fields/" + pointer_token(scrub_utf8(name)),
                       "a field's name must have 1 to 128 bytes of valid UTF-8 without NUL");
            continue;
        }
        read_field(in, name, item.value(), request);
    }
    for (const translate::SourceField& field : request.fields) bytes += field.text.size();
    if (bytes > kMaxTranslateBytes) {
        in.violate("/fields", fmt::format("have {} bytes together, at most {} are allowed", bytes,
                                          kMaxTranslateBytes));
    }
}

json::object describe(const translate::TranslationReport& report) {
    json::object fields;
    std::size_t published = 0;
    std::size_t queued = 0;
    for (const translate::FieldReport& field : report.fields) {
        json::object line{{"state", field.state}};
        if (!field.origin.empty()) line["origin"] = field.origin;
        if (!field.reason.empty()) line["reason"] = field.reason;
        if (!field.write_error.empty()) line["write_error"] = truncate_utf8(field.write_error, 300);
        fields[field.name] = std::move(line);
        published += field.state == "published" ? 1U : 0U;
        queued += field.state == "review" || field.state == "suggested" ? 1U : 0U;
    }
    return {{"fields", std::move(fields)},
            {"published", published},
            {"queued_for_review", queued},
            {"memory_hits", report.memory_hits},
            {"provider_calls", report.provider_calls},
            {"characters", report.characters}};
}

void merge(translate::TranslationReport& all, translate::TranslationReport one) {
    for (translate::FieldReport& field : one.fields) all.fields.push_back(std::move(field));
    all.provider_calls += one.provider_calls;
    all.characters += one.characters;
    all.memory_hits += one.memory_hits;
    if (!one.postponed) return;
    if (!all.postponed) {
        all.postponed = std::move(one.postponed);
        return;
    }
    translate::Postponed& known = *all.postponed;
    known.error += "; " + one.postponed->error;
    known.spend_attempt = known.spend_attempt || one.postponed->spend_attempt;
    if (one.postponed->retry_after &&
        (!known.retry_after || *one.postponed->retry_after < *known.retry_after)) {
        known.retry_after = one.postponed->retry_after;
    }
}

/// What the entity's row needs, one direction after the other: a table may have fields of both.
awaitable<translate::TranslationReport> run_attached(translate::Translator& translator,
                                                     translate::Store& store,
                                                     translate::TranslationRequest like,
                                                     log::Logger log) {
    const std::vector<translate::AttachedField> fields =
        co_await store.attached_fields(like.entity.type, like.entity.id, kMaxTranslateFieldBytes);
    translate::TranslationReport report;
    for (const Language source : {Language::en, Language::ar}) {
        translate::TranslationRequest request = like;
        request.entity.source = source;
        request.entity.target = source == Language::en ? Language::ar : Language::en;
        request.registered.emplace();
        for (const translate::AttachedField& one : fields) {
            if (one.source != source) continue;
            request.fields.push_back(one.field);
            request.registered->emplace(one.field.name, one.state);
        }
        if (request.fields.empty()) continue;
        merge(report, co_await translator.run(std::move(request), log));
    }
    const bool taught = std::ranges::any_of(
        fields, [](const translate::AttachedField& one) { return one.state.human; });
    if (taught) co_await store.learn(like.entity.type, like.entity.id);
    co_return report;
}

}  // namespace

TranslatePayload parse_translate_payload(JsonReader& in) {
    TranslatePayload payload;
    translate::TranslationRequest& request = payload.request;
    request.entity.type = in.text("entity_type", {.max_bytes = 64});
    request.entity.id = in.text("entity_id", {.max_bytes = 256});
    payload.attached = in.optional_boolean("attached").value_or(false);
    if (payload.attached) return payload;
    const std::string source = in.text("source", {.one_of = {"en", "ar"}});
    const std::string target = in.text("target", {.one_of = {"en", "ar"}});
    if (!source.empty() && source == target) {
        in.violate("/target", "must not be the same language as source");
    }
    request.entity.source = language(source);
    request.entity.target = language(target);
    if (const json::object* fields = in.object("fields")) read_fields(in, *fields, request);
    return payload;
}

queue::Outcome translate_outcome(const translate::TranslationReport& report) {
    if (report.postponed) {
        queue::Retry retry;
        retry.error = truncate_utf8(report.postponed->error, 2000);
        if (report.postponed->retry_after) retry.after = *report.postponed->retry_after;
        retry.spend_attempt = report.postponed->spend_attempt;
        return retry;
    }
    return queue::Done{json::serialize(describe(report))};
}

void register_translate_content(Registry& registry, TranslateDeps deps) {
    const auto translator = std::make_shared<translate::Translator>(
        deps.pool, std::move(deps.providers), deps.options, deps.clock);
    const auto store = std::make_shared<translate::Store>(deps.pool);
    registry.add<TranslatePayload>(
        {.kind = "translate.content", .timeout = std::chrono::minutes(5)}, parse_translate_payload,
        [translator, store](JobContext& context,
                            TranslatePayload payload) -> awaitable<queue::Outcome> {
            payload.request.seq = context.job.id;
            payload.request.deadline = context.deadline;
            translate::TranslationReport report;
            if (payload.attached) {
                report = co_await run_attached(*translator, *store, payload.request, context.log);
            } else {
                report = co_await translator->run(std::move(payload.request), context.log);
            }
            context.log.info("translated", {{"provider_calls", report.provider_calls},
                                            {"characters", report.characters},
                                            {"memory_hits", report.memory_hits},
                                            {"postponed", report.postponed.has_value()}});
            co_return translate_outcome(report);
        });
}

}  // namespace barid::jobs
