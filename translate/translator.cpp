#include "translate/translator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "translate/attributes.hpp"
#include "translate/normal_form.hpp"
#include "translate/provider_round.hpp"
#include "translate/similar.hpp"
#include "translate/translator_run.hpp"

namespace barid::translate {
namespace {

/// Says which fields wait; nothing does when a later provider has done what an earlier one could
/// not.
void settle_postponed(TranslationReport& report) {
    if (!report.postponed) return;
    std::string names;
    std::size_t waiting = 0;
    for (const FieldReport& field : report.fields) {
        if (field.state != "pending") continue;
        if (++waiting <= 5) names += (names.empty() ? "" : ", ") + truncate_utf8(field.name, 40);
    }
    if (waiting == 0) {
        report.postponed.reset();
        return;
    }
    if (waiting > 5) names += ", …";
    report.postponed->error = fmt::format("{} of {} fields wait ({}): {}", waiting,
                                          report.fields.size(), names, report.postponed->error);
}

}  // namespace

Translator::Translator(pg::Pool& pool, std::vector<TranslationProvider*> providers,
                       TranslatorOptions options, const Clock& clock)
    : pool_(pool),
      store_(pool),
      terms_(pool),
      ledger_(pool, options.ledger),
      providers_(std::move(providers)),
      options_(std::move(options)),
      clock_(clock) {}

awaitable<TranslationReport> Translator::run(TranslationRequest request, log::Logger log) {
    Run run;
    run.request = std::move(request);
    run.log = std::move(log);
    for (SourceField& field : run.request.fields) {
        field.hash = source_hash(field.format, field.text);
        Field added;
        added.source = field;
        run.fields.push_back(std::move(added));
    }
    auto states = run.request.registered.value_or(std::map<std::string, FieldState>());
    if (!run.request.registered) {
        states = co_await store_.register_sources(run.request.entity, run.request.fields,
                                                  run.request.seq);
    }
    for (Field& field : run.fields) {
        const auto known = states.find(field.source.name);
        const bool found = known != states.end();
        field.work = decide(found ? std::optional(known->second) : std::nullopt);
        field.human = found && known->second.human;
    }
    run.glossary = co_await terms_.get(run.request.entity.source, run.request.entity.target);
    prepare(run);
    co_await recall(run);
    co_await recognise(run);
    for (TranslationProvider* provider : providers_) {
        if (run.missing().empty()) break;
        ProviderRound round(*this, run, *provider);
        co_await round.ask();
    }
    for (Field& field : run.fields) run.report.fields.push_back(co_await finish(run, field));
    settle_postponed(run.report);
    co_return std::move(run.report);
}

void Translator::prepare(Run& run) const {
    for (Field& field : run.fields) {
        if (field.work != Work::translate && field.work != Work::suggest) continue;
        field.document.emplace(field.source.format, field.source.text);
        for (const Segment& segment : field.document->segments()) {
            const std::string hash = source_hash(field.source.format, segment.text);
            std::unique_ptr<Piece>& piece = run.pieces[hash];
            if (!piece) {
                piece = std::make_unique<Piece>();
                piece->hash = hash;
                piece->format = field.source.format;
                piece->source = strip_stray_marks(segment.text);
                piece->terms = run.glossary->key(piece->source);
            }
            field.pieces.push_back(piece.get());
        }
    }
}

awaitable<void> Translator::recall(Run& run) {
    std::vector<MemoryKey> keys;
    for (const auto& [hash, piece] : run.pieces) keys.push_back({hash, piece->terms});
    std::vector<std::pair<std::string, std::string>> makers;
    for (const TranslationProvider* provider : providers_) {
        makers.emplace_back(provider->name(), provider->version());
    }
    if (!makers.empty() && options_.attributes)
        makers.emplace_back(kAttributesMaker, attributes_version());
    const Entity& entity = run.request.entity;
    const auto hits = co_await store_.look_up(keys, entity.source, entity.target, makers);
    for (const auto& [hash, hit] : hits) {
        Piece& piece = *run.pieces.at(hash);
        if (check_placeholders(piece.source, hit.text)) continue;
        // People may write what they like; a machine's text obeys the terms of today.
        if (hit.provider != "human") piece.failure = run.glossary->check(piece.source, hit.text);
        if (piece.failure) {
            piece.refused_text = hit.text;
            piece.refused_by = hit.provider;
            piece.settled = true;
            continue;
        }
        piece.accepted = hit.text;
        ++run.report.memory_hits;
    }
}

/// What the curated words translate needs no provider.
awaitable<void> Translator::recognise(Run& run) {
    const Entity& entity = run.request.entity;
    std::vector<MemoryEntry> entries;
    for (Piece* piece : run.missing()) {
        std::optional<std::string> text;
        if (options_.attributes) {
            text = translate_attribute(piece->source, entity.source, entity.target);
        }
        // What is protected as a whole comes back as it was sent: nobody needs to be asked.
        if (!text && !has_words(piece->source)) text = piece->source;
        if (!text || run.glossary->check(piece->source, *text)) continue;
        piece->accepted = text;
        piece->provider = kAttributesMaker;
        entries.push_back({piece->hash, piece->format, piece->source, *text, piece->terms});
    }
    co_await store_.remember(entries, entity.source, entity.target, std::string(kAttributesMaker),
                             attributes_version());
}

awaitable<FieldReport> Translator::finish(Run& run, Field& field) {
    FieldReport report{field.source.name, ""};
    if (field.work == Work::superseded) report.state = "superseded";
    if (field.work == Work::current) report.state = "current";
    if (field.work == Work::waiting) report.state = "waiting";
    if (!report.state.empty()) co_return report;
    if (field.document->problem()) {
        co_return co_await review(run, field, "unreadable", *field.document->problem());
    }
    std::vector<std::string> texts;
    const GateFailure* failure = nullptr;
    std::string provider;
    bool complete = true;
    for (const Piece* piece : field.pieces) {
        if (piece->accepted) {
            texts.push_back(polish(*piece->accepted, run.request.entity.target, field.source.format,
                                   options_.typography));
            if (!piece->provider.empty()) provider = piece->provider;
        } else {
            complete = false;
            if (piece->failure && failure == nullptr) failure = &*piece->failure;
        }
    }
    if (failure != nullptr) {
        co_return co_await review(run, field, failure->reason, failure->detail);
    }
    if (!complete && run.report.postponed) {
        report.state = "pending";
        co_return report;
    }
    if (!complete) {
        co_return co_await review(run, field, "no_provider", "no translation provider is set up");
    }
    const std::optional<std::string> text = field.document->rebuild(texts);
    if (!text) {
        co_return co_await review(run, field, "markup", "the translation would change the markup");
    }
    const Publication publication =
        co_await store_.publish(run.request.entity, field.source, *text, provider);
    report.write_error = publication.write_error;
    report.state = to_string(publication.written);
    if (publication.written == Written::published) {
        report.origin = provider.empty() ? "memory" : provider;
    }
    // Its review was opened in the same transaction.
    if (publication.written == Written::suggested) report.reason = "human_text_stale";
    co_return report;
}

awaitable<FieldReport> Translator::review(Run& run, Field& field, std::string reason,
                                          std::string detail) {
    // A proposal only when there is a text for every piece: half a text helps nobody.
    std::optional<std::string> suggestion;
    std::string provider;
    std::vector<std::string> texts;
    for (const Piece* piece : field.pieces) {
        const std::optional<std::string>& text =
            piece->accepted ? piece->accepted : piece->refused_text;
        if (!text) break;
        texts.push_back(
            polish(*text, run.request.entity.target, field.source.format, options_.typography));
        if (!piece->refused_by.empty()) provider = piece->refused_by;
    }
    if (!field.pieces.empty() && texts.size() == field.pieces.size()) {
        suggestion = field.document->rebuild(texts);
    }
    const Entity& entity = run.request.entity;
    const std::string hints = suggestion ? ""
                                         : co_await similar_hints(pool_, field.untranslated(),
                                                                  entity.source, entity.target);
    if (!hints.empty()) detail += (detail.empty() ? "" : "; ") + hints;
    const bool queued = co_await store_.queue_review(run.request.entity, field.source, reason,
                                                     detail, suggestion, provider);
    FieldReport report{field.source.name, queued ? "review" : "superseded"};
    if (queued) report.reason = std::move(reason);
    co_return report;
}

}  // namespace barid::translate
