#include "translate/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.hpp"
#include "translate/document.hpp"
#include "translate/gates.hpp"
#include "translate/mask.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kMaxExcerpt = 200;

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Search {
  public:
    Search(Format format, std::string_view source, std::string_view text, Language target,
           const Glossary* glossary)
        : format_(format), source_(source), text_(text), target_(target), glossary_(glossary) {}

    std::vector<Finding> run() {
        compare_masks();
        const Document from(format_, std::string(source_));
        const Document to(format_, std::string(text_));
        if (to.problem()) add("markup", *to.problem(), Finding::Side::text, 0, 0);
        if (from.segments().size() == to.segments().size()) {
            for (std::size_t i = 0; i < from.segments().size(); ++i) {
                compare_segments(from.segments()[i], to.segments()[i]);
            }
        } else {
            const Segment all{std::string(source_), 0, source_.size()};
            compare_segments(all, {std::string(text_), 0, text_.size()});
            if (format_ == Format::html) {
                add("markup",
                    fmt::format("the source has {} pieces of text between its tags, this has {}",
                                from.segments().size(), to.segments().size()),
                    Finding::Side::text, 0, 0);
            }
        }
        std::ranges::sort(found_, {}, [](const Finding& f) {
            return std::tuple(f.length == 0, f.side, f.begin, f.length, f.reason, f.detail);
        });
        if (found_.size() > kMaxFindings) found_.resize(kMaxFindings);
        return std::move(found_);
    }

  private:
    /// Addresses, placeholders, codes, kept words and tags of one side, each as often as it stands
    /// there. Measures may change their unit, and entities their spelling.
    [[nodiscard]] std::vector<Mask> masks_of(std::string_view side) const {
        std::vector<Mask> masks = glossary_ == nullptr ? find_masks(side) : glossary_->masks(side);
        std::erase_if(masks, [&](const Mask& mask) {
            return mask.kind == MaskKind::measure || mask.kind == MaskKind::entity;
        });
        return masks;
    }

    void compare_masks() {
        const std::vector<Mask> from = masks_of(source_);
        const std::vector<Mask> to = masks_of(text_);
        report_missing(from, source_, to, text_, Finding::Side::source, "is missing in the text");
        report_missing(to, text_, from, source_, Finding::Side::text, "is not in the source");
    }

    void report_missing(const std::vector<Mask>& here, std::string_view here_text,
                        const std::vector<Mask>& there, std::string_view there_text,
                        Finding::Side side, std::string_view what) {
        std::map<std::string_view, int> left;
        for (const Mask& mask : there) {
            ++left[there_text.substr(mask.begin, mask.end - mask.begin)];
        }
        for (const Mask& mask : here) {
            const std::string_view piece = here_text.substr(mask.begin, mask.end - mask.begin);
            if (const auto known = left.find(piece); known != left.end() && known->second > 0) {
                --known->second;
                continue;
            }
            add(mask.kind == MaskKind::tag ? "tags" : "placeholders",
                fmt::format("“{}” {}", truncate_utf8(piece, kMaxExcerpt), what), side, mask.begin,
                mask.end);
        }
    }

    void compare_segments(const Segment& from, const Segment& to) {
        if (const auto failure = check_translation(from.text, to.text, target_, {}, glossary_)) {
            const bool told = (failure->reason == "placeholders" || failure->reason == "tags") &&
                              std::ranges::any_of(found_, [&](const Finding& f) {
                                  return f.reason == "placeholders" || f.reason == "tags";
                              });
            const bool terms = failure->reason == "glossary";
            if (!told && !terms) {
                add(failure->reason, failure->detail, Finding::Side::text, to.begin, to.end);
            }
        }
        if (glossary_ != nullptr) check_terms(from, to);
    }

    /// Each term of the source alone, so that each that is missing is named with its place. In
    /// HTML the segment is decoded: the place is the segment's.
    void check_terms(const Segment& from, const Segment& to) {
        for (const TermMatch& match : glossary_->find(from.text)) {
            if (match.term == nullptr || match.term->kind != TermKind::translate) continue;
            const auto failure = glossary_->check(
                std::string_view(from.text).substr(match.begin, match.end - match.begin), to.text);
            if (!failure || failure->reason != "glossary") continue;
            const bool exact = source_.substr(from.begin, from.end - from.begin) == from.text;
            add(failure->reason, failure->detail, Finding::Side::source,
                exact ? from.begin + match.begin : from.begin,
                exact ? from.begin + match.end : from.end);
        }
    }

    void add(std::string_view reason, std::string detail, Finding::Side side, std::size_t begin,
             std::size_t end) {
        if (found_.size() >= 4 * kMaxFindings) return;
        const std::string_view whole = side == Finding::Side::source ? source_ : text_;
        const std::string_view piece = whole.substr(begin, end - begin);
        found_.push_back({.reason = std::string(reason),
                          .detail = std::move(detail),
                          .side = side,
                          .begin = code_points(whole.substr(0, begin)),
                          .length = code_points(piece),
                          .excerpt = truncate_utf8(piece, kMaxExcerpt)});
    }

    Format format_;
    std::string_view source_;
    std::string_view text_;
    Language target_;
    const Glossary* glossary_;
    std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> find_problems(Format format, std::string_view source, std::string_view text,
                                   Language target, const Glossary* glossary) {
    if (source.size() + text.size() > kMaxCheckedBytes) {
        Finding finding;
        finding.reason = "too_large";
        finding.detail =
            fmt::format("texts of more than {} bytes aren't checked", kMaxCheckedBytes);
        return {std::move(finding)};
    }
    const std::string clean_source = scrub_utf8(source);
    const std::string clean_text = scrub_utf8(text);
    return Search(format, clean_source, clean_text, target, glossary).run();
}

}  // namespace barid::translate
