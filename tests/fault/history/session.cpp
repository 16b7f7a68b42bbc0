#include "tests/fault/history/session.hpp"

namespace barid::history {

void Session::connect() {
    connection_.reset(PQconnectdb((url_ + "?connect_timeout=5").c_str()));
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        const std::string why = PQerrorMessage(connection_.get());
        connection_.reset();
        throw support::SqlError("", why);
    }
    PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
}

std::vector<Row> Session::query(const std::string& sql, const std::vector<Param>& params) {
    if (!connection_) connect();
    std::vector<const char*> values;
    for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
    const std::unique_ptr<PGresult, Finish> result(
        PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                     values.data(), nullptr, nullptr, 0));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        const support::SqlError error(state != nullptr ? state : "",
                                      PQerrorMessage(connection_.get()));
        if (PQstatus(connection_.get()) != CONNECTION_OK || outcome_is_open(error)) close();
        throw error;
    }
    std::vector<Row> rows;
    for (int r = 0; r < PQntuples(result.get()); ++r) {
        Row& row = rows.emplace_back();
        for (int c = 0; c < PQnfields(result.get()); ++c) {
            row.emplace_back(PQgetvalue(result.get(), r, c));
        }
    }
    return rows;
}

std::string Session::value(const std::string& sql, const std::vector<Param>& params) {
    const auto rows = query(sql, params);
    return rows.empty() || rows.front().empty() ? "" : rows.front().front();
}

bool outcome_is_open(const support::SqlError& error) {
    return error.sqlstate().empty() || error.sqlstate().starts_with("57P") ||
           error.sqlstate().starts_with("08");
}

}  // namespace barid::history
