#include "tests/support/unprivileged.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "base/crypto.hpp"

namespace barid::support {

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    void* raw = &address;
    const bool bound = ::bind(fd, static_cast<sockaddr*>(raw), size) == 0 &&
                       ::getsockname(fd, static_cast<sockaddr*>(raw), &size) == 0;
    ::close(fd);
    if (!bound) throw std::runtime_error("no free port");
    return ::ntohs(address.sin_port);
}

std::vector<std::string> unprivileged(std::vector<std::string> command) {
    if (::geteuid() != 0) return command;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    std::vector<std::string> whole{"setpriv", "--reuid=" + std::to_string(user->pw_uid),
                                   "--regid=" + std::to_string(user->pw_gid), "--clear-groups",
                                   "--pdeathsig=KILL"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

namespace {
void hand_over(const std::filesystem::path& directory) {
    if (::geteuid() != 0) return;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (::chown(directory.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("cannot hand the test directory to another user");
    }
}

}  // namespace

std::filesystem::path unprivileged_directory(const std::string& name) {
    const auto directory = std::filesystem::temp_directory_path() /
                           (name + "-" + sha256_hex(random_uuid()).substr(0, 12));
    std::filesystem::create_directories(directory);
    hand_over(directory);
    return directory;
}

}  // namespace barid::support
