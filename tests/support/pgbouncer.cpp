#include "tests/support/pgbouncer.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <fstream>
#include <map>
#include <stdexcept>

#include "tests/support/private_postgres.hpp"
#include "tests/support/unprivileged.hpp"

namespace barid::support {
namespace {

using namespace std::chrono_literals;

std::map<std::string, std::string> parse(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
    std::map<std::string, std::string> values;
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
        if (option->val != nullptr) values[option->keyword] = option->val;
    }
    return values;
}

}  // namespace

PgBouncer::PgBouncer(const std::string& url, Mode mode, int sessions) {
    constexpr std::array kModes{"session", "transaction", "statement"};
    auto server = parse(url);
    directory_ = unprivileged_directory("barid-bouncer");
    const std::uint16_t port = free_port();
    std::string target = fmt::format("host={} port={} user={}", server["host"],
                                     server["port"].empty() ? "5432" : server["port"],
                                     server["user"].empty() ? "postgres" : server["user"]);
    if (!server["password"].empty()) target += " password=" + server["password"];
    std::ofstream(directory_ / "pgbouncer.ini") << fmt::format(
        "[databases]\n* = {}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n"
        "unix_socket_dir =\nauth_type = any\npool_mode = {}\ndefault_pool_size = {}\n"
        "server_round_robin = 1\nmax_client_conn = 200\nlogfile = {}\n",
        target, port, kModes.at(static_cast<std::size_t>(mode)), sessions,
        (directory_ / "pgbouncer.log").string());
    process_ = std::make_unique<ChildProcess>(
        unprivileged({"/usr/sbin/pgbouncer", "-q", directory_ / "pgbouncer.ini"}),
        ChildProcess::Options{.environment = {}, .directory = directory_});
    url_ = fmt::format("postgresql://barid@127.0.0.1:{}/{}", port, server["dbname"]);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (true) {
        try {
            query(url_, "SELECT 1");
            return;
        } catch (const SqlError& e) {
            if (std::chrono::steady_clock::now() >= deadline) throw;
            if (process_->wait(20ms)) throw std::runtime_error("pgbouncer ended by itself");
        }
    }
}

PgBouncer::~PgBouncer() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

}  // namespace barid::support
