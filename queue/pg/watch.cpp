#include "queue/pg/watch.hpp"

#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <system_error>
#include <thread>

#include "base/timeout.hpp"
#include "queue/pg/error.hpp"

namespace barid::pg {
namespace {

using namespace std::chrono_literals;

constexpr auto kPingEvery = 3s;
constexpr auto kPingDeadline = 4s;
constexpr int kMostCancels = 8;

awaitable<void> ping(std::weak_ptr<Connection> watched) {
    while (co_await sleep_for(kPingEvery)) {
        const auto connection = watched.lock();
        if (!connection || !connection->usable()) co_return;
        if (connection->in_flight() > 0) continue;
        try {
            co_await connection->execute("SELECT 1", {}, kPingDeadline);
        } catch (const Error&) {
            // Lost, and its users will see it; or alive, in a transaction that has failed.
        }
    }
}

}  // namespace

void keep_watch(const asio::any_io_executor& executor, const std::shared_ptr<Connection>& watched) {
    asio::co_spawn(executor, ping(watched), asio::detached);
}

void cancel_in_background(std::shared_ptr<pg_cancel> cancel) {
    static std::atomic<int> under_way{0};
    if (under_way.fetch_add(1) >= kMostCancels) {
        --under_way;
        return;
    }
    try {
        std::thread([cancel = std::move(cancel)] {
            std::array<char, 256> problem{};
            PQcancel(cancel.get(), problem.data(), static_cast<int>(problem.size()));
            --under_way;
        }).detach();
    } catch (const std::system_error&) {
        --under_way;
    }
}

}  // namespace barid::pg
