#include "worker/dev_directory.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace barid::worker {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
    throw Error(Error::Retry::permanent, fmt::format("{} {}: {}", what, path.string(),
                                                     std::generic_category().message(error)));
}

fs::path make_temporary() {
    const char* base = std::getenv("TMPDIR");
    std::string name =
        (fs::path(base != nullptr && *base != '\0' ? base : "/tmp") / "barid-dev-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail(name, "can't make the temporary directory", errno);
    return fs::absolute(name);
}

bool bind_to(int socket, std::uint16_t port) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

DevDirectory open_dev_directory(const std::string& wanted) {
    DevDirectory directory;
    directory.temporary = wanted.empty();
    directory.root = wanted.empty() ? make_temporary() : fs::absolute(wanted).lexically_normal();
    try {
        if (fs::create_directories(directory.root) || directory.temporary) {
            // The server's user must be able to pass through, and nobody needs to look around.
            fs::permissions(directory.root, fs::perms(0711));
        }
        for (const fs::path& part :
             {directory.media(), directory.pictures(), directory.root / "log"}) {
            fs::create_directories(part);
        }
        directory.root = fs::canonical(directory.root);
    } catch (const fs::filesystem_error& e) {
        fail(directory.root, "can't use the data directory", e.code().value());
    }
    return directory;
}

ServerUser server_user() {
    if (geteuid() != 0) return {.name = "you", .uid = geteuid(), .gid = getegid()};
    for (const char* name : {"postgres", "nobody"}) {
        const passwd* entry = getpwnam(name);
        if (entry != nullptr && entry->pw_uid != 0) {
            return {.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid, .change = true};
        }
    }
    throw Error(Error::Retry::permanent,
                "PostgreSQL refuses to run as root, and there is neither a user postgres nor "
                "nobody: start barid dev as another user");
}

Secret dev_password(const DevDirectory& directory, const ServerUser& user) {
    const fs::path path = directory.password_file();
    std::string password;
    if (std::ifstream in(path); in >> password) return Secret(password);
    password = random_uuid();
    const mode_t old = umask(0077);
    std::ofstream out(path, std::ios::trunc);
    umask(old);
    out << password << '\n';
    out.close();
    if (!out || (user.change && chown(path.c_str(), user.uid, user.gid) != 0)) {
        fail(path, "can't write", errno);
    }
    return Secret(password);
}

DevPorts read_ports(const DevDirectory& directory) {
    DevPorts ports;
    std::ifstream in(directory.root / "ports");
    if (!(in >> ports.database >> ports.http)) return {};
    return ports;
}

void write_ports(const DevDirectory& directory, DevPorts ports) {
    std::ofstream out(directory.root / "ports", std::ios::trunc);
    out << ports.database << ' ' << ports.http << '\n';
    out.close();
    if (!out) fail(directory.root / "ports", "can't write", errno);
}

ReservedPort::ReservedPort(std::uint16_t preferred) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ((preferred == 0 || !bind_to(socket_, preferred)) && !bind_to(socket_, 0))) {
        const int error = errno;
        if (socket_ >= 0) ::close(socket_);
        fail("127.0.0.1", "there is no free port on", error);
    }
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
}

ReservedPort::~ReservedPort() {
    ::close(socket_);
}

}  // namespace barid::worker
