// What must hold for any bytes that a client sends to the HTTP port; the fuzzer and the test of the
// kept corpus run the same function. A broken promise aborts.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "admin/http/chunks.hpp"
#include "admin/http/event_stream.hpp"
#include "admin/http/forwarded.hpp"
#include "admin/http/guard.hpp"
#include "admin/http/response_head.hpp"
#include "admin/http/static_files.hpp"
#include "admin/http/target.hpp"
#include "base/text.hpp"

namespace barid::web::fuzz {

inline constexpr std::size_t kMaxHead = 2048;
inline constexpr std::size_t kMaxHeaders = 50;
inline constexpr std::size_t kMaxBody = 500;
/// Longer inputs aren't cut at every byte.
inline constexpr std::size_t kMaxCut = 200;

inline void promise(bool holds) {
    if (!holds) std::abort();
}

inline void clean(std::string_view path) {
    promise(path.starts_with('/') && is_valid_utf8(path));
    promise(path.find_first_of(std::string_view("\0\r\n\\", 4)) == path.npos);
    const std::string closed = std::string(path) + "/";
    promise(closed.find("/../") == closed.npos && closed.find("/./") == closed.npos);
    promise(path.find("//") == path.npos);
}

/// What was taken is what any other parser would take: written out plainly, it is read the same.
inline void served(const GuardedHead& head) {
    clean(head.path);
    const bool coded = head.head.count("Transfer-Encoding") == 1;
    promise((head.framing.kind == Framing::Kind::chunked) == coded);
    promise(!coded || head.head.count("Content-Length") == 0);
    promise(head.head.count("Host") == 1 || head.head.version == 10);
    promise(head.head.count("Authorization") <= 1 && head.head.count("Cookie") <= 1);
    std::string plain = head.head.method + " " + head.head.target +
                        (head.head.version == 11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (const auto& [name, value] : head.head.headers) plain += name + ": " + value + "\r\n";
    plain += "\r\n";
    HeadScanner scanner(plain.size());
    promise(scanner.scan(plain) == HeadScanner::State::complete);
    promise(scanner.size() == plain.size());
    const auto again = parse_head(plain, kMaxHeaders);
    promise(again.has_value() && again->head.headers == head.head.headers &&
            again->path == head.path && again->framing.length == head.framing.length);
    (void)wants_keep_alive(head.head);
}

/// The bytes as they arrive, all at once and one by one. What follows the head.
inline std::string_view head(std::string_view bytes) {
    HeadScanner whole(kMaxHead);
    const auto state = whole.scan(bytes);
    HeadScanner dribbled(kMaxHead);
    auto last = HeadScanner::State::more;
    for (std::size_t n = 0; n <= bytes.size() && last == HeadScanner::State::more; ++n) {
        last = dribbled.scan(bytes.substr(0, n));
    }
    promise(last == state && dribbled.size() == whole.size());
    promise(dribbled.refusal().status == whole.refusal().status);
    (void)guessed_target(bytes);
    if (state != HeadScanner::State::complete) return bytes;
    promise(whole.size() <= kMaxHead);
    const auto parsed = parse_head(bytes.substr(0, whole.size()), kMaxHeaders);
    if (parsed) {
        served(*parsed);
    } else {
        promise(parsed.error().status >= 400 && parsed.error().status <= 505);
        promise(!parsed.error().code.empty());
    }
    return bytes.substr(whole.size());
}

struct ChunksRead {
    ChunkReader::State state = ChunkReader::State::more;
    std::string body;
    std::size_t used = 0;
    friend bool operator==(const ChunksRead&, const ChunksRead&) = default;
};

inline ChunksRead chunks_cut(std::string_view bytes, std::size_t at) {
    ChunkReader reader(kMaxBody);
    ChunksRead result;
    for (const auto piece : {bytes.substr(0, at), bytes.substr(at)}) {
        if (result.state != ChunkReader::State::more) break;
        std::string_view rest = piece;
        result.state = reader.feed(rest, result.body);
        result.used += piece.size() - rest.size();
    }
    promise(result.body.size() <= kMaxBody);
    return result;
}

inline void chunks(std::string_view bytes) {
    const auto whole = chunks_cut(bytes, 0);
    for (std::size_t at = 1; at <= std::min(bytes.size(), kMaxCut); ++at) {
        promise(chunks_cut(bytes, at) == whole);
    }
}

inline void values(std::string_view bytes) {
    static const auto x_forwarded =
        TrustedProxies::parse({"127.0.0.1", "10.0.0.0/8"}, ForwardedBy::x_forwarded);
    static const auto forwarded =
        TrustedProxies::parse({"127.0.0.1", "10.0.0.0/8"}, ForwardedBy::forwarded);
    const std::string text(bytes);
    const RequestHead head{.method = "GET",
                           .target = "/",
                           .headers = {{"Accept-Encoding", text},
                                       {"Accept", text},
                                       {"X-Forwarded-For", text},
                                       {"X-Forwarded-Proto", text},
                                       {"Forwarded", text}}};
    const auto coding = choose_coding(head, true, false);
    promise(!coding || *coding != Coding::brotli);
    (void)choose_coding(head, true, true);
    (void)wants_html(head);
    (void)matches_etag(bytes, "\"1-2\"");
    const auto peer = boost::asio::ip::make_address("127.0.0.1");
    for (const auto& proxies : {x_forwarded, forwarded}) {
        boost::system::error_code problem;
        boost::asio::ip::make_address(proxies.client_of(peer, head, false).address, problem);
        promise(!problem);
    }
    if (const auto network = parse_network(bytes)) promise(network->contains(network->address));
    if (const auto path = clean_path(bytes)) clean(*path);
}

/// Nothing that a handler passes on from outside makes another line.
inline void answers(std::string_view bytes) {
    const std::string text(bytes);
    const auto lines = [](std::string_view head) { return std::ranges::count(head, '\n'); };
    const auto plain = response_head({.headers = {{"X", "y"}}}, {.request_id = "r", .length = 1});
    const auto made = response_head({.headers = {{"X", text}}}, {.request_id = "r", .length = 1});
    if (made) promise(lines(*made) == lines(*plain) && made->find('\0') == made->npos);
    const std::string kept = event_text(bytes, bytes, bytes);
    std::string_view event = kept;
    promise(event.ends_with("\n\n") && event.find("\n\n") == event.size() - 2);
    while (event.size() > 1) {
        promise(event.starts_with("id: ") || event.starts_with("event: ") ||
                event.starts_with("data: "));
        event.remove_prefix(event.find('\n') + 1);
    }
}

inline void request(std::string_view bytes) {
    const auto rest = head(bytes);
    chunks(rest);
    chunks(bytes);
    values(bytes);
    answers(bytes);
}

}  // namespace barid::web::fuzz
