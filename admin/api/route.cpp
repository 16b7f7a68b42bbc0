#include "admin/api/route.hpp"

#include <algorithm>
#include <stdexcept>

namespace barid::api {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto end = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

bool is_parameter(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

/// The parameters' values, or nothing when the path isn't the pattern's. `literals` counts the
/// segments that agreed word for word.
std::optional<std::map<std::string, std::string>> fit(std::string_view pattern,
                                                      const std::vector<std::string_view>& path,
                                                      std::size_t& literals) {
    const auto wanted = segments_of(pattern);
    if (wanted.size() != path.size()) return std::nullopt;
    std::map<std::string, std::string> values;
    literals = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (is_parameter(wanted[i])) {
            if (path[i].empty()) return std::nullopt;
            values.emplace(wanted[i].substr(1, wanted[i].size() - 2), path[i]);
        } else if (wanted[i] == path[i]) {
            ++literals;
        } else {
            return std::nullopt;
        }
    }
    return values;
}

void check_path_parameters(const Route& route) {
    for (const auto segment : segments_of(route.path)) {
        if (!is_parameter(segment)) continue;
        const auto name = segment.substr(1, segment.size() - 2);
        if (std::ranges::find(route.parameters, name, &Parameter::name) == route.parameters.end()) {
            throw std::logic_error(route.operation + " doesn't declare " + std::string(name));
        }
    }
}

}  // namespace

void Routes::add(Route route) {
    for (const auto& other : routes_) {
        if (other.operation == route.operation ||
            (other.method == route.method && other.path == route.path)) {
            throw std::logic_error("the route " + route.operation + " is there already");
        }
    }
    if (!route.handler) throw std::logic_error(route.operation + " has no handler");
    check_path_parameters(route);
    if (route.method == "GET") route.changes = false;
    routes_.push_back(std::move(route));
}

void Routes::schema(std::string name, std::string_view json) {
    if (!schemas_.emplace(name, json).second) {
        throw std::logic_error("the schema " + name + " is there already");
    }
}

Routes::Match Routes::match(std::string_view method, std::string_view path) const {
    Match match;
    if (!path.starts_with('/')) return match;
    const auto segments = segments_of(path);
    std::size_t best = 0;
    for (const auto& route : routes_) {
        std::size_t literals = 0;
        auto values = fit(route.path, segments, literals);
        if (!values) continue;
        // A HEAD is answered like a GET; the server leaves the body out.
        if (route.method != method && !(method == "HEAD" && route.method == "GET")) {
            match.allowed.push_back(route.method);
        } else if (match.route == nullptr || literals > best) {
            match.route = &route;
            match.path = std::move(*values);
            best = literals;
        }
    }
    return match;
}

}  // namespace barid::api
