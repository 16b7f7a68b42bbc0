#include "translate/similar.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kLongestQuote = 200;  // bytes of each text
constexpr std::size_t kMostTexts = 2;
constexpr int kMostHints = 2;  // for each text

}  // namespace

awaitable<std::string> similar_hints(pg::Pool& pool, std::vector<std::string> texts,
                                     Language source, Language target) {
    std::string out;
    texts.resize(std::min(texts.size(), kMostTexts));
    for (const std::string& text : texts) {
        const pg::Result rows = co_await pool.execute(
            R"sql(
            SELECT source_text, translation, round(similarity * 100)::integer
            FROM barid.similar_translations($1, $2, $3, $4::integer)
        )sql",
            pg::Params(text, to_string(source), to_string(target), kMostHints));
        for (const pg::Row row : rows) {
            out += out.empty() ? "similar: " : ", ";
            out += fmt::format(
                "“{}” is “{}” ({} %)", truncate_utf8(row.get<std::string>(0), kLongestQuote),
                truncate_utf8(row.get<std::string>(1), kLongestQuote), row.get<std::int32_t>(2));
        }
    }
    co_return out;
}

}  // namespace barid::translate
