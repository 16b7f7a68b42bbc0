#include "config/load.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "config/document.hpp"
#include "config/files.hpp"
#include "config/key.hpp"
#include "config/requirements.hpp"

namespace barid::config {
namespace {

constexpr std::size_t kMaxShownBytes = 120;
constexpr std::size_t kMaxShownProblems = 100;

std::string shown(const Key& key, const Value& value) {
    return key.secret ? kMask : truncate_utf8(show_value(value), kMaxShownBytes);
}

std::string describe(const std::variant<Value, Other>& value) {
    if (const auto* other = std::get_if<Other>(&value)) return other->what;
    static constexpr const char* kNames[] = {"a text", "an integer", "true or false",
                                             "a list of texts", "a list of integers"};
    return kNames[std::get<Value>(value).index()];
}

/// The value in the key's shape; an empty list fits both kinds of list.
std::optional<Value> in_shape(Shape shape, const std::variant<Value, Other>& given) {
    const auto* value = std::get_if<Value>(&given);
    if (value == nullptr) return std::nullopt;
    if (value->index() == static_cast<std::size_t>(shape)) return *value;
    const auto* texts = std::get_if<Texts>(value);
    if (shape == Shape::integers && texts != nullptr && texts->empty()) return Value(Integers{});
    return std::nullopt;
}

bool is_clean_text(std::string_view text) {
    return is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

bool is_clean(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return is_clean_text(*text);
    if (const auto* texts = std::get_if<Texts>(&value)) {
        return std::ranges::all_of(*texts,
                                   [](const std::string& text) { return is_clean_text(text); });
    }
    return true;
}

/// The lines that hold something, without the blanks around them.
Texts lines(std::string_view text) {
    Texts found;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == line.npos) continue;
        line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
        found.emplace_back(line);
    }
    return found;
}

bool is_empty_text(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr && text->empty();
}

/// Kubernetes puts variables like BARID_PORT_8787_TCP_ADDR into every pod beside a service named
/// barid, and BARID_SERVICE_HOST; Barid's tests use BARID_TEST_…. None of them is a mistake.
bool is_foreign(std::string_view variable, std::string_view value) {
    return variable.starts_with("BARID_TEST_") || variable.ends_with("_SERVICE_HOST") ||
           variable.find("_SERVICE_PORT") != std::string_view::npos ||
           variable.find("_PORT_") != std::string_view::npos ||
           (variable.ends_with("_PORT") && value.find("://") != std::string_view::npos);
}

class Loader {
  public:
    void usual_variables(const Environment& environment);
    void file(const std::filesystem::path& path);
    void variables(const Environment& environment);
    void requirements();

    Settings settings;
    std::vector<Problem> problems;

  private:
    struct Source {
        std::string where;   ///< Problem::where
        std::string key;     ///< Problem::key
        std::string origin;  ///< Settings::origins
    };
    void assign(const Key& key, const Value& value, const Source& source);
    void assign_from_file(const Key& key, const Value& path, const Source& source);
    void complain(const Key& key, const Source& source, std::string value, std::string text);
    bool add_section(const std::optional<std::string>& complaint, const Source& source);
    void file_entry(const Entry& entry, const std::string& path,
                    const std::set<std::string>& given);
    void unknown(const Source& source, const Texts& candidates);

    std::set<std::string> bad_keys_;
};

void Loader::complain(const Key& key, const Source& source, std::string value, std::string text) {
    problems.push_back({source.where, source.key, std::move(value), std::move(text)});
    bad_keys_.insert(key.name);
}

void Loader::assign(const Key& key, const Value& value, const Source& source) {
    if (!is_clean(value)) {
        return complain(key, source, "", "must be valid UTF-8 without NUL characters");
    }
    if (auto problem = key.assign(settings, value)) {
        return complain(key, source, shown(key, value), *std::move(problem));
    }
    settings.origins[key.name] = source.origin;
}

void Loader::assign_from_file(const Key& key, const Value& path, const Source& source) {
    const auto& name = std::get<std::string>(path);
    const std::string value = truncate_utf8(json_quote(name), kMaxShownBytes);
    if (!is_clean_text(name)) {
        return complain(key, source, "", "must be valid UTF-8 without NUL characters");
    }
    auto secret = read_secret(name);
    if (!secret) return complain(key, source, value, "the file " + secret.error());
    Source inner = source;
    inner.origin = fmt::format("{}, read from {}", source.origin, value);
    assign(key, key.shape == Shape::texts ? Value(lines(*secret)) : Value(*std::move(secret)),
           inner);
}

void Loader::unknown(const Source& source, const Texts& candidates) {
    const auto guess = nearest(source.key, candidates);
    // The value is left out: it may be a secret under a misspelt name.
    problems.push_back({source.where, source.key, "",
                        guess ? fmt::format("unknown; did you mean {}?", *guess)
                              : "unknown; `barid config print` lists everything that is known"});
}

void Loader::usual_variables(const Environment& environment) {
    for (const Key& key : keys()) {
        if (key.usual_variable.empty()) continue;
        const auto found = environment.find(key.usual_variable);
        if (found == environment.end() || found->second.empty()) continue;
        assign(key, Value(found->second), {"environment", key.usual_variable, key.usual_variable});
    }
}

bool Loader::add_section(const std::optional<std::string>& complaint, const Source& source) {
    if (complaint) problems.push_back({source.where, source.key, "", *complaint});
    return !complaint;
}

void Loader::file(const std::filesystem::path& path) {
    const Document document = read_document(path);
    problems.insert(problems.end(), document.problems.begin(), document.problems.end());
    std::set<std::string> given;
    for (const Entry& entry : document.entries) {
        const auto* value = std::get_if<Value>(&entry.value);
        if (value == nullptr || !is_empty_text(*value)) given.insert(entry.name);
    }
    for (const std::string& name : document.databases) settings.databases.emplace(name, Database{});
    for (const EmptySection& section : document.empty_sections) {
        const std::string where = fmt::format("{}:{}", path.string(), section.line);
        add_section(add_section_of_entry(settings, section.name + "."),
                    {where, section.name, where});
    }
    std::vector<Entry> entries;
    for (const Entry& entry : document.entries) {
        const std::string where = fmt::format("{}:{}", path.string(), entry.line);
        if (add_section(add_section_of_entry(settings, entry.name), {where, entry.name, where})) {
            entries.push_back(entry);
        }
    }
    for (const Entry& entry : entries) file_entry(entry, path.string(), given);
}

void Loader::file_entry(const Entry& entry, const std::string& path,
                        const std::set<std::string>& given) {
    const std::string where = fmt::format("{}:{}", path, entry.line);
    const Source source{where, entry.name, where};
    Texts candidates;
    for (const Key& key : all_keys(settings)) {
        const std::string twin = key.name + "_file";
        const bool is_twin = key.secret && entry.name == twin;
        if (entry.name == key.name || is_twin) {
            const auto value = in_shape(is_twin ? Shape::text : key.shape, entry.value);
            if (!value) {
                return complain(key, source, "",
                                fmt::format("must be {}, found {}",
                                            is_twin ? "the path of a file" : key.allowed,
                                            describe(entry.value)));
            }
            // "" stands for "not set", so that a usual variable still counts.
            if (is_empty_text(*value) && (key.secret || !key.usual_variable.empty())) return;
            if (!is_twin) return assign(key, *value, source);
            if (given.contains(key.name)) {
                return complain(key, source, "",
                                fmt::format("{} is there too; keep one of them", key.name));
            }
            return assign_from_file(key, *value, source);
        }
        candidates.push_back(key.name);
        if (key.secret) candidates.push_back(twin);
        for (std::size_t dot = key.name.find('.'); dot != std::string::npos;
             dot = key.name.find('.', dot + 1)) {
            const std::string section = key.name.substr(0, dot);
            if (entry.name == section) {
                problems.push_back({where, entry.name, "",
                                    fmt::format("is a section: write [{}] once, found {}", section,
                                                describe(entry.value))});
                return;
            }
            candidates.push_back(section);
        }
    }
    unknown(source, candidates);
}

void Loader::variables(const Environment& environment) {
    for (const auto& [variable, value] : environment) {
        if (value.empty()) continue;
        add_section(add_section_of_variable(settings, variable),
                    {"environment", variable, variable});
    }
    std::set<std::string> known;
    const auto given = [&](const std::string& variable) -> const std::string* {
        known.insert(variable);
        const auto found = environment.find(variable);
        // Compose files pass variables on as empty when the caller has none.
        return found == environment.end() || found->second.empty() ? nullptr : &found->second;
    };
    for (const Key& key : all_keys(settings)) {
        const std::string variable = key.variable();
        const std::string* text = given(variable);
        const Source source{"environment", variable, variable};
        if (key.secret) {
            const std::string twin = variable + "_FILE";
            const Source twin_source{"environment", twin, twin};
            const std::string* path = given(twin);
            if (path != nullptr && text != nullptr) {
                complain(key, twin_source, "",
                         fmt::format("{} is set too; keep one of them", variable));
            } else if (path != nullptr) {
                assign_from_file(key, Value(*path), twin_source);
            }
        }
        if (text == nullptr) continue;
        if (const auto value = parse_variable(key.shape, *text)) {
            assign(key, *value, source);
        } else {
            complain(key, source, shown(key, Value(scrub_utf8(*text))), "must be " + key.allowed);
        }
    }
    const Texts candidates(known.begin(), known.end());
    for (const auto& [variable, value] : environment) {
        if (!variable.starts_with("BARID_") || known.contains(variable)) continue;
        if (is_foreign(variable, value)) continue;
        unknown({"environment", truncate_utf8(scrub_utf8(variable), kMaxShownBytes), ""},
                candidates);
    }
}

void Loader::requirements() {
    for (const Requirement& need : unmet_requirements(settings)) {
        if (bad_keys_.contains(need.key)) continue;  // it is there, and was complained about
        const auto origin = settings.origins.find(need.because_key);
        problems.push_back({origin == settings.origins.end() ? "settings" : origin->second,
                            need.key, "", need.text});
    }
}

Loader read(const std::optional<std::filesystem::path>& file, const Environment& environment) {
    Loader loader;
    loader.usual_variables(environment);
    if (file) loader.file(*file);
    loader.variables(environment);
    loader.requirements();
    if (!loader.settings.databases.empty()) loader.settings.database = {};
    if (loader.settings.databases.size() == 1) {
        choose_database(loader.settings, loader.settings.databases.begin()->first);
    }
    return loader;
}

std::string summary(const std::vector<Problem>& problems) {
    std::string text = fmt::format("the configuration has {} problem{}:", problems.size(),
                                   problems.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < problems.size() && i < kMaxShownProblems; ++i) {
        text += "\n  " + problems[i].line();
    }
    if (problems.size() > kMaxShownProblems) {
        text += fmt::format("\n  and {} more", problems.size() - kMaxShownProblems);
    }
    return text;
}

}  // namespace

std::string Problem::line() const {
    std::string text = where;
    if (!key.empty()) text += ": " + key;
    if (!value.empty()) text += " = " + value;
    return text + ": " + message;
}

Error::Error(std::vector<Problem> problems)
    : barid::Error(Retry::permanent, summary(problems)), problems_(std::move(problems)) {}

Environment process_environment() {
    Environment environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

Settings load(const std::optional<std::filesystem::path>& file, const Environment& environment) {
    Loader loader = read(file, environment);
    if (!loader.problems.empty()) throw Error(std::move(loader.problems));
    return std::move(loader.settings);
}

std::vector<Problem> check(const std::optional<std::filesystem::path>& file,
                           const Environment& environment) {
    return read(file, environment).problems;
}

void require_database(const Settings& settings) {
    if (!settings.database.url.empty()) return;
    throw Error({{"settings", "database.url", "",
                  "is required; set DATABASE_URL, BARID_DATABASE_URL or `url` in [database], like "
                  "postgresql://barid@db.example.com/shop"}});
}

bool choose_database(Settings& settings, const std::string& name) {
    const auto found = settings.databases.find(name);
    if (found == settings.databases.end()) return false;
    settings.database = found->second;
    settings.database.name = name;
    settings.databases.clear();
    return true;
}

}  // namespace barid::config
