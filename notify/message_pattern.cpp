#include "notify/message_pattern.hpp"

#include <fmt/format.h>
#include <unicode/messagepattern.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace barid::notify {
namespace {

using Kind = PatternNode::Kind;

struct Refusal {
    std::string problem;
};

std::string utf8(const icu::UnicodeString& text) {
    std::string out;
    text.toUTF8String(out);
    return out;
}

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Walks the flat list of parts that ICU's parser leaves.
class TreeBuilder {
  public:
    explicit TreeBuilder(const icu::MessagePattern& pattern)
        : parts_(pattern), text_(pattern.getPatternString()) {}

    std::vector<PatternNode> build() {
        std::vector<PatternNode> nodes;
        message(0, 0, nodes);
        return nodes;
    }

  private:
    /// Reads the message whose first part is `at`; returns the index of its last one.
    std::int32_t message(std::int32_t at, int depth, std::vector<PatternNode>& out) {
        std::int32_t copied = parts_.getPart(at).getLimit();
        while (true) {
            const auto& part = parts_.getPart(++at);
            literal(copied, part.getIndex(), out);
            copied = part.getLimit();
            if (part.getType() == UMSGPAT_PART_TYPE_MSG_LIMIT) return at;
            if (part.getType() == UMSGPAT_PART_TYPE_REPLACE_NUMBER) {
                out.push_back({.kind = Kind::hash});
            } else if (part.getType() == UMSGPAT_PART_TYPE_ARG_START) {
                const std::int32_t end = parts_.getLimitPartIndex(at);
                out.push_back(argument(at, end, depth));
                at = end;
                copied = parts_.getPart(end).getLimit();
            }
        }
    }

    void literal(std::int32_t from, std::int32_t to, std::vector<PatternNode>& out) const {
        if (to <= from) return;
        std::string text = utf8(text_.tempSubStringBetween(from, to));
        if (!out.empty() && out.back().kind == Kind::literal)
            out.back().text += text;
        else
            out.push_back({.text = std::move(text)});
    }

    PatternNode argument(std::int32_t at, std::int32_t end, int depth) {
        const UMessagePatternArgType type = parts_.getPart(at).getArgType();
        const auto& name = parts_.getPart(at + 1);
        PatternNode node{.kind = Kind::value, .name = substring(at + 1)};
        if (name.getType() != UMSGPAT_PART_TYPE_ARG_NAME) {
            throw Refusal{fmt::format("{{{}}} is a number: variables have names", node.name)};
        }
        switch (type) {
            case UMSGPAT_ARG_TYPE_NONE:
                return node;
            case UMSGPAT_ARG_TYPE_SIMPLE:
                return simple(std::move(node), at + 2, end);
            case UMSGPAT_ARG_TYPE_PLURAL:
                node.kind = Kind::plural;
                break;
            case UMSGPAT_ARG_TYPE_SELECTORDINAL:
                node.kind = Kind::ordinal;
                break;
            case UMSGPAT_ARG_TYPE_SELECT:
                node.kind = Kind::selected;
                break;
            case UMSGPAT_ARG_TYPE_CHOICE:
                throw Refusal{
                    fmt::format("{{{}, choice}} is not supported: use plural", node.name)};
        }
        if (depth >= kMaxPatternDepth) {
            throw Refusal{
                fmt::format("plurals and selects stand inside one another {} times, at "
                            "most {} are possible",
                            depth + 1, kMaxPatternDepth)};
        }
        branches(node, at + 2, end, depth);
        return node;
    }

    PatternNode simple(PatternNode node, std::int32_t at, std::int32_t end) {
        const std::string type = substring(at);
        if (type == "number")
            node.kind = Kind::number;
        else if (type == "date")
            node.kind = Kind::date;
        else if (type == "time")
            node.kind = Kind::time;
        else
            throw Refusal{
                fmt::format("{{{}, {}}} is not supported: number, date, time, plural, "
                            "selectordinal and select are",
                            node.name, type)};
        if (at + 1 < end) node.text = trimmed(substring(at + 1));
        return node;
    }

    void branches(PatternNode& node, std::int32_t at, std::int32_t end, int depth) {
        if (node.kind != Kind::selected && is_number(at)) {
            node.number = parts_.getNumericValue(parts_.getPart(at));
            ++at;
        }
        while (at < end) {
            PatternNode branch{.kind = Kind::branch, .text = substring(at++)};
            if (is_number(at)) branch.number = parts_.getNumericValue(parts_.getPart(at++));
            at = message(at, depth + 1, branch.children) + 1;
            node.children.push_back(std::move(branch));
        }
    }

    [[nodiscard]] bool is_number(std::int32_t at) const {
        return icu::MessagePattern::Part::hasNumericValue(parts_.getPart(at).getType()) != 0;
    }
    [[nodiscard]] std::string substring(std::int32_t at) const {
        return utf8(parts_.getSubstring(parts_.getPart(at)));
    }

    const icu::MessagePattern& parts_;
    const icu::UnicodeString& text_;
};

std::string explain(UErrorCode status, const UParseError& where) {
    std::string what = "it can't be read";
    if (status == U_UNMATCHED_BRACES) what = "a brace is not closed";
    if (status == U_DEFAULT_KEYWORD_MISSING) what = "a plural or select lacks its \"other\"";
    if (status == U_INDEX_OUTOFBOUNDS_ERROR) what = "something in it is too long or too deep";
    const std::string after = utf8(icu::UnicodeString(where.preContext));
    return fmt::format("{}, at character {}{}", what, where.offset + 1,
                       after.empty() ? "" : fmt::format(" (after \"{}\")", after));
}

}  // namespace

Pattern parse_pattern(std::string_view pattern) {
    if (pattern.size() > kMaxPatternBytes) {
        return {.problem = fmt::format("has {} bytes, at most {} are possible", pattern.size(),
                                       kMaxPatternBytes)};
    }
    UErrorCode status = U_ZERO_ERROR;
    UParseError where{};
    icu::MessagePattern parts(status);
    parts.parse(icu::UnicodeString::fromUTF8(pattern), &where, status);
    if (U_FAILURE(status) != 0) return {.problem = explain(status, where)};
    try {
        return {.nodes = TreeBuilder(parts).build()};
    } catch (const Refusal& refusal) {
        return {.problem = refusal.problem};
    }
}

}  // namespace barid::notify
