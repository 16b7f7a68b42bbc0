// A template as it is stored: one version, with a text for each language and channel, and what its
// variables must be. Plain values; the functions are pure and thread-safe.
//
// Channel "*" is the text for every channel that has none of its own. A text of the reader's
// language beats one written for the channel in another language.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/json_reader.hpp"

namespace barid::notify {

/// Spelled as in `template.variables`.
enum class VariableType { string, number, integer, money, date, boolean };

std::string_view to_string(VariableType type);

struct Variable {
    VariableType type = VariableType::string;
    bool required = true;
    std::size_t max_length = 2000;  ///< of a string, in characters
    json::value sample = nullptr;   ///< for previews and checks; null: the type's usual one
};

using VariableSchema = std::map<std::string, Variable, std::less<>>;

struct TemplateText {
    std::string channel = "*";  ///< "*", "push" or "email"
    std::string locale = {};
    std::string title = {};  ///< the subject of an e-mail
    std::string body = {};
    std::string html = {};  ///< e-mail only; empty: text alone
};

struct TemplateVersion {
    std::string key = {};
    int version = 0;
    VariableSchema variables = {};
    std::vector<TemplateText> texts = {};
};

/// Reads `template.variables`; throws PayloadError for what is no schema.
VariableSchema parse_schema(const json::value& variables);

/// Reads what `barid.template_version` returns.
TemplateVersion parse_template(const json::value& stored);

/// The text to show on `channel` to a reader of `chain` (see locale_chain): its own or the general
/// one, another channel's when there is neither; nullptr when there is no text at all.
const TemplateText* choose_text(const TemplateVersion& version, std::string_view channel,
                                std::span<const std::string> chain);

/// A value for every variable: its sample, or a usual one.
json::object sample_vars(const VariableSchema& schema);

/// What is wrong with `vars`: missing, of another type, too long, unknown. `at` is "/vars/name".
std::vector<Violation> check_vars(const VariableSchema& schema, const json::object& vars);

}  // namespace barid::notify
