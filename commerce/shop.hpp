// The shop's side of the contract: SQL functions that the shop provides (docs/commerce.md).
//
//     const std::string said = co_await shop.answer(
//         "mark_paid", "$1, $2, $3, $4, $5, $6, $7", pg::Params(…), kPaidAnswers);
//
// The schema's name is the operator's and stands quoted in each statement; nothing of a payload is
// ever a part of one. The pool's sessions have the shop's role, a pinned search_path and the
// timeouts of [shop]; each call is a transaction of its own, so that no HTTP request can run under
// its locks. Errors are pg::Error, transient where the call may be made again. Io thread only; the
// pool must outlive it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "queue/pg/pool.hpp"

namespace barid::commerce {

/// `name` as SQL takes it whatever is in it: "na""me".
std::string quoted(std::string_view name);

class Shop {
  public:
    Shop(pg::Pool& pool, std::string_view schema);

    /// SELECT * FROM schema.FUNCTION(ARGUMENTS), where `arguments` is text of the program's own
    /// like "$1::int, $2".
    awaitable<pg::Result> rows(std::string_view function, std::string_view arguments,
                               pg::Params params) const;

    /// For functions that return one text, which must be one of `allowed`: a permanent Error that
    /// names the function otherwise.
    awaitable<std::string> answer(std::string_view function, std::string_view arguments,
                                  pg::Params params,
                                  std::span<const std::string_view> allowed) const;

    /// "barid_shop", quoted.
    [[nodiscard]] const std::string& schema() const { return schema_; }
    [[nodiscard]] pg::Pool& pool() const { return pool_; }

  private:
    pg::Pool& pool_;
    std::string schema_;
};

/// What `answer` accepts, by function.
inline constexpr std::string_view kPaidAnswers[] = {"FLIPPED", "ALREADY", "LATE_PLACED",
                                                    "REFUND_DUE", "MISMATCH"};
inline constexpr std::string_view kExpireAnswers[] = {"CANCELLED", "SKIPPED_PAID", "SKIPPED_STATE",
                                                      "STALE_EVIDENCE"};
inline constexpr std::string_view kRecordAnswers[] = {"RECORDED", "STALE"};
inline constexpr std::string_view kFailAnswers[] = {"RETRY", "BLOCKED"};
inline constexpr std::string_view kSkipAnswers[] = {"SKIPPED", "NOT_BLOCKED"};
inline constexpr std::string_view kApplyAnswers[] = {"APPLIED", "STALE", "IGNORED"};

}  // namespace barid::commerce
