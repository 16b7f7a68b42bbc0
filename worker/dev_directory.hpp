// Where `barid dev` keeps everything: the PostgreSQL cluster, pictures, logs, password and ports.
//
// Either a directory that the user named, which is kept, or a temporary one, which the server's
// guardian removes at the end (dev_server.hpp). Plain values; use before threads start.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/secret.hpp"

namespace barid::worker {

/// Who runs PostgreSQL, which refuses root.
struct ServerUser {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    bool change = false;  ///< we are root: become this user first
};

struct DevDirectory {
    std::filesystem::path root;  ///< absolute
    bool temporary = false;

    [[nodiscard]] std::filesystem::path cluster() const { return root / "postgres"; }
    [[nodiscard]] std::filesystem::path media() const { return root / "media"; }
    [[nodiscard]] std::filesystem::path pictures() const { return root / "pictures"; }
    [[nodiscard]] std::filesystem::path log(const std::string& name) const {
        return root / "log" / (name + ".log");
    }
    [[nodiscard]] std::filesystem::path password_file() const { return root / "password"; }
};

/// Makes what is missing; `wanted` empty: a temporary directory. Throws a permanent Error.
DevDirectory open_dev_directory(const std::string& wanted);

/// `postgres`, or else `nobody`, for root; ourselves otherwise.
ServerUser server_user();

/// The cluster's password; made at the first call, readable to us and to `user` alone.
Secret dev_password(const DevDirectory& directory, const ServerUser& user);

/// The ports of the last run, so that addresses in the database stay right; 0 when unknown.
struct DevPorts {
    std::uint16_t database = 0;
    std::uint16_t http = 0;
};
DevPorts read_ports(const DevDirectory& directory);
void write_ports(const DevDirectory& directory, DevPorts ports);

/// A free port of 127.0.0.1 that nobody gets while this object lives, except a server that binds
/// it with SO_REUSEADDR, as PostgreSQL and our own do: the socket is bound and never listens.
class ReservedPort {
  public:
    /// Takes `preferred` when it is free. Throws a permanent Error when no port is.
    explicit ReservedPort(std::uint16_t preferred);
    ~ReservedPort();
    ReservedPort(const ReservedPort&) = delete;
    ReservedPort& operator=(const ReservedPort&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace barid::worker
