// Where a picture comes from, and how its bytes are fetched without trusting that place.
//
// A URL is fetched with the address guard of HttpClient (no private addresses unless an operator
// allows the host), a size cap and few redirects. A path must lie under one of the operator's
// roots; the kernel itself refuses ways out of it (`..`, links, races). A key is read from the
// store. The SHA-256 is computed while the bytes arrive. Io thread only; files are read on
// `blocking`.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "base/asio.hpp"
#include "base/http_client.hpp"
#include "base/run_on.hpp"
#include "media/error.hpp"
#include "media/store.hpp"

namespace barid::media {

struct UrlSource {
    std::string url;
};
struct PathSource {
    std::string path;  ///< absolute under a root, or relative to the first root that has it
};
struct StoredSource {
    std::string key;
};
using Source = std::variant<UrlSource, PathSource, StoredSource>;

struct SourceOptions {
    std::size_t max_bytes = 32U << 20U;
    std::vector<std::string> roots;          ///< directories that local sources may lie in
    std::vector<std::string> allowed_hosts;  ///< hosts that may have a private address
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds total_timeout{60'000};
    int max_redirects = 3;
};

struct FetchedSource {
    std::string bytes;
    std::string sha256;  ///< lower-case hexadecimal
};

/// Throws media::Error. Permanent: source_not_found, source_denied, bad_source, too_large.
/// Transient: source_unavailable (with the server's Retry-After where it gave one). The store's
/// own errors come through.
awaitable<FetchedSource> fetch_source(Source source, const SourceOptions& options,
                                      http::HttpClient& http, ObjectStore& store,
                                      ThreadPool& blocking);

/// The same for a path alone; blocking.
[[nodiscard]] FetchedSource read_source_file(const std::string& path, const SourceOptions& options);

}  // namespace barid::media
