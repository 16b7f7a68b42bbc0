#include "config/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace barid::config {
namespace {

constexpr std::size_t kMaxSecretBytes = std::size_t{64} * 1024;

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

std::unexpected<std::string> system_problem(int code) {
    return std::unexpected("can't be read: " + std::generic_category().message(code));
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t max_bytes) {
    // O_NONBLOCK: opening a pipe without a writer would wait for one.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return system_problem(errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return system_problem(errno);
    if (!S_ISREG(status.st_mode)) return std::unexpected("is not a regular file");
    std::string text(max_bytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_problem(errno);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > max_bytes) {
        return std::unexpected(fmt::format("is larger than {} KiB", max_bytes / 1024));
    }
    text.resize(size);
    return text;
}

std::expected<std::string, std::string> read_secret(const std::filesystem::path& path) {
    auto text = read_file(path, kMaxSecretBytes);
    if (!text) return text;
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    if (text->empty()) return std::unexpected("is empty");
    return text;
}

}  // namespace barid::config
