#include "admin/api/route.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "admin/api/openapi.hpp"
#include "base/json.hpp"

namespace barid::api {
namespace {

awaitable<web::Response> nothing(Call&) {
    co_return web::Response{};
}

Route route(std::string method, std::string path, std::string operation) {
    Route made{.method = std::move(method),
               .path = std::move(path),
               .operation = std::move(operation),
               .tag = "t",
               .summary = "s"};
    made.handler = &nothing;
    if (made.path.find("{id}") != std::string::npos)
        made.parameters = {{.name = "id", .means = ""}};
    return made;
}

TEST(Routes, FindTheOneThatFits) {
    Routes routes;
    routes.add(route("GET", "/jobs", "list"));
    routes.add(route("GET", "/jobs/{id}", "show"));
    routes.add(route("GET", "/jobs/count", "count"));
    routes.add(route("POST", "/jobs/{id}/retry", "retry"));
    EXPECT_EQ(routes.match("GET", "/jobs").route->operation, "list");
    EXPECT_EQ(routes.match("GET", "/jobs/7").route->operation, "show");
    EXPECT_EQ(routes.match("GET", "/jobs/7").path.at("id"), "7");
    EXPECT_EQ(routes.match("GET", "/jobs/count").route->operation, "count") << "words win";
    EXPECT_EQ(routes.match("HEAD", "/jobs/7").route->operation, "show");
    EXPECT_EQ(routes.match("DELETE", "/jobs/7/retry").allowed, std::vector<std::string>{"POST"});
    for (const auto* path :
         {"", "/", "/jobs/", "/jobs//retry", "/jobs/7/", "jobs", "/jobs/7/retry/x"}) {
        EXPECT_EQ(routes.match("GET", path).route, nullptr) << path;
    }
}

TEST(Routes, RefuseTwoOfTheSame) {
    Routes routes;
    routes.add(route("GET", "/jobs", "list"));
    EXPECT_THROW(routes.add(route("GET", "/jobs", "other")), std::logic_error);
    EXPECT_THROW(routes.add(route("POST", "/jobs", "list")), std::logic_error);
    auto undeclared = route("GET", "/jobs/{id}", "show");
    undeclared.parameters.clear();
    EXPECT_THROW(routes.add(std::move(undeclared)), std::logic_error);
}

TEST(OpenApi, ClosesObjectsAndAsksForAllThatIsAnswered) {
    Routes routes;
    routes.schema("In", R"({"type": "object", "properties": {"a": {"type": "string"}}})");
    routes.schema("Out", R"({"type": "object", "properties": {"a": {"type": "string"}}})");
    auto made = route("POST", "/things", "make");
    made.body = "In";
    made.answer = "Out";
    routes.add(std::move(made));
    const auto document = parse_json(openapi(routes, "1"));
    const auto& schemas = document.at("components").at("schemas").as_object();
    EXPECT_FALSE(schemas.at("Out").at("additionalProperties").as_bool());
    EXPECT_EQ(schemas.at("Out").at("required").as_array().size(), 1U);
    EXPECT_FALSE(schemas.at("In").as_object().contains("required"));
    EXPECT_EQ(document.at("paths").at("/things").at("post").at("x-permission").as_string(),
              "admin");
}

TEST(OpenApi, NoticesASchemaThatIsNotThere) {
    Routes routes;
    auto made = route("GET", "/things", "list");
    made.answer = "Things";
    routes.add(std::move(made));
    EXPECT_THROW(openapi(routes, "1"), std::logic_error);
}

}  // namespace
}  // namespace barid::api
