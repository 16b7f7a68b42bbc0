// Runs a coroutine of a base test to its end, with a deadline, and rethrows what it threw.
#pragma once

#include <exception>
#include <optional>
#include <stdexcept>

#include "base/asio.hpp"

namespace barid::test {

inline void run(asio::io_context& io, awaitable<void> work) {
    std::exception_ptr error;
    bool finished = false;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
        error = e;
        finished = true;
        io.stop();
    });
    io.restart();
    io.run_for(std::chrono::seconds(20));
    if (!finished) throw std::runtime_error("the coroutine did not finish in time");
    if (error) std::rethrow_exception(error);
}

}  // namespace barid::test
