#include "media/stores/local_store.hpp"

#include <fmt/format.h>

#include "base/crypto.hpp"
#include "media/stores/signed_url.hpp"
#include "media/stores/store_http.hpp"

namespace barid::media {

LocalStore::LocalStore(ThreadPool& blocking, std::string directory, std::string base_url,
                       Secret secret)
    : blocking_(blocking),
      files_(std::make_shared<const LocalDirectory>(std::move(directory))),
      base_url_(parse_public_url(base_url, "the local store's public_url")),
      secret_(std::move(secret)) {}

std::string LocalStore::signed_url(std::string_view key, std::chrono::sys_seconds expires) const {
    if (secret_.empty()) return url(key);
    return url(key) + "?" + sign_local(secret_, key, expires);
}

std::string LocalStore::url(std::string_view key) const {
    return fmt::format("{}/{}", base_url_, key);
}

awaitable<StoredObject> LocalStore::put(std::string key, std::string bytes,
                                        std::string content_type) {
    check_key(key);
    check_content_type(content_type);
    StoredObject result{.key = key, .url = url(key), .sha256 = {}, .bytes = bytes.size()};
    auto work = [files = files_, key = std::move(key), bytes = std::move(bytes),
                 result = std::move(result)]() mutable {
        result.sha256 = sha256_hex(bytes);
        const auto present = files->open(key);
        if (present && present->bytes == bytes.size() && sha256_of(*present) == result.sha256) {
            result.existed = true;
            return result;
        }
        files->write(key, bytes);
        const auto copy = files->open(key);
        if (!copy || copy->bytes != bytes.size()) {
            throw Error(Error::Retry::transient, "checksum_mismatch",
                        fmt::format("local store: {} doesn't have the size that was written", key));
        }
        return result;
    };
    co_return co_await run_on(blocking_, std::move(work));
}

awaitable<std::optional<StoredObject>> LocalStore::head(std::string key) {
    check_key(key);
    StoredObject result{.key = key, .url = url(key), .sha256 = {}, .bytes = 0, .existed = true};
    auto work = [files = files_, key = std::move(key),
                 result = std::move(result)]() mutable -> std::optional<StoredObject> {
        const auto file = files->open(key);
        if (!file) return {};
        result.bytes = file->bytes;
        result.sha256 = sha256_of(*file);
        return result;
    };
    co_return co_await run_on(blocking_, std::move(work));
}

awaitable<std::string> LocalStore::get(std::string key, std::size_t max_bytes) {
    check_key(key);
    auto work = [files = files_, key = std::move(key), max_bytes] {
        const auto file = files->open(key);
        if (!file) {
            throw Error(Error::Retry::permanent, "not_found",
                        fmt::format("local store: {} isn't there", key));
        }
        if (file->bytes > max_bytes) {
            throw Error(Error::Retry::permanent, "too_large",
                        fmt::format("local store: {} has {} bytes, {} are allowed", key,
                                    file->bytes, max_bytes));
        }
        // Published files never change, so the size that was seen is the size there is.
        std::string bytes;
        while (bytes.size() < file->bytes) {
            const auto piece = read_piece(*file, bytes.size(), file->bytes - bytes.size());
            if (piece.empty()) break;
            bytes += piece;
        }
        return bytes;
    };
    co_return co_await run_on(blocking_, std::move(work));
}

awaitable<void> LocalStore::remove(std::string key) {
    check_key(key);
    co_await run_on(blocking_, [files = files_, key = std::move(key)] { files->remove(key); });
}

}  // namespace barid::media
