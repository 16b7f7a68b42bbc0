// The quality gates for people: what they find in a reviewer's text, as the API shows it.
//
// Keeps the shop's terms between requests and reads them again when they have changed. Shared by
// the routes that need it; io thread only.
#pragma once

#include <string>

#include "admin/api/call.hpp"
#include "translate/term_book.hpp"

namespace barid::api {

class ReviewFindings {
  public:
    /// The languages are "en" and "ar", the format "text" or "html", as the database has them.
    awaitable<json::array> of(Call& call, std::string source_lang, std::string lang,
                              std::string format, std::string source, std::string text);
    /// Adds "findings" to a review's document: those of its suggestion, or of `text`.
    awaitable<std::string> added_to(Call& call, std::string document,
                                    std::optional<std::string> text = {});

  private:
    translate::TermBook terms_;
};

/// The schema "TranslationFinding".
extern const std::string_view kFindingSchema;

}  // namespace barid::api
