#include "queue/pg/statement_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace barid::pg {
namespace {

/// Roles belong to the whole server, and are shared by all schemas.
constexpr std::array<std::string_view, 6> kRoles{"_producer", "_worker", "_operator",
                                                 "_readonly", "_admin",  "_commerce"};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// What follows the name: the end of the word, or of a channel's name, but not of a role's.
bool is_ours(std::string_view rest) {
    if (rest.empty() || !is_word(rest.front())) return true;
    const std::string_view word(rest.begin(), std::ranges::find_if_not(rest, is_word));
    return word.front() == '_' && std::ranges::find(kRoles, word) == kRoles.end();
}

std::string literal(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') quoted += '\'';
        quoted += c;
    }
    return quoted + "'";
}

}  // namespace

std::string in_schema(std::string_view sql, std::string_view schema) {
    if (schema == kDefaultSchema) return std::string(sql);
    std::string text;
    text.reserve(sql.size() + sql.size() / 16);
    std::size_t done = 0;
    for (std::size_t at = sql.find(kDefaultSchema); at != sql.npos;
         at = sql.find(kDefaultSchema, done)) {
        const std::size_t end = at + kDefaultSchema.size();
        const bool begins = at == 0 || !is_word(sql[at - 1]);
        text += sql.substr(done, at - done);
        text += begins && is_ours(sql.substr(end)) ? schema : kDefaultSchema;
        done = end;
    }
    text += sql.substr(done);
    return text;
}

const Statements::Statement& Statements::get(const std::string& sql, std::string_view schema) {
    const auto [at, is_new] = known_.try_emplace(sql);
    Statement& statement = at->second;
    if (is_new) {
        statement.name = fmt::format("b{}", ++names_);
        statement.text = in_schema(sql, schema);
    }
    statement.is_new = is_new;
    return statement;
}

std::string settings_statement(const std::vector<Setting>& settings, Scope scope) {
    std::string text;
    for (const auto& [name, value] : settings) {
        text += fmt::format("{}set_config({}, {}, {})", text.empty() ? "SELECT " : ", ",
                            literal(name), literal(value), scope == Scope::transaction);
    }
    return text;
}

}  // namespace barid::pg
