// Texts that both judges of a template have to agree on: the one in SQL, which takes or refuses,
// and ICU, which renders.
#pragma once

#include <span>
#include <string_view>

namespace barid::support {

struct CorpusText {
    bool good;  ///< barid.upsert_template takes it
    std::string_view locale;
    std::string_view text;
};

/// Variables: n (integer), x (number), price (money), at (date), gift (boolean), order and name
/// (string), note (a string that may be missing).
std::span<const CorpusText> template_corpus();

}  // namespace barid::support
