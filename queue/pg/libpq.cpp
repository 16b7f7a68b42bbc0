#include "queue/pg/libpq.hpp"

#include <fmt/format.h>

#include <new>
#include <vector>

namespace barid::pg {

std::unique_ptr<PGconn, FinishConnection> begin_connect(const Candidate& candidate) {
    std::vector<const char*> keys;
    std::vector<const char*> values;
    for (const auto& [key, value] : candidate.options) {
        keys.push_back(key.c_str());
        values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    std::unique_ptr<PGconn, FinishConnection> conn(
        PQconnectStartParams(keys.data(), values.data(), 0));
    if (!conn) throw std::bad_alloc();
    return conn;
}

std::string first_line(const char* text) {
    std::string_view view = text != nullptr ? text : "";
    while (!view.empty() && (view.back() == '\n' || view.back() == ' ')) view.remove_suffix(1);
    return std::string(view.substr(0, view.find('\n')));
}

Error error_from(const PGresult* result) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    // The detail is left out on purpose: it quotes values of the row.
    std::string message = primary != nullptr ? primary : first_line(PQresultErrorMessage(result));
    if (const char* constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)) {
        message += fmt::format(" (constraint {})", constraint);
    }
    // What Barid's own functions refuse comes with the way to mend it.
    const char* hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (hint != nullptr && state != nullptr && std::string_view(state) == "22023") {
        message += fmt::format(". {}", hint);
    }
    return {state != nullptr ? state : "", message};
}

}  // namespace barid::pg
