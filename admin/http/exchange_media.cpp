// Files of the local store, sent piece by piece.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "admin/http/exchange.hpp"
#include "admin/http/response_head.hpp"
#include "media/error.hpp"

namespace barid::web {
namespace {

constexpr std::string_view kForever = "public, max-age=31536000, immutable";
/// A shared cache would give a signed file to those who have no signature.
constexpr std::string_view kPrivately = "private, max-age=31536000, immutable";
constexpr std::size_t kPieceBytes = 64U << 10U;

}  // namespace

awaitable<bool> Exchange::serve_media_file(std::string key) {
    std::optional<media::OpenFile> file;
    std::string failure;
    try {
        file = co_await run_on(site_.blocking,
                               [directory = site_.media, key] { return directory->open(key); });
    } catch (const media::Error& error) {
        // A link or a file where a directory belongs isn't ours to show.
        if (error.code() != "store_rejected") failure = error.what();
    }
    if (!failure.empty()) {
        site_.log.error("a media file can't be read", {{"error", failure}});
        keep_ = false;
        co_return co_await send(plain_text(500, "can't read the file\n"));
    }
    if (!file) co_return co_await send(plain_text(404, "not found\n"));
    const auto& head = request_.head;
    const auto etag = file_etag(file->bytes, file->modified);
    Response response{.content_type = std::string(content_type_of(key))};
    response.headers.emplace_back("Cache-Control",
                                  site_.media_secret.empty() ? kForever : kPrivately);
    response.headers.emplace_back("ETag", etag);
    if (matches_etag(head.header("If-None-Match"), etag)) {
        response.status = 304;
        co_return co_await send(response);
    }
    const auto text =
        response_head(response, {.request_id = id_, .length = file->bytes, .keep_alive = keep_});
    if (!co_await connection_.write(text.value(), site_.options.write_timeout)) co_return false;
    const auto shared = std::make_shared<media::OpenFile>(std::move(*file));
    for (std::uint64_t offset = 0; !head_only_ && offset < shared->bytes;) {
        const auto size = std::min<std::uint64_t>(kPieceBytes, shared->bytes - offset);
        const auto piece = co_await run_on(site_.blocking, [shared, offset, size] {
            return media::read_piece(*shared, offset, size);
        });
        // A file that became shorter can't be announced any more; the connection has to break.
        if (piece.empty() || !co_await connection_.write(piece, site_.options.write_timeout)) {
            co_return false;
        }
        offset += piece.size();
    }
    co_return keep_;
}

}  // namespace barid::web
