#include "bench/push_role.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>

#include "base/clock.hpp"
#include "base/http2_client.hpp"
#include "base/http_curl.hpp"
#include "notify/fcm_client.hpp"

namespace barid::bench {
namespace {

double cpu_so_far() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long peak_kilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

class Sender {
  public:
    explicit Sender(const PushRole& role)
        : role_(role),
          curl_(io_, {.ca_file = role.ca_file}),
          http_(io_,
                {.origin = role.origin, .ca_file = role.ca_file, .connections = role.connections}),
          tokens_(curl_, clock_, oauth::ServiceAccountKey::from_file(role.account_file)),
          client_(http_, clock_, tokens_, {.endpoint = role.origin}),
          channel_(client_) {}

    int run() {
        send(role_.concurrency);  // the connections are made, the code is warm
        accepted_ = 0;
        const double cpu = cpu_so_far();
        const auto began = std::chrono::steady_clock::now();
        send(role_.messages);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        fmt::print("RESULT {} {} {} {}\n", took.count(), peak_kilobytes(), cpu_so_far() - cpu,
                   accepted_);
        return 0;
    }

  private:
    void send(std::size_t count) {
        left_ = count;
        std::size_t running = std::min(role_.concurrency, count);
        for (std::size_t i = running; i > 0; --i) {
            asio::co_spawn(io_, send_some(), [this, &running](const std::exception_ptr& e) {
                if (e) std::rethrow_exception(e);
                if (--running == 0) io_.stop();
            });
        }
        io_.restart();
        io_.run();
    }

    awaitable<void> send_some() {
        notify::PushMessage message{.nid = "01a2004e-afc2-79e6-a20d-01017fe11224",
                                    .category = "orders",
                                    .locale = "ar",
                                    .title = "تم شحن طلبك"};
        message.ttl = std::chrono::hours(1);
        notify::Target target{.project = "default", .platform = "android"};
        while (left_ > 0) {
            const std::string number = std::to_string(left_--);
            target.target = "bench-token-" + number;
            target.target.resize(160, 'x');
            message.body = "طلبك رقم \u2068A-" + number + "\u2069 في الطريق إليك";
            message.data = {{"order", "A-" + number}};
            const auto result = co_await channel_.send(target, message);
            accepted_ += result.kind == notify::SendClass::accepted ? 1U : 0U;
        }
    }

    const PushRole& role_;
    asio::io_context io_{1};
    SystemClock clock_;
    http::CurlHttpClient curl_;
    http::Http2Client http_;
    oauth::AccessTokenSource tokens_;
    notify::FcmClient client_;
    notify::FcmChannel channel_;
    std::size_t left_ = 0;
    std::size_t accepted_ = 0;
};

}  // namespace

int run_push_client(const PushRole& role) {
    return Sender(role).run();
}

}  // namespace barid::bench
