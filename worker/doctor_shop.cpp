#include "worker/doctor_shop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "worker/commerce_parts.hpp"

namespace barid::worker {

awaitable<Finding> check_shop(DoctorTools tools, config::Settings settings) {
    pg::Pool pool(tools.io, tools.blocking, shop_connect_options(settings), 1, {});
    const commerce::Shop shop(pool, settings.shop.schema);
    const std::vector<std::string> problems = co_await commerce::check_contract(
        shop, settings.shop.schema, settings.shop.role, used_functions(settings));
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

}  // namespace barid::worker
