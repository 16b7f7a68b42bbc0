#include "tests/support/api_fixture.hpp"

#include <algorithm>

#include "admin/api/openapi.hpp"
#include "tests/support/json_schema.hpp"

namespace barid::support {
namespace {

pg::ConnectOptions admin_options(const TestDatabase& database) {
    auto options = database.options();
    options.application_name = "barid-admin-test";
    options.settings = {{"role", "barid_admin"}, {"statement_timeout", "5000"}};
    return options;
}

/// As the server hands a path over: percent-decoded once.
std::string decoded(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool escaped = path[i] == '%' && i + 2 < path.size();
        out += escaped ? static_cast<char>(std::stoi(std::string(path.substr(i + 1, 2)), {}, 16))
                       : path[i];
        if (escaped) i += 2;
    }
    return out;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 32) == (y | 32); });
}

}  // namespace

awaitable<std::variant<access::Principal, access::Denial>> OpenDoor::admit(const web::Request&) {
    if (denial) co_return *denial;
    co_return principal;
}

access::Grants everything() {
    access::Grants all;
    all.add(access::Permission::admin);
    return all;
}

access::Grants grants(const std::vector<std::string>& names) {
    access::Grants granted;
    for (const auto& text : names) {
        const auto equals = std::min(text.find('='), text.size());
        const auto permission = access::permission_named(text.substr(0, equals));
        if (!permission) throw std::logic_error("no such permission: " + text);
        access::Reach reach;
        if (equals < text.size()) {
            reach.names.emplace();
            std::string rest = text.substr(equals + 1);
            while (!rest.empty()) {
                const auto comma = std::min(rest.find(','), rest.size());
                reach.names->push_back(rest.substr(0, comma));
                rest.erase(0, std::min(comma + 1, rest.size()));
            }
        }
        granted.add(*permission, std::move(reach));
    }
    return granted;
}

std::string ApiAnswer::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) return value;
    }
    return "";
}

std::string ApiAnswer::code() const {
    const auto* object = json.if_object();
    const auto* code = object != nullptr ? object->if_contains("code") : nullptr;
    return code != nullptr && code->is_string() ? std::string(code->get_string()) : "";
}

const json::array& ApiAnswer::items() const {
    return json.as_object().at("items").as_array();
}

/// Made at the first request, when the routes are there.
struct ApiFixture::Api {
    explicit Api(ApiFixture& fixture)
        : reads(fixture.io, fixture.blocking, admin_options(fixture.database), 4, {}),
          writes(fixture.io, fixture.blocking, admin_options(fixture.database), 4, {}),
          dispatcher(fixture.routes, fixture.door, {.reads = reads, .writes = writes}, {}, {}),
          application(dispatcher.application()),
          description(parse_json(api::openapi(fixture.routes, "test"))) {}

    pg::Pool reads;
    pg::Pool writes;
    api::Dispatcher dispatcher;
    web::Application application;
    json::value description;
};

ApiFixture::ApiFixture() {
    as(everything());
}

ApiFixture::~ApiFixture() = default;

ApiFixture::Api& ApiFixture::api() {
    if (!api_) api_ = std::make_unique<Api>(*this);
    return *api_;
}

void ApiFixture::as(access::Grants granted, std::string id) {
    door.principal = {.kind = access::Principal::Kind::account,
                      .id = std::move(id),
                      .name = "نورة",
                      .grants = std::move(granted),
                      .expires_at = {}};
}

ApiAnswer ApiFixture::get(const std::string& target, Headers headers) {
    return ask("GET", target, "", std::move(headers));
}

ApiAnswer ApiFixture::post(const std::string& target, const json::value& body, Headers headers) {
    return ask("POST", target, json::serialize(body), std::move(headers));
}

ApiAnswer ApiFixture::ask(const std::string& method, const std::string& target,
                          const std::string& body, Headers headers) {
    web::Request request;
    request.head.method = method;
    request.head.target = std::string(api::kPrefix) + target;
    request.head.headers = std::move(headers);
    request.head.headers.emplace_back("Host", "shop.example");
    if (!body.empty()) request.head.headers.emplace_back("Content-Type", "application/json");
    request.path = decoded(web::path_of(request.head.target));
    request.client_address = "192.0.2.7";
    request.id = "req-1";
    auto& api = this->api();
    const auto asked = [&]() -> awaitable<web::Response> {
        auto admission = co_await api.application.admit(request);
        if (admission.refusal) co_return std::move(*admission.refusal);
        if (body.size() > admission.max_body_bytes) {
            co_return web::Response{.status = 413, .content_type = "text/plain"};
        }
        request.body = body;
        co_return co_await api.application.answer(request, admission.context);
    };
    auto response = run(asked());
    ApiAnswer answer{.status = response.status,
                     .json = {},
                     .body = std::move(response.body),
                     .content_type = std::move(response.content_type),
                     .headers = std::move(response.headers)};
    if (answer.content_type.find("json") != std::string::npos && !answer.body.empty() &&
        answer.content_type.find("ndjson") == std::string::npos) {
        answer.json = parse_json(answer.body);
    }
    check(request, answer);
    return answer;
}

awaitable<web::Response> ApiFixture::asked(std::string method, std::string target,
                                           json::value body) {
    web::Request request;
    request.head.method = std::move(method);
    request.head.target = std::string(api::kPrefix) + target;
    request.head.headers = {{"Host", "shop.example"}, {"Content-Type", "application/json"}};
    request.path = web::path_of(request.head.target);
    request.client_address = "192.0.2.7";
    request.id = "req-1";
    auto admission = co_await api().application.admit(request);
    if (admission.refusal) co_return std::move(*admission.refusal);
    request.body = json::serialize(body);
    co_return co_await api().application.answer(std::move(request), admission.context);
}

void ApiFixture::check(const web::Request& request, const ApiAnswer& answer) {
    const auto path = std::string_view(request.path).substr(api::kPrefix.size());
    const auto match = routes.match(request.head.method, path);
    std::string schema = "Problem";
    if (answer.status < 400) {
        ASSERT_NE(match.route, nullptr) << request.path;
        schema = match.route->answer;
    }
    if (answer.status == 304 || answer.status == 413 || answer.json.is_null()) {
        EXPECT_TRUE(schema.empty() || answer.status >= 300 || !answer.body.empty())
            << request.path << " answered nothing where " << schema << " was declared";
        return;
    }
    ASSERT_FALSE(schema.empty()) << request.path << " declares no answer but gave " << answer.body;
    const auto& rule = api().description.at("components").at("schemas").at(schema);
    for (const auto& problem : schema_violations(api().description, rule, answer.json)) {
        ADD_FAILURE() << request.head.method << " " << request.head.target << " isn't a " << schema
                      << ": " << problem << "\n"
                      << answer.body.substr(0, 2000);
    }
}

json::array ApiFixture::all_items(const std::string& target) {
    json::array all;
    std::string cursor;
    do {
        const char* joint = target.find('?') == std::string::npos ? "?" : "&";
        const auto page = get(cursor.empty() ? target : target + joint + "cursor=" + cursor);
        if (page.status != 200) {
            ADD_FAILURE() << page.body;
            break;
        }
        for (const auto& item : page.items()) all.push_back(item);
        const auto& next = page.json.at("next");
        cursor = next.is_null() ? "" : std::string(next.as_string());
    } while (!cursor.empty() && all.size() < 100'000);
    return all;
}

}  // namespace barid::support
