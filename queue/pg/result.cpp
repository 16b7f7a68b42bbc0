#include "queue/pg/result.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace barid::pg {

void ResultDeleter::operator()(pg_result* result) const noexcept { PQclear(result); }

bool Row::is_null(int column) const { return PQgetisnull(result_, row_, column) == 1; }

std::string_view Row::text(int column) const {
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

int Row::column_index(const char* column) const {
    const int index = PQfnumber(result_, column);
    if (index < 0) throw Error("42703", fmt::format("the result has no column {}", column));
    return index;
}

void Row::bad_value(int column, const char* wanted) const {
    const char* name = PQfname(result_, column);
    throw Error("22P02", fmt::format("column {} of the result is not {}",
                                     name != nullptr ? name : "?", wanted));
}

int Result::size() const { return handle_ ? PQntuples(handle_.get()) : 0; }

Row Result::one() const {
    if (size() == 0) throw Error("P0002", "the statement returned no row");
    if (size() > 1) throw Error("P0003", "the statement returned more than one row");
    return (*this)[0];
}

std::int64_t Result::affected() const {
    if (!handle_) return 0;
    const std::string_view text = PQcmdTuples(handle_.get());
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

std::vector<std::string> Result::columns() const {
    std::vector<std::string> names;
    for (int i = 0; handle_ && i < PQnfields(handle_.get()); ++i) {
        names.emplace_back(PQfname(handle_.get(), i));
    }
    return names;
}

std::uint32_t Result::type_oid(int column) const {
    return handle_ ? PQftype(handle_.get(), column) : 0;
}

std::string_view Result::command() const {
    return handle_ ? PQcmdStatus(handle_.get()) : std::string_view();
}

std::vector<std::string> parse_array(std::string_view text) {
    std::vector<std::string> elements;
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
        throw Error("22P02", "unreadable array");
    }
    text = text.substr(1, text.size() - 2);
    std::size_t i = 0;
    while (i < text.size()) {
        std::string element;
        const bool quoted = text[i] == '"';
        if (quoted) ++i;
        while (i < text.size() && (quoted ? text[i] != '"' : text[i] != ',')) {
            if (text[i] == '\\' && i + 1 < text.size()) ++i;
            element += text[i++];
        }
        if (quoted) ++i;
        if (quoted || element != "NULL") elements.push_back(std::move(element));
        ++i;  // the comma
    }
    return elements;
}

}  // namespace barid::pg
