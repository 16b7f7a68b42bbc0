// Files under one directory, by key, for LocalStore and for the HTTP server that serves them.
//
// A key is walked segment by segment without following symbolic links, so nothing outside the
// directory can be read or written. A file appears whole: it is written under `.tmp/`, flushed,
// renamed into place, and its directory flushed. All calls block: run them off the io thread.
// Thread-safe; processes may share the directory.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace barid::media {

/// Owns a file descriptor.
class UniqueFd {
  public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd();

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

struct OpenFile {
    UniqueFd fd;
    std::uint64_t bytes = 0;
    std::chrono::sys_seconds modified;
};

class LocalDirectory {
  public:
    /// Makes the directory (and those above it) if needed, tries a write, and removes what a crash
    /// left under `.tmp/` more than an hour ago. Throws media::Error with the way to mend it.
    explicit LocalDirectory(std::string directory);

    /// The file for reading, or nothing when there is no regular file of that key.
    [[nodiscard]] std::optional<OpenFile> open(std::string_view key) const;

    /// Writes and publishes the file, in place of one that was there.
    void write(std::string_view key, std::string_view bytes) const;

    /// Removes the file and the directories that this empties; false when it wasn't there.
    bool remove(std::string_view key) const;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    enum class Missing { fail, make };
    [[nodiscard]] UniqueFd open_parent(std::string_view key, Missing missing) const;
    void sweep_temporary_files() const;

    std::string path_;
    UniqueFd root_;
    UniqueFd temporary_;
};

/// SHA-256 (hex) of the whole file, read in pieces.
std::string sha256_of(const OpenFile& file);

/// Up to `size` bytes at `offset`; empty at the file's end.
std::string read_piece(const OpenFile& file, std::uint64_t offset, std::size_t size);

}  // namespace barid::media
