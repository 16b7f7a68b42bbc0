// From one connection string to the list of single servers that libpq is asked to try.
//
// libpq's own multi-host walk blocks on DNS and has no time limit of its own in asynchronous
// mode, so Barid does the walk: names are resolved off the io thread, each address gets its own
// deadline. `prefer-standby` makes two rounds, as libpq does.
#pragma once

#include <string>
#include <vector>

namespace barid::pg {

/// Keywords and values for PQconnectStartParams, one server.
struct Candidate {
    std::vector<std::pair<std::string, std::string>> options;
    std::string host;   ///< name and port as they were given; several candidates may share one
    std::string label;  ///< "db1.example (10.0.0.7) port 5432", for errors
};

/// Blocking (getaddrinfo). Throws pg::Error: permanent 08001 for an unreadable string, transient
/// when no name resolves. Adds keepalives, tcp_user_timeout and the application name unless given.
std::vector<Candidate> resolve(const std::string& conninfo, const std::string& application_name);

}  // namespace barid::pg
