// Whether a stream can be relayed as it is configured: what a mapped table must look like, and what
// its queue must do for strict order. A sentence for each thing that is wrong, with how to mend it.
//
// The table needs a version per aggregate: `createdAt` is no order, since now() is the time at
// which a transaction began, and those that began first may commit last (docs/commerce.md).
// The judgement is pure; `check_outbox` reads the catalog. Io thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commerce/outbox_stream.hpp"
#include "queue/pg/pool.hpp"

namespace barid::commerce {

struct FoundColumn {
    std::string name;
    std::string type;  ///< as format_type writes it, without a length
    bool nullable = false;
};

struct FoundTable {
    bool exists = false;
    bool readable = false;   ///< by the owner of Barid's functions, which read and write it
    bool updatable = false;  ///< its delivered_at
    bool deletable = false;
    std::vector<FoundColumn> columns = {};
    /// The columns of each unique index that covers all rows.
    std::vector<std::vector<std::string>> unique_keys = {};
};

std::vector<std::string> outbox_table_problems(const OutboxStream& stream, const FoundTable& found);

/// Of the table, if there is one.
awaitable<std::vector<std::string>> check_outbox_table(pg::Pool& pool, OutboxStream stream);

/// Of the table, if there is one, and of the queue.
awaitable<std::vector<std::string>> check_outbox(pg::Pool& pool, OutboxStream stream);

}  // namespace barid::commerce
