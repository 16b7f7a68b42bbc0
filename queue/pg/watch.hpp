// What keeps a dead network from being waited for: pings on idle connections, and cancel requests
// that hold nobody up.
//
// Keepalives find a peer that is gone, not one behind a proxy that still acknowledges. A statement
// in flight has its deadline; these find the connections that nobody uses just now.
#pragma once

#include <memory>

#include "base/asio.hpp"
#include "queue/pg/connection.hpp"

struct pg_cancel;

namespace barid::pg {

/// Pings the connection every few seconds while nothing is in flight, until it is lost or gone.
/// One that does not answer is lost within 8 s. Io thread only.
void keep_watch(const asio::any_io_executor& executor, const std::shared_ptr<Connection>& watched);

/// Sends the request on a thread that nobody waits for: PQcancel has no deadline. When
/// too many hang already, the request is dropped: it is a courtesy to the server.
void cancel_in_background(std::shared_ptr<pg_cancel> cancel);

}  // namespace barid::pg
