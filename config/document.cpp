#include "config/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "config/files.hpp"
#include "config/key.hpp"

namespace barid::config {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
// toml++ bounds nested values but not dotted keys, whose tables it builds and destroys
// recursively; a line's length bounds them.
constexpr std::size_t kMaxLineBytes = 4096;
constexpr std::size_t kMaxNameBytes = 100;

bool is_section(std::string_view name) {
    // Their names are the operator's; a [[database]] becomes databases.NAME.
    constexpr std::string_view kNamed[] = {"deliver.",       "databases.", "notify.fcm_projects.",
                                           "media.recipes.", "admin.jwt.", "payment.",
                                           "outbox.",        "projection."};
    for (const std::string_view section : kNamed) {
        if (name == section.substr(0, section.size() - 1)) return true;
        if (name.starts_with(section)) return name.find('.', section.size()) == name.npos;
    }
    return std::ranges::any_of(keys(), [&](const Key& key) {
        return key.name.size() > name.size() && key.name.starts_with(name) &&
               key.name[name.size()] == '.';
    });
}

std::optional<std::size_t> overlong_line(std::string_view text) {
    std::size_t line = 1;
    for (std::size_t begin = 0; begin < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end - begin > kMaxLineBytes) return line;
        begin = end + 1;
    }
    return std::nullopt;
}

std::variant<Value, Other> read_array(const toml::array& array) {
    if (array.empty()) return Value(Texts{});
    if (array.is_homogeneous(toml::node_type::string)) {
        Texts items;
        for (const auto& item : array) items.push_back(item.as_string()->get());
        return Value(std::move(items));
    }
    if (array.is_homogeneous(toml::node_type::integer)) {
        Integers items;
        for (const auto& item : array) items.push_back(item.as_integer()->get());
        return Value(std::move(items));
    }
    if (array.is_array_of_tables()) return Other{"a list of tables"};
    return Other{"a list of other things"};
}

std::variant<Value, Other> read_node(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::string:
            return Value(node.as_string()->get());
        case toml::node_type::integer:
            return Value(node.as_integer()->get());
        case toml::node_type::boolean:
            return Value(node.as_boolean()->get());
        case toml::node_type::array:
            return read_array(*node.as_array());
        case toml::node_type::floating_point:
            return Other{"a decimal number"};
        case toml::node_type::table:
            return Other{"a table"};
        default:
            return Other{"a date or time"};
    }
}

void collect(const toml::table& table, const std::string& prefix, Document& document) {
    for (const auto& [key, node] : table) {
        const std::string_view part = key.str();
        std::string name = prefix + truncate_utf8(part, kMaxNameBytes);
        // A quoted "a.b" is one name with a dot in it, not the key b of section a.
        const bool plain = part.find('.') == std::string_view::npos;
        if (!plain) name = prefix + json_quote(truncate_utf8(part, kMaxNameBytes));
        if (const auto* child = node.as_table(); child != nullptr && plain && is_section(name)) {
            collect(*child, name + ".", document);
            if (child->empty()) {
                document.empty_sections.push_back({name, node.source().begin.line});
            }
        } else {
            document.entries.push_back({name, node.source().begin.line, read_node(node)});
        }
    }
}

/// Each [[database]] has a name; its keys become databases.NAME.key.
void collect_databases(toml::table& root, const std::string& where, Document& document) {
    const auto* list = root["database"].as_array();
    if (list == nullptr || !list->is_array_of_tables()) return;
    std::set<std::string> names;
    for (const auto& item : *list) {
        toml::table table = *item.as_table();
        const auto name = table["name"].value<std::string>();
        if (!name || !is_endpoint_name(*name) || !names.insert(*name).second) {
            document.problems.push_back(
                {fmt::format("{}:{}", where, item.source().begin.line), "database.name", "",
                 "each [[database]] needs a name of its own: 1 to 40 of a-z, 0-9 and '_', a letter "
                 "first"});
            continue;
        }
        table.erase("name");
        collect(table, "databases." + *name + ".", document);
        // Known even when it says nothing else: then its url is missed.
        document.databases.push_back(*name);
    }
    root.erase("database");
}

}  // namespace

Document read_document(const std::filesystem::path& path) {
    Document document;
    const std::string where = path.string();
    const auto text = read_file(path, kMaxFileBytes);
    if (!text) {
        document.problems.push_back({where, "", "", text.error()});
        return document;
    }
    if (const auto line = overlong_line(*text)) {
        document.problems.push_back({fmt::format("{}:{}", where, *line), "", "",
                                     "the line is longer than 4 KiB; put long secrets into a "
                                     "file and name it by KEY_file"});
        return document;
    }
    try {
        toml::table root = toml::parse(*text);
        collect_databases(root, where, document);
        collect(root, "", document);
    } catch (const toml::parse_error& error) {
        const auto at = error.source().begin;
        document.problems.push_back({fmt::format("{}:{}", where, at.line), "", "",
                                     fmt::format("not valid TOML, column {}: {}", at.column,
                                                 truncate_utf8(error.description(), 300))});
    }
    std::ranges::sort(document.entries, [](const Entry& a, const Entry& b) {
        return std::tie(a.line, a.name) < std::tie(b.line, b.name);
    });
    return document;
}

}  // namespace barid::config
