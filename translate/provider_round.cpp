#include "translate/provider_round.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {

using Kind = ProviderError::Kind;

Translator::ProviderRound::ProviderRound(Translator& translator, Run& run,
                                         TranslationProvider& provider)
    : translator_(translator), run_(run), provider_(provider), limits_(provider.limits()) {
    // A batch above a day's budget would wait for ever.
    for (const auto& budget :
         {provider.terms().daily_characters, translator.options_.ledger.daily_characters}) {
        if (budget) {
            limits_.max_characters =
                std::min(limits_.max_characters, static_cast<std::size_t>(std::max(*budget, 0L)));
        }
    }
}

awaitable<void> Translator::ProviderRound::ask() {
    std::vector<Piece*> pieces;
    std::map<std::string_view, Piece*> by_source;
    for (Piece* piece : run_.missing()) {
        const auto [first, is_new] = by_source.emplace(piece->source, piece);
        if (is_new)
            pieces.push_back(piece);
        else
            twins_.emplace(first->second, piece);
    }
    std::vector<std::string> texts;
    texts.reserve(pieces.size());
    for (const Piece* piece : pieces) texts.push_back(run_.protect_for(provider_, *piece).text);
    for (const auto& [first, last] : plan_batches(texts, limits_)) {
        std::vector<Piece*> batch(pieces.begin() + static_cast<std::ptrdiff_t>(first),
                                  pieces.begin() + static_cast<std::ptrdiff_t>(last));
        if (!co_await ask_batch(std::move(batch))) co_return;
    }
    for (Piece* piece : std::exchange(again_, {})) {
        if (!co_await ask_batch({piece})) co_return;
    }
}

awaitable<bool> Translator::ProviderRound::ask_batch(std::vector<Piece*> pieces) {
    Batch batch;
    batch.source = run_.request.entity.source;
    batch.target = run_.request.entity.target;
    std::int64_t characters = 0;
    for (const Piece* piece : pieces) {
        batch.texts.push_back(run_.protect_for(provider_, *piece).text);
        characters += static_cast<std::int64_t>(count_code_points(batch.texts.back()));
    }
    if (pieces.size() == 1 && !fits(batch.texts.front(), limits_)) {
        if (!pieces.front()->failure) {
            pieces.front()->failure = GateFailure{
                "too_large", fmt::format("{}: the text is above its limits", provider_.name())};
        }
        co_return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        run_.request.deadline - translator_.clock_.steady_now());
    batch.deadline = std::min(translator_.options_.batch_deadline, left - std::chrono::seconds(1));
    if (batch.deadline < std::chrono::milliseconds(100)) {
        // A long text goes on where it stopped; only a run without any progress is a failure.
        run_.postpone("the job's time is nearly up; what is translated is kept",
                      std::chrono::seconds(0), run_.report.characters == 0);
        co_return false;
    }
    const auto ticket =
        co_await translator_.ledger_.reserve(provider_, characters, batch.texts.size());
    if (!ticket) {
        const ProviderWait& wait = ticket.error();
        run_.postpone(
            fmt::format("{} {}: {}", provider_.name(),
                        wait.kind == "budget" ? "has done its share" : "is paused", wait.reason),
            wait.wait, false);
        co_return false;
    }
    co_return co_await send(std::move(batch), *ticket, pieces);
}

awaitable<bool> Translator::ProviderRound::send(Batch batch, const Ticket& ticket,
                                                const std::vector<Piece*>& pieces) {
    ++run_.report.provider_calls;
    std::vector<std::string> answers;
    std::optional<ProviderError> failure;
    try {
        answers = co_await provider_.translate(std::move(batch));
        if (answers.size() != pieces.size()) {
            failure.emplace(Kind::unavailable, provider_.name() + ": another number of texts",
                            std::nullopt, true);
        }
    } catch (const ProviderError& error) {
        failure.emplace(error);
    }
    // What is paid for is written down even when the job has been cancelled meanwhile.
    const bool cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (!failure) {
        run_.report.characters += static_cast<std::size_t>(ticket.characters);
        co_await judge(pieces, std::move(answers));
        co_await translator_.ledger_.answered(ticket);
    }
    std::chrono::seconds rest{0};
    if (failure) rest = co_await translator_.ledger_.failed(ticket, *failure);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    if (cancelled) throw Error(Error::Retry::transient, "cancelled while translating");
    if (failure) co_return co_await handle_failure(rest, *failure, pieces);
    co_return true;
}

awaitable<bool> Translator::ProviderRound::handle_failure(std::chrono::seconds rest,
                                                          const ProviderError& error,
                                                          std::vector<Piece*> pieces) {
    log_failure(rest, error, pieces.size());
    if (error.kind() == Kind::too_large || error.kind() == Kind::refused) {
        if (pieces.size() > 1) co_return co_await halve(std::move(pieces));
        Piece& piece = *pieces.front();
        if (!piece.failure) {
            piece.failure = GateFailure{std::string(to_string(error.kind())), error.what()};
        }
        co_return true;
    }
    std::optional<std::chrono::seconds> wait = error.retry_after();
    if (rest.count() > 0) wait = rest;
    // Only an answer, or none in time, can be this job's fault.
    run_.postpone(error.what(), wait, error.kind() == Kind::unavailable && error.connected());
    co_return false;
}

void Translator::ProviderRound::log_failure(std::chrono::seconds rest, const ProviderError& error,
                                            std::size_t texts) const {
    const bool mend = error.kind() == Kind::unauthorized || error.kind() == Kind::misconfigured;
    const auto log = mend ? &log::Logger::error : &log::Logger::warn;
    (run_.log.*log)(mend ? "a translation provider rests until its settings are mended"
                         : "translation provider failed",
                    {{"provider", provider_.name()},
                     {"kind", to_string(error.kind())},
                     {"error", std::string_view(error.what())},
                     {"texts", texts},
                     {"rests_s", rest.count()}});
}

/// Halving finds the text that the provider will not have.
awaitable<bool> Translator::ProviderRound::halve(std::vector<Piece*> pieces) {
    const auto middle = pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() / 2);
    std::vector<Piece*> first(pieces.begin(), middle);
    std::vector<Piece*> second(middle, pieces.end());
    if (!co_await ask_batch(std::move(first))) co_return false;
    co_return co_await ask_batch(std::move(second));
}

awaitable<void> Translator::ProviderRound::judge(const std::vector<Piece*>& pieces,
                                                 std::vector<std::string> answers) {
    std::vector<MemoryEntry> accepted;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        std::vector<Piece*> same{pieces[i]};
        const auto [first, last] = twins_.equal_range(pieces[i]);
        for (auto twin = first; twin != last; ++twin) same.push_back(twin->second);
        for (Piece* piece : same) {
            judge_one(*piece, answers[i], pieces.size() == 1 || piece != pieces[i]);
            if (!piece->accepted) continue;
            accepted.push_back({.hash = piece->hash,
                                .format = piece->format,
                                .source_text = piece->source,
                                .text = *piece->accepted,
                                .terms = piece->terms});
        }
    }
    const Entity& entity = run_.request.entity;
    co_await translator_.store_.remember(accepted, entity.source, entity.target, provider_.name(),
                                         provider_.version());
}

void Translator::ProviderRound::judge_one(Piece& piece, const std::string& answer, bool once) {
    const auto restored =
        restore(scrub_utf8(answer), run_.protect_for(provider_, piece), provider_.token_style());
    const std::string text =
        restored ? std::string(trim(strip_stray_marks(*restored))) : std::string();
    std::optional<GateFailure> failure;
    if (!restored) failure = GateFailure{"placeholders", restored.error()};
    if (restored) {
        failure = check_translation(piece.source, text, run_.request.entity.target,
                                    translator_.options_.gates, run_.glossary.get());
    }
    if (!failure) {
        piece.accepted = text;
        piece.provider = provider_.name();
        return;
    }
    // Beside other texts, tokens get mixed up; alone they often don't.
    if (failure->reason == "placeholders" && !once && repeats_left_ > 0 &&
        std::ranges::find(again_, &piece) == again_.end()) {
        --repeats_left_;
        again_.push_back(&piece);
    }
    if (piece.refused_text && piece.failure) return;
    piece.failure = std::move(failure);
    if (piece.failure->reason != "garbled" && !text.empty()) piece.refused_text = text;
    piece.refused_by = provider_.name();
}

}  // namespace barid::translate
