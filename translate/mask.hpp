// Protects what a translator must not touch: addresses, product codes, placeholders, measures.
//
// `find_masks` says where they are. `protect` renders a text for a provider, each of them replaced
// by a token in the provider's own style; `restore` puts the originals back and refuses an answer
// in which a token is missing, doubled or unknown: half a placeholder is worse than no
// translation. Pure, thread-safe.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace barid::translate {

enum class MaskKind {
    url,
    email,
    placeholder,
    tag,
    entity,
    sku,
    measure,
    term,  ///< a word that the shop wants kept (translate/glossary.hpp)
};

struct Mask {
    std::size_t begin = 0;
    std::size_t end = 0;
    MaskKind kind = MaskKind::sku;
};

/// In order, without overlaps: URLs and e-mail addresses, `{x}` `{{x}}` `${x}` `%s` `%1$d` `%(x)s`,
/// `<tag>`, `&entity;`, product codes (letters and digits mixed), numbers with a unit.
std::vector<Mask> find_masks(std::string_view text);

/// How a provider is told to leave a token alone.
enum class TokenStyle {
    plain,  ///< k0@m.invalid: models copy what looks like an address
    xml,    ///< <m id="0"/> with the text around it escaped
    /// <span class="notranslate" translate="no" id="k0">AB-12</span>, the text around it escaped:
    /// for providers that read HTML. The span shows the original, so that the sentence can be
    /// built around it; what comes back inside is not used.
    html_span,
};

struct Protected {
    std::string text;                    ///< what is sent
    std::vector<std::string> originals;  ///< by token number
};

Protected protect(std::string_view text, TokenStyle style);

/// With masks of the caller's choice, in order and without overlaps (Glossary::masks).
Protected protect(std::string_view text, TokenStyle style, const std::vector<Mask>& masks);

/// The answer with the originals in place, or why it can't be trusted.
std::expected<std::string, std::string> restore(std::string_view answer, const Protected& sent,
                                                TokenStyle style);

}  // namespace barid::translate
