// A MessageFormat pattern as a tree. The parser is ICU's own; what Barid doesn't render (numbered
// arguments, choice, free styles) is refused here. Pure, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace barid::notify {

inline constexpr std::size_t kMaxPatternBytes = 65'536;
inline constexpr int kMaxPatternDepth = 4;  ///< plurals and selects inside one another

struct PatternNode {
    enum class Kind {
        literal,   ///< `text`
        hash,      ///< the number of the plural around it
        value,     ///< {name}
        number,    ///< {name, number, text}
        date,      ///< {name, date, text}
        time,      ///< {name, time, text}
        plural,    ///< chooses one of its children, which are branches; less `number`
        ordinal,   ///< selectordinal
        selected,  ///< select
        branch,    ///< of a plural or select: `text` is its keyword ("few", "=2" with `number`)
    };
    Kind kind = Kind::literal;
    std::string text = {};
    std::string name = {};
    double number = 0;
    std::vector<PatternNode> children = {};
};

struct Pattern {
    std::vector<PatternNode> nodes = {};
    std::string problem = {};  ///< why it can't be used; empty: it can
};

Pattern parse_pattern(std::string_view pattern);

}  // namespace barid::notify
