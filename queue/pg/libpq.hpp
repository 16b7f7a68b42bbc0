// libpq's handles as owners, and its errors as ours. Private to queue/pg.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "queue/pg/error.hpp"
#include "queue/pg/resolve.hpp"

namespace barid::pg {

struct FinishConnection {
    void operator()(PGconn* conn) const { PQfinish(conn); }
};
struct FreeCancel {
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
struct FreeNotify {
    void operator()(PGnotify* notify) const { PQfreemem(notify); }
};

/// Starts to connect without waiting. Throws std::bad_alloc.
std::unique_ptr<PGconn, FinishConnection> begin_connect(const Candidate& candidate);

/// libpq's messages are several lines, the later ones hints.
std::string first_line(const char* text);

Error error_from(const PGresult* result);

}  // namespace barid::pg
