#include "media/source.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "media/digest.hpp"

namespace barid::media {
namespace {

class Fd {
  public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&&) = delete;
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

  private:
    int fd_;
};

[[noreturn]] void fail(Error::Retry retry, const char* code, const std::string& message,
                       std::optional<std::chrono::seconds> retry_after = {}) {
    throw Error(retry, code, message, retry_after);
}

[[noreturn]] void too_large(std::size_t limit) {
    fail(Error::Retry::permanent, "too_large",
         "the source has more than the allowed " + std::to_string(limit) + " bytes");
}

/// The path below `root`, or nothing when it doesn't lie there by its text.
std::optional<std::string> below(std::string_view path, std::string_view root) {
    if (!path.starts_with('/')) return std::string(path);
    while (root.ends_with('/')) root.remove_suffix(1);
    if (!path.starts_with(root) || path.size() <= root.size() + 1) return std::nullopt;
    if (path[root.size()] != '/') return std::nullopt;
    path.remove_prefix(root.size());
    while (path.starts_with('/')) path.remove_prefix(1);
    return std::string(path);
}

constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/// Without openat2: every component on its own, and no link at all.
int open_by_components(int root, std::string_view path) {
    int current = fcntl(root, F_DUPFD_CLOEXEC, 0);
    while (current >= 0) {
        const std::size_t slash = path.find('/');
        const std::string part(path.substr(0, slash));
        const bool last = slash == std::string_view::npos;
        if (part == "..") {
            ::close(current);
            errno = EXDEV;
            return -1;
        }
        const int next = part.empty() || part == "."
                             ? fcntl(current, F_DUPFD_CLOEXEC, 0)
                             : ::openat(current, part.c_str(),
                                        kOpenFlags | O_NOFOLLOW | (last ? 0 : O_DIRECTORY));
        const int error = errno;
        ::close(current);
        errno = error;
        if (last || next < 0) return next;
        current = next;
        path.remove_prefix(slash + 1);
    }
    return -1;
}

/// The kernel resolves the path and refuses every way out of `root`, links included: no check
/// that could be raced.
int open_beneath(int root, const std::string& path) {
    open_how how{};
    how.flags = kOpenFlags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const long fd = syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
    return open_by_components(root, path);
}

Fd open_source(const std::string& path, const SourceOptions& options) {
    if (path.empty() || path.find('\0') != std::string::npos) {
        fail(Error::Retry::permanent, "bad_source", "the source's path is empty or holds a NUL");
    }
    if (options.roots.empty()) {
        fail(Error::Retry::permanent, "source_denied",
             "local sources are turned off: no root directory is configured for them");
    }
    int error = EACCES;
    for (const std::string& root : options.roots) {
        const auto relative = below(path, root);
        if (!relative) continue;
        const Fd directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory.valid()) {
            error = errno;
            continue;
        }
        Fd file(open_beneath(directory.get(), *relative));
        if (file.valid()) return file;
        error = errno;
        if (error != ENOENT) break;
    }
    const std::string shown = truncate_utf8(scrub_utf8(path), 200);
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            fail(Error::Retry::permanent, "source_not_found", "there is no file " + shown);
        case EXDEV:
        case ELOOP:
        case EACCES:
        case EPERM:
            fail(Error::Retry::permanent, "source_denied",
                 shown + " does not lie under an allowed root, or may not be read");
        case ENAMETOOLONG:
            fail(Error::Retry::permanent, "bad_source", "the path is too long");
        default:
            fail(Error::Retry::transient, "source_unavailable",
                 shown + " can't be opened: " + std::strerror(error));
    }
}

std::string read_whole(int fd, std::size_t limit, Sha256Stream& hash) {
    std::string bytes;
    std::array<char, 65536> piece{};
    for (;;) {
        const ssize_t n = ::read(fd, piece.data(), piece.size());
        if (n == 0) return bytes;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            fail(Error::Retry::transient, "source_unavailable",
                 std::string("the source can't be read: ") + std::strerror(errno));
        }
        const std::string_view got(piece.data(), static_cast<std::size_t>(n));
        if (got.size() > limit - bytes.size()) too_large(limit);
        hash.update(got);
        bytes += got;
    }
}

void check_status(const http::Response& response) {
    const int status = response.status;
    if (status == 200) return;
    const std::string text = "the source's server answered " + std::to_string(status);
    if (status == 408 || status == 425 || status == 429 || status >= 500) {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        fail(Error::Retry::transient, "source_unavailable", text, http::retry_after(response, now));
    }
    const bool gone = status == 404 || status == 410;
    fail(Error::Retry::permanent, gone ? "source_not_found" : "source_denied", text);
}

[[noreturn]] void rethrow(const http::Error& e, std::size_t limit, bool over) {
    if (over || e.code() == "too_large") too_large(limit);
    const std::string text = std::string("the source can't be fetched: ") + e.what();
    if (e.transient()) fail(Error::Retry::transient, "source_unavailable", text);
    const bool denied = e.code() == "address_denied";
    fail(Error::Retry::permanent, denied ? "source_denied" : "bad_source", text);
}

awaitable<FetchedSource> fetch_url(std::string url, const SourceOptions& options,
                                   http::HttpClient& http) {
    FetchedSource fetched;
    Sha256Stream hash;
    bool over = false;
    http::Request request;
    request.url = std::move(url);
    request.headers.push_back({"Accept", "image/avif,image/webp,image/*;q=0.9"});
    request.connect_timeout = options.connect_timeout;
    request.total_timeout = options.total_timeout;
    request.max_response_bytes = options.max_bytes;
    request.max_redirects = options.max_redirects;
    request.addresses = http::Addresses::public_only;
    request.allowed_hosts = options.allowed_hosts;
    request.on_body = [&](std::string_view piece) {
        over = piece.size() > options.max_bytes - fetched.bytes.size();
        if (over) return false;
        hash.update(piece);
        fetched.bytes += piece;
        return true;
    };
    std::optional<http::Error> error;
    http::Response response;
    try {
        response = co_await http.send(std::move(request));
    } catch (const http::Error& e) {
        error = e;
    }
    if (error) rethrow(*error, options.max_bytes, over);
    check_status(response);
    fetched.sha256 = hash.finish();
    co_return fetched;
}

awaitable<FetchedSource> fetch_stored(std::string key, const SourceOptions& options,
                                      ObjectStore& store) {
    check_key(key);
    FetchedSource fetched;
    fetched.bytes = co_await store.get(std::move(key), options.max_bytes);
    Sha256Stream hash;
    hash.update(fetched.bytes);
    fetched.sha256 = hash.finish();
    co_return fetched;
}

}  // namespace

FetchedSource read_source_file(const std::string& path, const SourceOptions& options) {
    const Fd file = open_source(path, options);
    struct stat info{};
    if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
        fail(Error::Retry::permanent, "bad_source", "the source is not a regular file");
    }
    if (std::cmp_greater(info.st_size, options.max_bytes)) too_large(options.max_bytes);
    Sha256Stream hash;
    FetchedSource fetched;
    fetched.bytes = read_whole(file.get(), options.max_bytes, hash);
    fetched.sha256 = hash.finish();
    return fetched;
}

awaitable<FetchedSource> fetch_source(Source source, const SourceOptions& options,
                                      http::HttpClient& http, ObjectStore& store,
                                      ThreadPool& blocking) {
    if (auto* url = std::get_if<UrlSource>(&source)) {
        co_return co_await fetch_url(std::move(url->url), options, http);
    }
    if (auto* path = std::get_if<PathSource>(&source)) {
        auto read = [path = std::move(path->path), options] {
            return read_source_file(path, options);
        };
        co_return co_await run_on(blocking, std::move(read));
    }
    co_return co_await fetch_stored(std::get<StoredSource>(source).key, options, store);
}

}  // namespace barid::media
