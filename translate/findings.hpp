// What a reviewer should look at in a text: everything the gates object to, each with its place.
//
// The gates (gates.hpp) stop at the first failure, since one is enough to keep a machine's text
// from the shop. A person who corrects a text wants all of them, and where. These are warnings: a
// person may know better. Pure, thread-safe; any bytes are fine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "translate/glossary.hpp"
#include "translate/language.hpp"

namespace barid::translate {

struct Finding {
    enum class Side { source, text };

    std::string reason;  ///< a gate's word (gates.hpp), or "markup"
    std::string detail;
    Side side = Side::text;
    std::size_t begin = 0;   ///< in code points of that side's whole text
    std::size_t length = 0;  ///< 0: no place can be named
    std::string excerpt;     ///< what stands there, at most 200 bytes
};

inline constexpr std::size_t kMaxFindings = 50;
/// Of source and text together. Larger ones are not checked, and one finding ("too_large") says so:
/// whoever calls this may have other things to do.
inline constexpr std::size_t kMaxCheckedBytes = std::size_t{128} << 10U;

/// At most `kMaxFindings`, those with the smallest places first; empty when nothing is wrong.
std::vector<Finding> find_problems(Format format, std::string_view source, std::string_view text,
                                   Language target, const Glossary* glossary = nullptr);

}  // namespace barid::translate
