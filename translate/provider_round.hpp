// One provider's turn: asks it for what is still missing, batch by batch within its limits, judges
// the answers and keeps what passed in the memory before anything else happens to it.
//
// What the provider will not have is halved until the text is found; a text whose protected pieces
// came back broken is asked for once more, alone. Ends early when the provider is to be left alone.
// Refers to all it is given; io thread only.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "translate/provider_ledger.hpp"
#include "translate/translator_run.hpp"

namespace barid::translate {

class Translator::ProviderRound {
  public:
    ProviderRound(Translator& translator, Run& run, TranslationProvider& provider);

    awaitable<void> ask();

  private:
    /// False when the provider is to be left alone for now.
    awaitable<bool> ask_batch(std::vector<Piece*> pieces);
    awaitable<bool> send(Batch batch, const Ticket& ticket, const std::vector<Piece*>& pieces);
    /// `rest` is how long the fleet leaves the provider alone now.
    awaitable<bool> handle_failure(std::chrono::seconds rest, const ProviderError& error,
                                   std::vector<Piece*> pieces);
    void log_failure(std::chrono::seconds rest, const ProviderError& error,
                     std::size_t texts) const;
    awaitable<bool> halve(std::vector<Piece*> pieces);
    awaitable<void> judge(const std::vector<Piece*>& pieces, std::vector<std::string> answers);
    /// What the gates say of one answer; fills in the piece.
    /// With `once`, a broken answer is not asked for again.
    void judge_one(Piece& piece, const std::string& answer, bool once);

    Translator& translator_;
    Run& run_;
    TranslationProvider& provider_;
    BatchLimits limits_;
    std::multimap<const Piece*, Piece*> twins_;  ///< the same text in another format
    std::vector<Piece*> again_;                  ///< to be asked for alone
    std::size_t repeats_left_ = 10;
};

}  // namespace barid::translate
