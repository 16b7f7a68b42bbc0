// What the admin's side of a process is made of, from the settings. Io thread only.
#pragma once

#include <memory>

#include "admin/console.hpp"
#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/run_on.hpp"
#include "config/settings.hpp"
#include "jobs/http_deliver.hpp"
#include "media/store.hpp"

namespace barid::worker {

/// What is lent to the console outlives it.
struct ConsoleLoans {
    asio::io_context& io;
    ThreadPool& blocking;
    const Clock& clock;
    http::HttpClient& http;  ///< for the keys of JWTs' issuers
    api::Watchers watchers = {};
    const media::ObjectStore* store = nullptr;       ///< signs the addresses of private pictures
    const jobs::DeliverBoard* deliveries = nullptr;  ///< where this process delivers webhooks
};

/// Throws a permanent Error when an issuer's key file can't be used.
std::unique_ptr<admin::Console> make_console(const ConsoleLoans& loans,
                                             const config::Settings& settings, log::Logger logger);

}  // namespace barid::worker
