#include "admin/http/target.hpp"

#include <algorithm>

#include "admin/http/rules.hpp"
#include "base/text.hpp"

namespace barid::web {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// An encoded slash would be a separator after decoding and none before.
std::expected<std::string, std::string> decode(std::string_view path) {
    std::string decoded;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            decoded += path[i];
            continue;
        }
        const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
        const int low = i + 2 < path.size() ? hex_value(path[i + 2]) : -1;
        if (high < 0 || low < 0) return std::unexpected("the path has a % without two hex digits");
        const int byte = high * 16 + low;
        if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\') {
            return std::unexpected("the path has an encoded character that it can't have");
        }
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

bool has_odd_segment(std::string_view path) {
    path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        if (segment == "." || segment == "..") return true;
        if (slash == path.npos) return false;
        if (segment.empty()) return true;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

std::expected<std::string, std::string> clean_path(std::string_view target) {
    const auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '\\'; };
    if (!target.starts_with('/') || !std::ranges::all_of(target, plain)) {
        return std::unexpected("the target must be a path");
    }
    auto path = decode(path_of(target));
    if (!path) return path;
    if (has_odd_segment(*path)) return std::unexpected("the path has an empty, . or .. segment");
    if (!is_valid_utf8(*path)) return std::unexpected("the path isn't UTF-8");
    return path;
}

}  // namespace barid::web
