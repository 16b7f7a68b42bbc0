// What is done to a statement's text before it is sent: the schema's name, and settings.
//
// All SQL of the program, migrations included, calls its schema `barid`. Another name is put in
// its place here, and nowhere else: in the word `barid`, and in names that begin with `barid_`
// (channels), except the five roles, which belong to the whole server. Parameters are never
// touched. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace barid::pg {

inline constexpr std::string_view kDefaultSchema = "barid";

/// The text with `schema` for `barid`; `schema` must be a name that needs no quotes.
std::string in_schema(std::string_view sql, std::string_view schema);

/// The statements that a connection has met, by the text that came.
class Statements {
  public:
    struct Statement {
        std::string name;    ///< to prepare it under
        std::string text;    ///< to send
        bool is_new = true;  ///< met for the first time
    };
    const Statement& get(const std::string& sql, std::string_view schema);
    /// The next time it is new again, under a new name.
    void forget(const std::string& sql) { known_.erase(sql); }

  private:
    std::unordered_map<std::string, Statement> known_;
    std::size_t names_ = 0;
};

/// A run-time parameter of PostgreSQL: {"jit", "off"}, {"role", "barid_worker"}.
struct Setting {
    std::string name;
    std::string value;
};

enum class Scope {
    session,
    transaction,  ///< as SET LOCAL: gone with the transaction
};

/// One SELECT that sets them all, "" for none.
std::string settings_statement(const std::vector<Setting>& settings, Scope scope);

}  // namespace barid::pg
