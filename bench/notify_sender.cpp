#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdio>

#include "base/http2_client.hpp"
#include "base/http_curl.hpp"
#include "base/log.hpp"
#include "base/timeout.hpp"
#include "bench/notify_ledger.hpp"
#include "jobs/notify_broadcast.hpp"
#include "jobs/notify_send.hpp"
#include "notify/fcm_client.hpp"
#include "worker/worker.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

pg::ConnectOptions connect_to(const std::string& url) {
    pg::ConnectOptions options;
    options.conninfo = Secret(url);
    return options;
}

class Sender {
  public:
    explicit Sender(const SenderRole& role)
        : pool_(io_, blocking_, connect_to(role.url), 8, {}),
          curl_(io_, {.ca_file = role.ca_file}),
          http_(io_,
                {.origin = role.origin, .ca_file = role.ca_file, .connections = role.connections}),
          tokens_(curl_, clock_, oauth::ServiceAccountKey::from_file(role.account_file)),
          client_(http_, clock_, tokens_,
                  {.endpoint = role.origin, .max_concurrency = role.connections * 100}),
          channel_(client_),
          input_(io_, ::dup(STDIN_FILENO)) {
        const notify::Pacing pacing{.quota_per_minute = role.quota_per_minute,
                                    .ramp = std::chrono::seconds(0)};
        jobs::NotifySendOptions options;
        options.pacing = pacing;
        jobs::register_notify_send(registry_, {pool_, channel_, clock_, options});
        jobs::register_notify_broadcast(registry_, pool_, clock_);
        worker_ = std::make_unique<worker::Worker>(
            io_, blocking_, pool_, registry_,
            worker::WorkerOptions{.name = "bench", .queues = {"default"}, .concurrency = 50},
            log::Logger());
    }

    int run() {
        int code = 1;
        asio::co_spawn(io_, announce(), rethrow);
        asio::co_spawn(io_, worker_->run(), [&](const std::exception_ptr& e, bool clean) {
            if (e) std::rethrow_exception(e);
            code = clean ? 0 : 1;
            io_.stop();
        });
        io_.run();
        blocking_.join();
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto seconds = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
        };
        fmt::print("RESULT {} {}\n", seconds(usage.ru_utime) + seconds(usage.ru_stime),
                   usage.ru_maxrss);
        return code;
    }

  private:
    static void rethrow(const std::exception_ptr& e) {
        if (e) std::rethrow_exception(e);
    }

    awaitable<void> announce() {
        while (!worker_->ready()) co_await sleep_for(2ms);
        fmt::print("READY\n");
        std::fflush(stdout);
        char byte = 0;
        while (true) {
            const auto [ec, n] = co_await input_.async_read_some(asio::buffer(&byte, 1), use_tuple);
            if (ec) break;
        }
        worker_->request_stop();
    }

    asio::io_context io_{1};
    ThreadPool blocking_{2};
    SystemClock clock_;
    pg::Pool pool_;
    http::CurlHttpClient curl_;
    http::Http2Client http_;
    oauth::AccessTokenSource tokens_;
    notify::FcmClient client_;
    notify::FcmChannel channel_;
    asio::posix::stream_descriptor input_;
    jobs::Registry registry_;
    std::unique_ptr<worker::Worker> worker_;
};

}  // namespace

int run_sender(const SenderRole& role) {
    log::init({.level = log::Level::warn});
    return Sender(role).run();
}

}  // namespace barid::bench
