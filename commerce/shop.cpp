#include "commerce/shop.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace barid::commerce {

std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + "\"";
}

Shop::Shop(pg::Pool& pool, std::string_view schema) : pool_(pool), schema_(quoted(schema)) {}

awaitable<pg::Result> Shop::rows(std::string_view function, std::string_view arguments,
                                 pg::Params params) const {
    const std::string sql =
        fmt::format("SELECT * FROM {}.{}({})", schema_, quoted(function), arguments);
    co_return co_await pool_.execute(sql, std::move(params));
}

awaitable<std::string> Shop::answer(std::string_view function, std::string_view arguments,
                                    pg::Params params,
                                    std::span<const std::string_view> allowed) const {
    const std::string name(function);
    const pg::Result result = co_await rows(function, arguments, std::move(params));
    const std::string said = result.size() == 1 && !result.one().is_null(0)
                                 ? std::string(result.one().text(0))
                                 : std::string();
    if (std::ranges::find(allowed, said) == allowed.end()) {
        throw Error(Error::Retry::permanent,
                    fmt::format("{}.{} answered {}, which the contract doesn't know", schema_, name,
                                said.empty() ? "nothing" : json_quote(truncate_utf8(said, 80))));
    }
    co_return said;
}

}  // namespace barid::commerce
