// The admin API over a database of its own, without a socket: requests go through the dispatcher,
// with the rights of the role `barid_admin`, as whoever `as` says.
//
// Every answer is checked: JSON of the schema that its route declares, or a problem; and a change
// that succeeded has left a line in the audit log (the dispatcher sees to that).
//
//     add_jobs(routes);                       // in the test's constructor
//     const auto answer = get("/jobs?state=failed");
//     EXPECT_EQ(answer.status, 200);
//     EXPECT_EQ(answer.json.at("items").as_array().size(), 1U);
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access/gatekeeper.hpp"
#include "admin/api/call.hpp"
#include "admin/api/dispatcher.hpp"
#include "base/json.hpp"
#include "tests/support/database.hpp"

namespace barid::support {

/// Lets in whoever was set, or refuses with what was set.
class OpenDoor : public access::Gatekeeper {
  public:
    awaitable<std::variant<access::Principal, access::Denial>> admit(
        const web::Request& request) override;

    access::Principal principal;
    std::optional<access::Denial> denial;
};

/// All permissions, without limit.
access::Grants everything();
/// These and no others: {"jobs.view", "jobs.retry=mail,default"}.
access::Grants grants(const std::vector<std::string>& names);

struct ApiAnswer {
    int status = 0;
    json::value json;  ///< null when the body isn't JSON
    std::string body;
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;

    [[nodiscard]] std::string header(std::string_view name) const;
    /// A problem's code, "" for other answers.
    [[nodiscard]] std::string code() const;
    /// The answer's "items".
    [[nodiscard]] const json::array& items() const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class ApiFixture : public testing::Test, protected IoFixture {
  protected:
    ApiFixture();
    ~ApiFixture() override;

    /// What follows is asked by somebody with these grants. At first: everything.
    void as(access::Grants granted, std::string id = "account:1");

    ApiAnswer get(const std::string& target, Headers headers = {});
    ApiAnswer post(const std::string& target, const json::value& body = json::object(),
                   Headers headers = {});
    /// Any method; `body` is sent as it is.
    ApiAnswer ask(const std::string& method, const std::string& target, const std::string& body,
                  Headers headers = {});
    /// The same as a coroutine, unchecked: for requests at once.
    awaitable<web::Response> asked(std::string method, std::string target, json::value body);
    /// All pages of a list, one after the other.
    json::array all_items(const std::string& target);

    TestDatabase database;
    api::Routes routes;
    OpenDoor door;

  private:
    struct Api;
    Api& api();
    void check(const web::Request& request, const ApiAnswer& answer);

    std::unique_ptr<Api> api_;
};

}  // namespace barid::support
