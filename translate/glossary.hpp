// The shop's own words: found in a source, protected or demanded in its translation.
//
// A term is found as the longest run of whole words, folded (translate/words.hpp); Arabic words
// also with what is written onto them. `keep` terms become masks and come back byte for byte.
// `translate` terms are only checked: their target must stand in the answer, in the given or a
// listed form, with the prefixes and pronouns that Arabic grammar gives it. Nothing is ever put
// in by replacing strings, which would break agreement. `forbid` terms must not stand in an answer.
// Immutable after construction, thread-safe; 20,000 terms cost one hash look-up per stem of a word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "translate/gates.hpp"
#include "translate/language.hpp"
#include "translate/mask.hpp"
#include "translate/words.hpp"

namespace barid::translate {

enum class TermKind { translate, keep, forbid };

struct Term {
    TermKind kind = TermKind::keep;
    std::string text;
    std::string target = {};                     ///< of `translate`
    std::vector<std::string> source_forms = {};  ///< also found in a source
    std::vector<std::string> forms = {};         ///< also accepted in an answer
    bool case_sensitive = false;
};

struct TermMatch {
    std::size_t begin = 0;  ///< in the text's bytes, without an Arabic prefix
    std::size_t end = 0;
    const Term* term = nullptr;
};

class Glossary {
  public:
    Glossary() = default;
    Glossary(Language source, Language target, std::vector<Term> terms);
    // Matches point at the terms.
    Glossary(const Glossary&) = delete;
    Glossary& operator=(const Glossary&) = delete;

    [[nodiscard]] bool empty() const { return terms_.empty(); }

    /// `translate` and `keep` terms of a source, in order, without overlaps, never inside an
    /// address, a placeholder or a tag.
    [[nodiscard]] std::vector<TermMatch> find(std::string_view source) const;

    /// `find_masks` together with the `keep` terms, of a source or of an answer.
    [[nodiscard]] std::vector<Mask> masks(std::string_view text) const;

    /// What the translation of this source depends on, for the memory's key: other terms may
    /// change without making it worthless. Empty when it holds no term.
    [[nodiscard]] std::string key(std::string_view source) const;

    /// `glossary` when a term's target is missing in the answer, `forbidden` when it holds a
    /// forbidden term; nothing when it may be published.
    [[nodiscard]] std::optional<GateFailure> check(std::string_view source,
                                                   std::string_view answer) const;

  private:
    struct Pattern {
        std::vector<std::u32string> words;
        std::vector<std::u32string> exact;  ///< with their case
        std::vector<std::string> gaps;      ///< between the words
        std::string before;                 ///< signs that belong to the term: ".NET", "C++"
        std::string after;
        const Term* term = nullptr;
    };
    struct Text;
    struct Hit;
    using Buckets = std::unordered_map<std::u32string, std::vector<std::size_t>>;

    static std::optional<Pattern> compile(const std::string& text, const Term& term);
    static bool fits(const Pattern& pattern, const Text& text, std::size_t at, const Stem& first,
                     std::size_t& last_end);
    [[nodiscard]] std::optional<Hit> longest(const Text& text, std::size_t at,
                                             const std::vector<Pattern>& patterns,
                                             const Buckets& buckets) const;
    [[nodiscard]] std::vector<TermMatch> scan(std::string_view text, TermKind only,
                                              bool any_kind) const;
    [[nodiscard]] bool holds_target(const Term& term, const Text& answer) const;
    static void add(std::vector<Pattern>& patterns, Buckets& buckets,
                    std::optional<Pattern> pattern);

    Language target_ = Language::ar;
    std::vector<Term> terms_;
    std::vector<Pattern> wanted_;  ///< translate and keep, as found in sources
    Buckets wanted_by_word_;
    std::vector<Pattern> forbidden_;
    Buckets forbidden_by_word_;
};

}  // namespace barid::translate
