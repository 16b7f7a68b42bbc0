// /metrics: what this process did and what the database holds, in Prometheus' text format.
//
// Everything is read at the scrape; between scrapes nothing runs. docs/operations.md lists the
// names. What it watches must outlive it; io thread only.
#pragma once

#include <string>

#include "admin/http_server.hpp"
#include "base/asio.hpp"
#include "base/run_on.hpp"
#include "worker/database_sample.hpp"
#include "worker/worker.hpp"

namespace barid::worker {

/// What a worker process counted, as of now.
struct ProcessSample {
    bool lease_alive = false;
    std::size_t running = 0;
    std::size_t buffered = 0;
    std::size_t settle_pending = 0;
    std::uint64_t claimed = 0;
    std::uint64_t settled = 0;
    Histogram claims;
    Histogram settles;
    struct Kind {
        std::string name;
        KindMeter meter;
    };
    std::vector<Kind> kinds;
};

/// `database` may be missing: then its gauges are, too, and barid_database_up is 0. Pure.
std::string render_metrics(const ProcessSample& process, const DatabaseSample* database);

class Metrics {
  public:
    Metrics(asio::io_context& io, ThreadPool& blocking, pg::ConnectOptions options);

    void watch(const Worker& worker) { worker_ = &worker; }

    /// For the HTTP server; ends within seconds and doesn't throw.
    awaitable<admin::Answer> answer();

  private:
    DatabaseSampler sampler_;
    const Worker* worker_ = nullptr;
};

}  // namespace barid::worker
