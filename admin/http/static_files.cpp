#include "admin/http/static_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/http/response_head.hpp"
#include "base/error.hpp"

namespace barid::web {
namespace {

constexpr std::string_view kIndex = "index.html";

/// RFC 9110 §12.4.2: 0 to 1 with at most three decimals, in thousandths; nothing for anything else.
std::optional<int> weight(std::string_view text) {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return {};
    int value = (text[0] - '0') * 1000;
    if (text.size() == 1) return value;
    if (text[1] != '.' || text.size() > 5) return {};
    int place = 100;
    for (const char c : text.substr(2)) {
        if (c < '0' || c > '9') return {};
        value += (c - '0') * place;
        place /= 10;
    }
    return value <= 1000 ? std::optional(value) : std::nullopt;
}

struct Choice {
    std::string_view name;
    int weight = 1000;
};

/// "gzip;q=0.5": its name and weight. A weight that can't be read is 0: not wanted.
Choice read_choice(std::string_view text) {
    const auto semicolon = text.find(';');
    Choice choice{.name = trimmed(text.substr(0, semicolon))};
    while (!text.empty()) {
        const auto next = text.find(';');
        const auto parameter = trimmed(text.substr(0, next));
        if (parameter.size() >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') &&
            parameter[1] == '=') {
            choice.weight = weight(parameter.substr(2)).value_or(0);
        }
        text = next == text.npos ? "" : text.substr(next + 1);
    }
    return choice;
}

template <class Visit>
void each_choice(const RequestHead& head, std::string_view header, Visit visit) {
    for (const auto& [name, value] : head.headers) {
        if (!same_name(name, header)) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto comma = rest.find(',');
            const auto choice = read_choice(rest.substr(0, comma));
            if (!choice.name.empty()) visit(choice);
            rest = comma == rest.npos ? "" : rest.substr(comma + 1);
        }
    }
}

std::string_view name_of(Coding coding) {
    switch (coding) {
        case Coding::gzip:
            return "gzip";
        case Coding::brotli:
            return "br";
        case Coding::identity:
            break;
    }
    return "identity";
}

}  // namespace

std::optional<Coding> choose_coding(const RequestHead& head, bool has_gzip, bool has_brotli) {
    std::optional<int> gzip;
    std::optional<int> brotli;
    std::optional<int> identity;
    std::optional<int> others;
    each_choice(head, "Accept-Encoding", [&](const Choice& choice) {
        if (same_name(choice.name, "gzip") || same_name(choice.name, "x-gzip")) {
            gzip = choice.weight;
        } else if (same_name(choice.name, "br")) {
            brotli = choice.weight;
        } else if (same_name(choice.name, "identity")) {
            identity = choice.weight;
        } else if (choice.name == "*") {
            others = choice.weight;
        }
    });
    // What isn't named isn't wanted, but for identity, which is unless it is ruled out. It is the
    // last resort: a client that names a coding wants that one.
    const int for_brotli = has_brotli ? brotli.value_or(others.value_or(0)) : 0;
    const int for_gzip = has_gzip ? gzip.value_or(others.value_or(0)) : 0;
    const bool plain = identity.value_or(others.value_or(1)) > 0;
    if (identity && *identity > std::max(for_brotli, for_gzip)) return Coding::identity;
    if (for_brotli > 0 && for_brotli >= for_gzip) return Coding::brotli;
    if (for_gzip > 0) return Coding::gzip;
    return plain ? std::optional(Coding::identity) : std::nullopt;
}

bool wants_html(const RequestHead& head) {
    bool wanted = false;
    each_choice(head, "Accept", [&](const Choice& choice) {
        if (same_name(choice.name, "text/html") && choice.weight > 0) wanted = true;
    });
    return wanted;
}

StaticFiles::StaticFiles(std::string prefix, std::span<const Asset> assets,
                         std::string content_security_policy)
    : prefix_(std::move(prefix)), policy_(std::move(content_security_policy)) {
    if (!prefix_.starts_with('/') || !prefix_.ends_with('/')) {
        throw Error(Error::Retry::permanent, "assets need a prefix between slashes");
    }
    for (const auto& asset : assets) {
        files_.emplace(asset.path, &asset);
        const auto slash = asset.path.find('/');
        if (slash != asset.path.npos) folders_.insert(asset.path.substr(0, slash));
    }
    if (!files_.contains(kIndex)) {
        throw Error(Error::Retry::permanent, "the assets have no index.html");
    }
}

bool StaticFiles::owns(std::string_view path) const {
    return path.starts_with(prefix_) ||
           path == std::string_view(prefix_).substr(0, prefix_.size() - 1);
}

StaticFiles::Reply StaticFiles::answer(const RequestHead& head, std::string_view path) const {
    if (path.size() < prefix_.size()) {
        // Without the slash the page's relative links would lead elsewhere.
        auto response = plain_text(308, "see " + prefix_ + "\n");
        response.headers.emplace_back("Location", prefix_);
        return {.response = std::move(response)};
    }
    path.remove_prefix(prefix_.size());
    const auto found = files_.find(path.empty() ? kIndex : path);
    if (found != files_.end()) return send(head, *found->second);
    const bool in_folder = folders_.contains(path.substr(0, path.find('/')));
    if (!in_folder && wants_html(head)) return send(head, *files_.find(kIndex)->second);
    return {.response = plain_text(404, "not found\n")};
}

StaticFiles::Reply StaticFiles::send(const RequestHead& head, const Asset& asset) const {
    const auto coding = choose_coding(head, !asset.gzip.empty(), !asset.brotli.empty());
    if (!coding) {
        auto response = plain_text(406, "this file is there as identity, gzip or br\n");
        response.headers.emplace_back("Vary", "Accept-Encoding");
        return {.response = std::move(response)};
    }
    Reply reply{.response = {.content_type = std::string(asset.content_type)}};
    auto& headers = reply.response.headers;
    // RFC 9110 §8.8.3.3: each coding is a representation of its own.
    const auto etag = fmt::format("\"{}-{}\"", asset.etag, name_of(*coding));
    headers.emplace_back("ETag", etag);
    headers.emplace_back("Cache-Control",
                         asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    headers.emplace_back("Vary", "Accept-Encoding");
    headers.emplace_back("Content-Security-Policy", policy_);
    headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    headers.emplace_back("Referrer-Policy", "no-referrer");
    headers.emplace_back("Permissions-Policy",
                         "camera=(), display-capture=(), geolocation=(), microphone=(), "
                         "payment=(), usb=()");
    if (*coding != Coding::identity) headers.emplace_back("Content-Encoding", name_of(*coding));
    if (matches_etag(head.header("If-None-Match"), etag)) {
        reply.response.status = 304;
        return reply;
    }
    reply.body = *coding == Coding::brotli ? asset.brotli
                 : *coding == Coding::gzip ? asset.gzip
                                           : asset.identity;
    return reply;
}

}  // namespace barid::web
