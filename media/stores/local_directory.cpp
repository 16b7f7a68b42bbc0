#include "media/stores/local_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/crypto.hpp"
#include "media/digest.hpp"
#include "media/error.hpp"
#include "media/store.hpp"

namespace barid::media {
namespace {

constexpr const char* kTemporary = ".tmp";
constexpr std::chrono::hours kLeftoverAge{1};
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::size_t kPieceBytes = 64U << 10U;

[[noreturn]] void fail(const std::string& what, int error) {
    const auto text = fmt::format("local store: {}: {}", what, std::strerror(error));
    switch (error) {
        case EACCES:
        case EPERM:
        case EROFS:
            throw Error(Error::Retry::permanent, "store_denied",
                        text + "; give the worker's user write access to the directory");
        case ENOSPC:
        case EDQUOT:
            throw Error(Error::Retry::transient, "store_full",
                        text + "; make room on the file system");
        case ELOOP:
        case ENOTDIR:
        case EISDIR:
            throw Error(Error::Retry::permanent, "store_rejected",
                        text +
                            "; something that isn't Barid's is in the way (a symbolic link, or "
                            "a file where a directory belongs)");
        default:
            throw Error(Error::Retry::transient, "store_unreachable", text);
    }
}

int open_at(int directory, const std::string& name, int flags, mode_t mode = 0) {
    int fd = -1;
    do {
        fd = ::openat(directory, name.c_str(), flags, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

void flush(int fd, const std::string& what) {
    if (::fsync(fd) != 0) fail("flushing " + what, errno);
}

void write_all(int fd, std::string_view bytes, const std::string& what) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("writing " + what, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string last_segment(std::string_view key) {
    return std::string(key.substr(key.rfind('/') + 1));
}

std::vector<std::string> directories_of(std::string_view key) {
    std::vector<std::string> result;
    for (auto slash = key.find('/'); slash != std::string_view::npos; slash = key.find('/')) {
        result.emplace_back(key.substr(0, slash));
        key.remove_prefix(slash + 1);
    }
    return result;
}

/// Deletes the temporary file unless it was renamed away.
struct TemporaryFile {
    int directory;
    std::string name;
    bool published = false;

    TemporaryFile(int in, std::string called) : directory(in), name(std::move(called)) {}
    TemporaryFile(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (!published) ::unlinkat(directory, name.c_str(), 0);
    }
};

}  // namespace

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
}

LocalDirectory::LocalDirectory(std::string directory) : path_(std::move(directory)) {
    std::error_code problem;
    std::filesystem::create_directories(path_, problem);
    if (problem) fail("making the directory " + path_, problem.value());
    // The root itself may be a symbolic link: the operator named it.
    root_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root_) fail("opening the directory " + path_, errno);
    if (::mkdirat(root_.get(), kTemporary, 0755) != 0 && errno != EEXIST) {
        fail("writing to the directory " + path_, errno);
    }
    temporary_ = UniqueFd(open_at(root_.get(), kTemporary, kDirectoryFlags));
    if (!temporary_) fail("opening " + path_ + "/.tmp", errno);
    const TemporaryFile probe(temporary_.get(), random_uuid());
    const UniqueFd fd(
        open_at(temporary_.get(), probe.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) fail("writing to the directory " + path_, errno);
    sweep_temporary_files();
}

void LocalDirectory::sweep_temporary_files() const {
    struct Close {
        void operator()(DIR* list) const noexcept { ::closedir(list); }
    };
    const int copy = open_at(temporary_.get(), ".", kDirectoryFlags);
    const std::unique_ptr<DIR, Close> list(copy < 0 ? nullptr : ::fdopendir(copy));
    if (!list) return;
    const auto now = std::chrono::system_clock::now();
    while (const dirent* entry = ::readdir(list.get())) {
        struct stat status = {};
        if (::fstatat(temporary_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode)) {
            continue;
        }
        const auto written = std::chrono::system_clock::from_time_t(status.st_mtime);
        if (now - written > kLeftoverAge) ::unlinkat(temporary_.get(), entry->d_name, 0);
    }
}

UniqueFd LocalDirectory::open_parent(std::string_view key, Missing missing) const {
    UniqueFd at(open_at(root_.get(), ".", kDirectoryFlags));
    if (!at) fail("opening the directory " + path_, errno);
    for (const auto& segment : directories_of(key)) {
        UniqueFd next(open_at(at.get(), segment, kDirectoryFlags));
        if (!next && errno == ENOENT && missing == Missing::make) {
            if (::mkdirat(at.get(), segment.c_str(), 0755) != 0 && errno != EEXIST) {
                // ENOENT: someone removed the emptied directory that we stand in.
                if (errno == ENOENT) return {};
                fail(fmt::format("making a directory for {}", key), errno);
            }
            flush(at.get(), segment);
            next = UniqueFd(open_at(at.get(), segment, kDirectoryFlags));
        }
        if (!next && errno == ENOENT) return {};
        if (!next) fail(fmt::format("opening {} of {}", segment, key), errno);
        at = std::move(next);
    }
    return at;
}

std::optional<OpenFile> LocalDirectory::open(std::string_view key) const {
    check_key(key);
    const auto parent = open_parent(key, Missing::fail);
    if (!parent) return {};
    // O_NONBLOCK: a FIFO that someone put there must not hold the thread.
    UniqueFd fd(
        open_at(parent.get(), last_segment(key), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd && (errno == ENOENT || errno == ELOOP)) return {};
    if (!fd) fail(fmt::format("opening {}", key), errno);
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0) fail(fmt::format("reading {}", key), errno);
    if (!S_ISREG(status.st_mode)) return {};
    return OpenFile{.fd = std::move(fd),
                    .bytes = static_cast<std::uint64_t>(status.st_size),
                    .modified = std::chrono::sys_seconds(std::chrono::seconds(status.st_mtime))};
}

void LocalDirectory::write(std::string_view key, std::string_view bytes) const {
    check_key(key);
    const auto what = std::string(key);
    TemporaryFile temporary(temporary_.get(), random_uuid());
    const UniqueFd fd(open_at(temporary_.get(), temporary.name,
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd) fail("writing " + what, errno);
    write_all(fd.get(), bytes, what);
    flush(fd.get(), what);
    // A `remove` elsewhere may delete the emptied directory between our two calls.
    for (int attempt = 0; attempt < 16; ++attempt) {
        const auto parent = open_parent(key, Missing::make);
        if (!parent) continue;
        if (::renameat(temporary_.get(), temporary.name.c_str(), parent.get(),
                       last_segment(key).c_str()) == 0) {
            temporary.published = true;
            flush(parent.get(), "the directory of " + what);
            return;
        }
        if (errno != ENOENT) fail("publishing " + what, errno);
    }
    fail("publishing " + what, ENOENT);
}

bool LocalDirectory::remove(std::string_view key) const {
    check_key(key);
    auto parent = open_parent(key, Missing::fail);
    if (!parent) return false;
    if (::unlinkat(parent.get(), last_segment(key).c_str(), 0) != 0) {
        if (errno == ENOENT) return false;
        fail(fmt::format("removing {}", key), errno);
    }
    flush(parent.get(), fmt::format("the directory of {}", key));
    for (auto slash = key.rfind('/'); slash != std::string_view::npos; slash = key.rfind('/')) {
        key = key.substr(0, slash);
        const auto above = open_parent(key, Missing::fail);
        if (!above || ::unlinkat(above.get(), last_segment(key).c_str(), AT_REMOVEDIR) != 0) break;
    }
    return true;
}

std::string read_piece(const OpenFile& file, std::uint64_t offset, std::size_t size) {
    std::string piece(size, '\0');
    ssize_t got = -1;
    do {
        got = ::pread(file.fd.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    if (got < 0) fail("reading a file", errno);
    piece.resize(static_cast<std::size_t>(got));
    return piece;
}

std::string sha256_of(const OpenFile& file) {
    Sha256Stream digest;
    for (std::uint64_t offset = 0;;) {
        const auto piece = read_piece(file, offset, kPieceBytes);
        if (piece.empty()) return digest.finish();
        digest.update(piece);
        offset += piece.size();
    }
}

}  // namespace barid::media
