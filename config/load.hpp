// Reads Settings from a TOML file and the environment, and reports every problem at once.
//
// Later wins: built-in default, the usual variables (DATABASE_URL, GOOGLE_APPLICATION_CREDENTIALS),
// the file, BARID_SECTION_KEY. So a shop that already exports DATABASE_URL needs no file, a file
// is stronger than what happens to be in the environment, and a variable that names Barid is
// stronger than both. Secrets have a twin, `KEY_file` or BARID_SECTION_KEY_FILE, that names a file
// to read instead. Nothing here is kept: call it before threads start.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/settings.hpp"

namespace barid::config {

/// Variables by name. Tests hand in their own; programs use `process_environment()`.
using Environment = std::map<std::string, std::string>;
Environment process_environment();

struct Problem {
    std::string where;    ///< "barid.toml:12", "environment", or the file's name
    std::string key;      ///< "worker.concurrency" or "BARID_WORKER_CONCURRENCY"; may be empty
    std::string value;    ///< as given, cut and quoted; "***" for a secret; empty when pointless
    std::string message;  ///< what is wrong and what would be right

    /// One line: `barid.toml:12: worker.concurrency = 0: must be an integer from 1 to 10000`.
    [[nodiscard]] std::string line() const;
};

/// Permanent. what() lists every problem, one a line, and never a secret.
class Error : public barid::Error {
  public:
    explicit Error(std::vector<Problem> problems);
    [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }

  private:
    std::vector<Problem> problems_;
};

/// Throws Error when anything at all is wrong.
Settings load(const std::optional<std::filesystem::path>& file, const Environment& environment);

/// The same without throwing: every problem, or none.
std::vector<Problem> check(const std::optional<std::filesystem::path>& file,
                           const Environment& environment);

/// Throws Error that says how to give a database when there is none. Not part of `load`: `barid
/// dev` brings its own.
void require_database(const Settings& settings);

/// Makes one of several databases the only one; false when there is none of that name.
bool choose_database(Settings& settings, const std::string& name);

/// The settings in force as TOML, each with the place it came from; secrets as "***".
std::string render(const Settings& settings);

}  // namespace barid::config
