// What one run of the Translator has in hand: the distinct segments, the fields that they belong
// to, and what came of them. For translator.cpp and provider_round.cpp; io thread
// only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "translate/translator.hpp"

namespace barid::translate {

/// One distinct segment; several fields may share it.
struct Translator::Piece {
    std::string hash;
    std::string terms;  ///< the shop's terms in it, as the memory knows them
    Format format = Format::text;
    std::string source;
    std::optional<std::string> accepted;
    std::string provider;  ///< empty: from the memory
    std::optional<GateFailure> failure;
    std::optional<std::string> refused_text;  ///< what the gates refused; a proposal for people
    std::string refused_by;
    bool settled = false;  ///< people must decide: asking again would change nothing
};

struct Translator::Field {
    SourceField source;
    Work work = Work::superseded;
    bool human = false;
    std::optional<Document> document;
    std::vector<Piece*> pieces;

    /// The sources of those that nobody has a text for.
    [[nodiscard]] std::vector<std::string> untranslated() const {
        std::vector<std::string> out;
        for (const Piece* piece : pieces) {
            if (!piece->accepted && !piece->refused_text) out.push_back(piece->source);
        }
        return out;
    }
};

struct Translator::Run {
    TranslationRequest request;
    log::Logger log;
    std::shared_ptr<const Glossary> glossary;
    std::vector<Field> fields;
    std::map<std::string, std::unique_ptr<Piece>> pieces;
    TranslationReport report;

    [[nodiscard]] std::vector<Piece*> missing() const {
        std::vector<Piece*> out;
        for (const auto& [hash, piece] : pieces) {
            if (!piece->accepted && !piece->settled) out.push_back(piece.get());
        }
        return out;
    }

    [[nodiscard]] Protected protect_for(const TranslationProvider& to, const Piece& piece) const {
        return protect(piece.source, to.token_style(), glossary->masks(piece.source));
    }

    /// Notes that a provider could not be asked now; the shortest wait wins.
    void postpone(const std::string& error, std::optional<std::chrono::seconds> wait, bool spend) {
        if (!report.postponed) {
            report.postponed = Postponed{error, wait, spend};
            return;
        }
        Postponed& known = *report.postponed;
        known.error += "; " + error;
        known.spend_attempt = known.spend_attempt || spend;
        if (wait && (!known.retry_after || *wait < *known.retry_after)) known.retry_after = wait;
    }
};

}  // namespace barid::translate
