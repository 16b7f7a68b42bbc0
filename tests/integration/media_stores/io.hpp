// What the store tests share: a temporary directory, and running coroutines with a real client.
#pragma once

#include <stdlib.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/asio.hpp"
#include "base/run_on.hpp"

namespace barid::media {

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        auto pattern = (std::filesystem::temp_directory_path() / "barid-test.XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no temporary directory");
        path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string string() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

struct Io {
    asio::io_context io{1};
    ThreadPool blocking{2};

    ~Io() { blocking.join(); }

    template <class T>
    T run(awaitable<T> work) {
        std::exception_ptr error;
        std::optional<T> result;
        io.restart();
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
            error = e;
            if (!e) result.emplace(std::move(value));
            io.stop();
        });
        io.run_for(std::chrono::seconds(30));
        if (error) std::rethrow_exception(error);
        if (!result) throw std::runtime_error("the coroutine did not finish in time");
        return std::move(*result);
    }
    void run(awaitable<void> work) {
        run([](awaitable<void> inner) -> awaitable<bool> {
            co_await std::move(inner);
            co_return true;
        }(std::move(work)));
    }
};

}  // namespace barid::media
