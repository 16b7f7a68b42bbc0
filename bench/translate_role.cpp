#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdio>

#include "base/http_curl.hpp"
#include "base/log.hpp"
#include "base/timeout.hpp"
#include "bench/translate_suite.hpp"
#include "jobs/translate_backfill.hpp"
#include "jobs/translate_content.hpp"
#include "translate/deepl.hpp"
#include "worker/worker.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

pg::ConnectOptions connect_to(const std::string& url) {
    pg::ConnectOptions options;
    options.conninfo = Secret(url);
    return options;
}

class TranslatorProcess {
  public:
    explicit TranslatorProcess(const TranslatorRole& role)
        : pool_(io_, blocking_, connect_to(role.url), 10, {}),
          http_(io_),
          deepl_(http_, {.url = role.provider_url, .auth_key = Secret("bench-key")}),
          input_(io_, ::dup(STDIN_FILENO)) {
        translate::TranslatorOptions options;
        options.attributes = false;  // the provider is what is measured
        jobs::register_translate_content(
            registry_,
            {.pool = pool_, .providers = {&deepl_}, .options = options, .clock = clock_});
        jobs::register_translate_backfill(registry_, pool_, clock_);
        worker_ = std::make_unique<worker::Worker>(
            io_, blocking_, pool_, registry_,
            worker::WorkerOptions{.name = "bench", .queues = {"default"}, .concurrency = 16},
            log::Logger());
    }

    int run() {
        int code = 1;
        asio::co_spawn(io_, announce(), [](const std::exception_ptr& e) {
            if (e) std::rethrow_exception(e);
        });
        asio::co_spawn(io_, worker_->run(), [&](const std::exception_ptr& e, bool clean) {
            if (e) std::rethrow_exception(e);
            code = clean ? 0 : 1;
            io_.stop();
        });
        io_.run();
        blocking_.join();
        return code;
    }

  private:
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
    http::CurlHttpClient http_;
    translate::DeepL deepl_;
    asio::posix::stream_descriptor input_;
    jobs::Registry registry_;
    std::unique_ptr<worker::Worker> worker_;
};

}  // namespace

int run_translator(const TranslatorRole& role) {
    log::init({.level = log::Level::error});
    return TranslatorProcess(role).run();
}

}  // namespace barid::bench
