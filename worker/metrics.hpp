// /metrics: what this process did and what the database holds, in Prometheus' text format.
//
// Everything is read at the scrape; between scrapes nothing runs. docs/operations.md lists the
// names. What it watches must outlive it; io thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/http/server.hpp"
#include "base/asio.hpp"
#include "base/meter.hpp"
#include "base/otlp_exporter.hpp"
#include "base/run_on.hpp"
#include "worker/database_sample.hpp"
#include "worker/process_meters.hpp"
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

/// What is known of one database, and of the work on it.
struct NamedSample {
    std::string database;  ///< the value of the label, which is left out when it is empty
    ProcessSample process;
    /// May be missing: then its gauges are, too, and barid_database_up is 0.
    std::shared_ptr<const DatabaseSample> sample;
    const ProcessMeters* meters = nullptr;  ///< of the worker's platform
};

/// What there is once in a process, of what it has.
struct ProgramSample {
    std::optional<trace::ExporterFigures> traces = {};
    const AdminMeter* admin = nullptr;
};

/// Every name once, with a series for each database. Pure.
std::string render_metrics(const std::vector<NamedSample>& databases,
                           const ProgramSample& program = {});

class Tracing;

class Metrics {
  public:
    Metrics(asio::io_context& io, ThreadPool& blocking) : io_(io), blocking_(blocking) {}

    /// `worker` may say nullptr: then it counted nothing yet. `database` is empty when it is alone.
    void watch(std::string database, pg::ConnectOptions options,
               std::function<const Worker*()> worker, const ProcessMeters* meters = nullptr);
    void watch_admin(const AdminMeter& admin) { admin_ = &admin; }
    void watch_traces(const Tracing& tracing) { tracing_ = &tracing; }

    /// For the HTTP server; ends within seconds and doesn't throw.
    awaitable<web::Answer> answer();

  private:
    struct Watched {
        std::string database;
        std::function<const Worker*()> worker;
        const ProcessMeters* meters;
        std::unique_ptr<DatabaseSampler> sampler;
    };

    asio::io_context& io_;
    ThreadPool& blocking_;
    std::vector<Watched> watched_;
    const AdminMeter* admin_ = nullptr;
    const Tracing* tracing_ = nullptr;
};

}  // namespace barid::worker
