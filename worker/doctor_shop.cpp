#include "worker/doctor_shop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commerce/myfatoorah_answers.hpp"
#include "commerce/myfatoorah_gateway.hpp"
#include "worker/commerce_parts.hpp"
#include "worker/platform.hpp"

namespace barid::worker {

awaitable<Finding> check_shop(DoctorTools tools, config::Settings settings) {
    pg::Pool pool(tools.io, tools.blocking, shop_connect_options(settings), 1, {});
    pg::Pool barid(tools.io, tools.blocking, connect_options(settings), 1, {});
    const std::vector<std::string> problems = co_await shop_problems(pool, barid, settings);
    if (!problems.empty()) {
        co_return Finding{Finding::Level::problem, "shop",
                          fmt::format("{}", fmt::join(problems, "; ")),
                          "docs/commerce.md has what each function must be; examples/shop has all "
                          "of them"};
    }
    co_return Finding{
        Finding::Level::ok, "shop",
        fmt::format("the functions of {} are as they must be, for the role {}",
                    settings.shop.schema,
                    settings.shop.role.empty() ? "of the login" : settings.shop.role)};
}

awaitable<Finding> check_gateway(DoctorTools tools, config::Settings settings, std::string name) {
    const config::PaymentGateway gateway = settings.payment.at(name);
    const std::string check = "payment " + name;
    if (gateway.country == "dev") {
        co_return Finding{Finding::Level::warning, check,
                          "no gateway: invoices are rows of barid.dev_invoice, and no money moves",
                          "set country and api_key where customers pay"};
    }
    const std::string base =
        gateway.url.empty() ? std::string(commerce::myfatoorah_host(gateway.country)) : gateway.url;
    http::Request request{.method = "POST", .url = base + "/v2/GetPaymentStatus"};
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.authorization = Secret("Bearer " + gateway.api_key.reveal());
    request.body = R"({"Key":"barid-doctor","KeyType":"CustomerReference"})";
    request.total_timeout = gateway.timeout;
    request.max_response_bytes = commerce::kGatewayAnswerBytes;
    request.keep_beginning = true;
    request.addresses = gateway.allow_private ? http::Addresses::any : http::Addresses::public_only;
    const http::Response answer = co_await tools.http.send(std::move(request));
    if (answer.status == 401 || answer.status == 403) {
        co_return Finding{Finding::Level::problem, check,
                          fmt::format("{} doesn't take the key (HTTP {})", base, answer.status),
                          "make a new key in the account of that country, and give it as api_key"};
    }
    if (answer.status >= 500 || answer.status == 429) {
        co_return Finding{Finding::Level::warning, check,
                          fmt::format("{} answers HTTP {} for now", base, answer.status)};
    }
    const commerce::StatusAnswer read = commerce::read_payment_status(
        {.status = answer.status, .body = answer.body, .cut = answer.cut});
    if (read.trouble == commerce::Trouble::doubtful) {
        co_return Finding{
            Finding::Level::problem, check,
            fmt::format("{} doesn't answer as this gateway does ({})", base, read.problem),
            fmt::format("look at payment.{}.url", name)};
    }
    co_return Finding{Finding::Level::ok, check,
                      fmt::format("{} answers, and takes the key{}", base,
                                  gateway.webhook_secret.empty()
                                      ? "; without a webhook_secret its webhooks are refused"
                                      : "")};
}

}  // namespace barid::worker
