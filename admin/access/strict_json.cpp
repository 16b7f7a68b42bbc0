#include "admin/access/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace barid::access {
namespace {

/// What Boost.JSON's parser calls. It hands over keys with their escapes undone.
struct RepeatedKeys {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using Code = boost::system::error_code;
    using Text = json::string_view;

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) {
        open.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, Code&) {
        open.pop_back();
        return true;
    }
    bool on_array_begin(Code&) { return true; }
    bool on_array_end(std::size_t, Code&) { return true; }
    bool on_key_part(Text part, std::size_t, Code&) {
        key.append(part.data(), part.size());
        return true;
    }
    bool on_key(Text part, std::size_t, Code& ec) {
        key.append(part.data(), part.size());
        const bool added = open.back().insert(std::move(key)).second;
        key.clear();
        if (!added) ec = make_error_code(json::error::syntax);
        return added;
    }
    bool on_string_part(Text, std::size_t, Code&) { return true; }
    bool on_string(Text, std::size_t, Code&) { return true; }
    bool on_number_part(Text, Code&) { return true; }
    bool on_int64(std::int64_t, Text, Code&) { return true; }
    bool on_uint64(std::uint64_t, Text, Code&) { return true; }
    bool on_double(double, Text, Code&) { return true; }
    bool on_bool(bool, Code&) { return true; }
    bool on_null(Code&) { return true; }
    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }

    std::vector<std::set<std::string>> open = {};
    std::string key = {};
};

}  // namespace

json::value parse_strict_json(std::string_view text) {
    json::value value = parse_json(text);
    json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    json::basic_parser<RepeatedKeys> parser(options);
    boost::system::error_code ec;
    parser.write_some(false, text.data(), text.size(), ec);
    if (ec) throw Error(Error::Retry::permanent, "an object names a member twice");
    return value;
}

}  // namespace barid::access
