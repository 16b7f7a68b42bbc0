#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "media/store.hpp"

namespace barid::media {
namespace {

bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::optional<std::string> segment_problem(std::string_view segment) {
    if (segment.empty()) return "it has an empty segment (a slash at an end, or two together)";
    if (segment.size() > kMaxKeySegmentBytes) return "a segment is longer than 200 bytes";
    if (segment.front() == '.') return "a segment starts with a dot";
    if (segment.find("..") != std::string_view::npos) return "it contains \"..\"";
    if (!std::ranges::all_of(segment, is_key_character)) {
        return "only a-z, 0-9, '.', '_', '-' and '/' are allowed";
    }
    return {};
}

}  // namespace

std::optional<std::string> key_problem(std::string_view key) {
    if (key.empty()) return "it is empty";
    if (key.size() > kMaxKeyBytes) return "it is longer than 512 bytes";
    while (true) {
        const auto slash = key.find('/');
        if (auto problem = segment_problem(key.substr(0, slash))) return problem;
        if (slash == std::string_view::npos) return {};
        key.remove_prefix(slash + 1);
    }
}

void check_key(std::string_view key) {
    if (const auto problem = key_problem(key)) {
        throw Error(Error::Retry::permanent, "bad_key",
                    "object key " + json_quote(truncate_utf8(scrub_utf8(key), 80)) +
                        " can't be used: " + *problem);
    }
}

void check_content_type(std::string_view content_type) {
    const auto fits = [](char c) { return c >= ' ' && c <= '~'; };
    if (content_type.size() >= 3 && content_type.size() <= 127 &&
        content_type.find('/') != std::string_view::npos &&
        std::ranges::all_of(content_type, fits)) {
        return;
    }
    throw Error(Error::Retry::permanent, "store_rejected",
                "content type " + json_quote(truncate_utf8(scrub_utf8(content_type), 80)) +
                    " can't be sent: it must look like image/webp");
}

}  // namespace barid::media
