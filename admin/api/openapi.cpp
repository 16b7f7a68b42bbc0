#include "admin/api/openapi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "admin/api/call.hpp"
#include "base/json.hpp"

namespace barid::api {
namespace {

constexpr std::string_view kProblem = R"({
    "type": "object",
    "description": "RFC 9457. Branch on code; show detail; tell request_id to who keeps the logs.",
    "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "now": {"type": "object", "additionalProperties": true,
            "description": "of count_changed: the preview as it is now"},
        "errors": {"type": "array", "items": {"type": "object", "properties": {
            "at": {"type": "string", "description": "a JSON pointer into the body, or query/NAME"},
            "problem": {"type": "string"}}}}
    }})";

json::object schema_ref(std::string_view schema) {
    return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
}

/// Closes objects; in what the server answers, every member that is declared is there.
void complete(json::value& schema, bool answered) {
    if (auto* array = schema.if_array()) {
        for (auto& item : *array) complete(item, answered);
    }
    auto* object = schema.if_object();
    if (object == nullptr) return;
    if (const auto* declared = object->if_contains("properties");
        declared && declared->is_object()) {
        json::array names;
        for (const auto& [name, value] : declared->get_object()) names.emplace_back(name);
        // What is put into the object moves its members.
        if (!object->contains("additionalProperties")) (*object)["additionalProperties"] = false;
        if (answered && !object->contains("required")) (*object)["required"] = std::move(names);
        for (auto& [name, value] : object->at("properties").get_object()) {
            complete(value, answered);
        }
    }
    for (const auto* key : {"items", "additionalProperties", "oneOf", "anyOf", "allOf"}) {
        if (auto* inner = object->if_contains(key)) complete(*inner, answered);
    }
}

json::object schema_of(const Parameter& parameter) {
    using enum Parameter::Type;
    json::object schema;
    switch (parameter.type) {
        case integer:
            return {{"type", "integer"}, {"minimum", parameter.min}, {"maximum", parameter.max}};
        case boolean:
            return {{"type", "boolean"}};
        case time:
            return {{"type", "string"}, {"format", "date-time"}};
        case text:
        case texts:
            schema = {{"type", "string"}, {"minLength", 1}, {"maxLength", parameter.max_bytes}};
            break;
    }
    if (!parameter.one_of.empty()) {
        schema["enum"] = json::array(parameter.one_of.begin(), parameter.one_of.end());
    }
    if (parameter.type == texts) return {{"type", "array"}, {"items", std::move(schema)}};
    return schema;
}

json::array parameters_of(const Route& route) {
    json::array parameters;
    for (const auto& parameter : route.parameters) {
        const bool in_path = route.path.find("{" + parameter.name + "}") != std::string::npos;
        parameters.push_back({{"name", parameter.name},
                              {"in", in_path ? "path" : "query"},
                              {"description", parameter.means},
                              {"required", in_path || parameter.required},
                              {"schema", schema_of(parameter)}});
    }
    if (route.changes && route.open != Route::Open::to_all) {
        parameters.push_back({{"name", "Idempotency-Key"},
                              {"in", "header"},
                              {"description", "repeats of the request change nothing, for a day"},
                              {"required", false},
                              {"schema", {{"type", "string"}, {"maxLength", 200}}}});
    }
    return parameters;
}

json::object operation_of(const Route& route) {
    json::object answer = {{"description", route.answer.empty() ? "done" : route.answer}};
    if (!route.answer.empty()) {
        answer["content"] = {{"application/json", {{"schema", schema_ref(route.answer)}}}};
    }
    json::object operation = {
        {"operationId", route.operation},
        {"tags", {route.tag}},
        {"summary", route.summary},
        {"parameters", parameters_of(route)},
        {"responses",
         {{std::to_string(route.status), std::move(answer)},
          {"default",
           {{"description", "a problem"},
            {"content", {{"application/problem+json", {{"schema", schema_ref("Problem")}}}}}}}}}};
    if (!route.body.empty()) {
        operation["requestBody"] = {
            {"required", true},
            {"content", {{"application/json", {{"schema", schema_ref(route.body)}}}}}};
    }
    if (route.open == Route::Open::to_all) {
        operation["security"] = json::array();
    } else if (route.open == Route::Open::to_permitted) {
        operation["x-permission"] = std::string(access::name_of(route.permission));
    }
    return operation;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    return text;
}

json::object schemas_of(const Routes& routes) {
    std::set<std::string, std::less<>> bodies;
    for (const auto& route : routes.all()) bodies.insert(route.body);
    json::object schemas;
    for (const auto& [name, text] : routes.schemas()) {
        try {
            auto schema = parse_json(text);
            complete(schema, !bodies.contains(name));
            schemas[name] = std::move(schema);
        } catch (const Error& error) {
            throw std::logic_error(fmt::format("schema {}: {}", name, error.what()));
        }
    }
    auto problem = parse_json(kProblem);
    complete(problem, true);
    schemas["Problem"] = std::move(problem);
    return schemas;
}

}  // namespace

std::string openapi(const Routes& routes, std::string_view version) {
    auto schemas = schemas_of(routes);
    json::object paths;
    for (const auto& route : routes.all()) {
        for (const auto& name : {route.body, route.answer}) {
            if (!name.empty() && !schemas.contains(name)) {
                throw std::logic_error(route.operation + " names the schema " + name);
            }
        }
        auto& path = paths[route.path];
        if (!path.is_object()) path = json::object();
        path.get_object()[lower(route.method)] = operation_of(route);
    }
    const json::object document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Barid"},
          {"version", std::string(version)},
          {"description", "Watch, retry and re-send. See docs/admin.md."}}},
        {"servers", {{{"url", "/api/v1"}}}},
        {"security", {{{"bearer", json::array()}}, {{"session", json::array()}}}},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", std::move(schemas)},
          {"securitySchemes",
           {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
            {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-barid"}}}}}}}};
    return json::serialize(document);
}

void add_openapi(Routes& routes, std::string version) {
    routes.schema("OpenApi", R"({"type": "object", "description": "OpenAPI 3.1"})");
    routes.add({.method = "GET",
                .path = "/openapi.json",
                .operation = "getOpenApi",
                .tag = "meta",
                .summary = "This description.",
                .open = Route::Open::to_all,
                .answer = "OpenApi",
                .handler = [&routes, version = std::move(version),
                            text = std::string()](Call&) mutable -> awaitable<web::Response> {
                    if (text.empty()) text = openapi(routes, version);
                    co_return json_response(text);
                }});
}

}  // namespace barid::api
