// A worker on a thread of the test's own process, reached through a gate: for faults whose moment
// a handler has to choose. Handlers run on the worker's thread; the test's thread looks at what
// they share under a lock of their own.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "jobs/registry.hpp"
#include "tests/fault/queue/fault_fixture.hpp"
#include "worker/worker.hpp"

namespace barid::fault {

class LocalWorker {
  public:
    using Handler = std::function<awaitable<queue::Outcome>(jobs::JobContext&)>;

    LocalWorker(std::string url, worker::WorkerOptions options)
        : url_(std::move(url)), options_(std::move(options)) {}
    ~LocalWorker() { stop(); }
    LocalWorker(const LocalWorker&) = delete;
    LocalWorker& operator=(const LocalWorker&) = delete;

    void handle(const std::string& kind, Handler run) {
        registry_.add_raw({.kind = kind,
                           .timeout = std::chrono::minutes(5),
                           .retry = {.base = std::chrono::milliseconds(1),
                                     .floor = std::chrono::milliseconds(0)}},
                          [run = std::move(run)](jobs::JobContext& context, const json::value&) {
                              return run(context);
                          });
    }

    jobs::Registry& registry() { return registry_; }

    void start() {
        pg::ConnectOptions connect;
        connect.conninfo = Secret(url_);
        pool_ = std::make_unique<pg::Pool>(io_, blocking_, connect, 5, log::Logger());
        worker_ = std::make_unique<worker::Worker>(io_, blocking_, *pool_, registry_, options_,
                                                   log::Logger());
        asio::co_spawn(io_, worker_->run(), [this](std::exception_ptr e, bool clean) {
            clean_ = !e && clean;
            io_.stop();
        });
        thread_ = std::thread([this] { io_.run(); });
    }

    /// True when everything was settled at the end.
    bool stop() {
        if (thread_.joinable()) {
            asio::post(io_, [this] { worker_->request_stop(); });
            thread_.join();
            worker_.reset();
            pool_.reset();
        }
        blocking_.stop();
        blocking_.join();
        return clean_;
    }

  private:
    std::string url_;
    worker::WorkerOptions options_;
    asio::io_context io_{1};
    ThreadPool blocking_{4};
    jobs::Registry registry_;
    std::unique_ptr<pg::Pool> pool_;
    std::unique_ptr<worker::Worker> worker_;
    std::thread thread_;
    bool clean_ = false;
};

}  // namespace barid::fault
