#include "translate/translator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "translate/attributes.hpp"
#include "translate/mask.hpp"
#include "translate/normal_form.hpp"
#include "translate/similar.hpp"
#include "translate/translator_run.hpp"

namespace barid::translate {
Translator::Translator(pg::Pool& pool, std::vector<TranslationProvider*> providers,
                       TranslatorOptions options, const Clock& clock)
    : pool_(pool),
      store_(pool),
      terms_(pool),
      providers_(std::move(providers)),
      options_(options),
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
        co_await ask(run, *provider);
    }
    bool pending = false;
    for (Field& field : run.fields) {
        run.report.fields.push_back(co_await finish(run, field));
        pending = pending || run.report.fields.back().state == "pending";
    }
    // A later provider has done what an earlier one could not.
    if (!pending) run.report.postponed.reset();
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

awaitable<void> Translator::ask(Run& run, TranslationProvider& provider) {
    const std::vector<Piece*> missing = run.missing();
    std::vector<std::string> texts;
    for (const Piece* piece : missing) {
        texts.push_back(run.protect_for(provider, *piece).text);
    }
    for (const auto& [first, last] : plan_batches(texts, provider.limits())) {
        std::vector<Piece*> batch(missing.begin() + static_cast<std::ptrdiff_t>(first),
                                  missing.begin() + static_cast<std::ptrdiff_t>(last));
        if (!co_await ask_batch(run, provider, std::move(batch))) co_return;
    }
}

/// False when the provider is to be left alone for now.
awaitable<bool> Translator::ask_batch(Run& run, TranslationProvider& provider,
                                      std::vector<Piece*> pieces) {
    Batch batch;
    batch.source = run.request.entity.source;
    batch.target = run.request.entity.target;
    std::int64_t characters = 0;
    for (const Piece* piece : pieces) {
        batch.texts.push_back(run.protect_for(provider, *piece).text);
        characters += static_cast<std::int64_t>(count_code_points(batch.texts.back()));
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(run.request.deadline -
                                                                            clock_.steady_now());
    batch.deadline = std::min(options_.batch_deadline, left - std::chrono::seconds(1));
    if (batch.deadline < std::chrono::milliseconds(100)) {
        run.postpone("the job's time is nearly up; what is translated is kept",
                     std::chrono::seconds(0), true);
        co_return false;
    }
    if (const auto wait =
            co_await store_.reserve(provider.name(), characters, provider.daily_budget())) {
        run.postpone(fmt::format("{} is paused: {}", provider.name(), wait->reason), wait->wait,
                     false);
        co_return false;
    }
    ++run.report.provider_calls;
    std::vector<std::string> answers;
    std::optional<ProviderError> failure;
    try {
        answers = co_await provider.translate(std::move(batch));
    } catch (const ProviderError& error) {
        failure.emplace(error);
    }
    if (failure) {
        if (!failure->may_be_billed()) co_await store_.refund(provider.name(), characters);
        co_return co_await handle_failure(run, provider, *failure, std::move(pieces));
    }
    run.report.characters += static_cast<std::size_t>(characters);
    co_await judge(run, provider, pieces, std::move(answers));
    co_return true;
}

awaitable<bool> Translator::handle_failure(Run& run, TranslationProvider& provider,
                                           const ProviderError& error, std::vector<Piece*> pieces) {
    using Kind = ProviderError::Kind;
    run.log.warn("translation provider failed", {{"provider", provider.name()},
                                                 {"error", std::string_view(error.what())},
                                                 {"texts", pieces.size()}});
    const auto pause = [&](std::chrono::seconds fallback) {
        return std::clamp(error.retry_after().value_or(fallback), std::chrono::seconds(1),
                          options_.longest_pause);
    };
    if (error.kind() == Kind::unavailable) {
        run.postpone(error.what(), error.retry_after(), true);
        co_return false;
    }
    if (error.kind() == Kind::too_large || error.kind() == Kind::refused) {
        if (pieces.size() == 1) {
            Piece& piece = *pieces.front();
            const char* reason = error.kind() == Kind::refused ? "refused" : "too_large";
            if (!piece.failure) piece.failure = GateFailure{reason, error.what()};
            co_return true;
        }
        // Halving finds the text that the provider will not have.
        const auto middle = pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() / 2);
        std::vector<Piece*> first(pieces.begin(), middle);
        std::vector<Piece*> second(middle, pieces.end());
        if (!co_await ask_batch(run, provider, std::move(first))) co_return false;
        co_return co_await ask_batch(run, provider, std::move(second));
    }
    std::chrono::seconds length = pause(options_.rate_limit_pause);
    if (error.kind() == Kind::quota) length = pause(options_.quota_pause);
    if (error.kind() == Kind::unauthorized) length = pause(options_.unauthorized_pause);
    co_await store_.pause(provider.name(), length, error.what());
    run.postpone(error.what(), length, false);
    co_return false;
}

awaitable<void> Translator::judge(Run& run, TranslationProvider& provider,
                                  const std::vector<Piece*>& pieces,
                                  std::vector<std::string> answers) {
    const Entity& entity = run.request.entity;
    if (answers.size() != pieces.size()) {
        throw Error(Error::Retry::permanent,
                    provider.name() + " returned another number of texts than it was given");
    }
    std::vector<MemoryEntry> accepted;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        Piece& piece = *pieces[i];
        const Protected sent = run.protect_for(provider, piece);
        const auto restored = restore(scrub_utf8(answers[i]), sent, provider.token_style());
        std::optional<GateFailure> failure;
        if (!restored) failure = GateFailure{"placeholders", restored.error()};
        const std::string text =
            restored ? std::string(trim(strip_stray_marks(*restored))) : std::string();
        if (restored) {
            failure = check_translation(piece.source, text, entity.target, options_.gates,
                                        run.glossary.get());
        }
        if (!failure) {
            piece.accepted = text;
            piece.provider = provider.name();
            accepted.push_back({piece.hash, piece.format, piece.source, text, piece.terms});
        } else if (!piece.refused_text || !piece.failure) {
            piece.failure = std::move(failure);
            const bool shown = piece.failure->reason != "garbled" && !text.empty();
            if (shown) piece.refused_text = text;
            piece.refused_by = provider.name();
        }
    }
    co_await store_.remember(accepted, entity.source, entity.target, provider.name(),
                             provider.version());
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
