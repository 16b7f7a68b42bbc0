#include "bench/client.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace barid::bench {
namespace {

struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};

Client::Rows rows_of(PGconn* conn, PGresult* raw) {
    const std::unique_ptr<PGresult, Clear> result(raw);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(std::string("benchmark database: ") + PQerrorMessage(conn));
    }
    Client::Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (int r = 0; r < PQntuples(result.get()); ++r) {
        for (int c = 0; c < PQnfields(result.get()); ++c) {
            rows[static_cast<std::size_t>(r)].emplace_back(PQgetvalue(result.get(), r, c));
        }
    }
    return rows;
}

}  // namespace

void Client::Finish::operator()(pg_conn* conn) const noexcept {
    PQfinish(conn);
}

Client::Client(const std::string& url) : conn_(PQconnectdb(url.c_str())) {
    if (PQstatus(conn_.get()) != CONNECTION_OK) {
        throw std::runtime_error(std::string("benchmark database: ") + PQerrorMessage(conn_.get()));
    }
    PQsetNoticeReceiver(conn_.get(), [](void*, const PGresult*) {}, nullptr);
}

Client::~Client() = default;

Client::Rows Client::script(const std::string& sql) {
    return rows_of(conn_.get(), PQexec(conn_.get(), sql.c_str()));
}

std::string Client::value(const std::string& sql) {
    const Rows rows = script(sql);
    return rows.empty() || rows[0].empty() ? std::string() : rows[0][0];
}

void Client::prepare(const std::string& name, const std::string& sql) {
    rows_of(conn_.get(), PQprepare(conn_.get(), name.c_str(), sql.c_str(), 0, nullptr));
}

Client::Rows Client::run(const std::string& name, const std::vector<std::string>& params) {
    std::vector<const char*> values;
    for (const std::string& param : params) values.push_back(param.c_str());
    return rows_of(conn_.get(),
                   PQexecPrepared(conn_.get(), name.c_str(), static_cast<int>(values.size()),
                                  values.data(), nullptr, nullptr, 0));
}

std::string with_database(const std::string& url, const std::string& database) {
    const auto query = url.find('?');
    const std::string base = url.substr(0, query);
    const std::string tail = query == std::string::npos ? "" : url.substr(query);
    const auto scheme = base.find("://");
    if (scheme == std::string::npos) {
        throw std::runtime_error("the benchmark database must be given as a postgresql:// URL");
    }
    const auto slash = base.find('/', scheme + 3);
    return base.substr(0, slash) + "/" + database + tail;
}

}  // namespace barid::bench
