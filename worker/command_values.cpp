#include "worker/command_values.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "queue/pg/params.hpp"
#include "worker/commands.hpp"

namespace barid::worker {

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string> given_json(const std::string& text, const char* option) {
    if (text.empty()) return std::nullopt;
    try {
        parse_json(text);
    } catch (const Error& e) {
        throw UsageError(fmt::format("{} is not usable JSON: {}", option, e.what()));
    }
    return text;
}

std::optional<std::string> languages(const std::vector<std::string>& texts, const char* option) {
    if (texts.empty()) return std::nullopt;
    json::object out;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw UsageError(fmt::format("{} needs a language first, such as en=Hello", option));
        }
        out[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return json::serialize(out);
}

std::optional<std::string> list(const std::vector<std::string>& words) {
    if (words.empty()) return std::nullopt;
    pg::ArrayBuilder array;
    for (const std::string& word : words) array.add(std::string_view(word));
    return std::move(array).finish();
}

}  // namespace barid::worker
