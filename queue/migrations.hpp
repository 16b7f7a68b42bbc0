// The schema's migrations, embedded at build from queue/migrations/NNNN_name.sql.
#pragma once

#include <span>

namespace barid::queue {

struct Migration {
    int version;
    const char* name;
    const char* sql;
};

/// In order of version, without gaps, starting at 1.
std::span<const Migration> embedded_migrations();

}  // namespace barid::queue
