#include "bench/media_role.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/asio.hpp"
#include "bench/process.hpp"
#include "media/pipeline.hpp"
#include "media/sandbox_pool.hpp"
#include "media/vips_runtime.hpp"

namespace barid::bench {
namespace {

constexpr std::size_t kAtOnce = 2;

struct Picture {
    std::string name;
    std::string bytes;
};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("can't read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What a process holds now, in kilobytes; 0 when it is gone.
std::size_t resident_kilobytes(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

class Tally {
  public:
    Tally(const MediaRole& role, std::size_t pictures)
        : role_(role), total_(pictures * static_cast<std::size_t>(role.rounds)) {}

    /// Thread-safe.
    void add(const std::string& name, const media::ProcessedImage& image, std::size_t memory) {
        const std::scoped_lock lock(mutex_);
        ++images_;
        peak_ = std::max(peak_, memory);
        if (images_ * 4 <= total_) quarter_ = peak_;
        for (const media::Variant& variant : image.variants) {
            ++variants_;
            bytes_ += variant.bytes.size();
            keep(name, variant);
        }
    }

    void print(double seconds, double cpu) const {
        fmt::print("RESULT {} {} {} {} {} {} {}\n", seconds, cpu, peak_, images_, variants_, bytes_,
                   quarter_);
    }

  private:
    void keep(const std::string& name, const media::Variant& variant) const {
        if (role_.out == "-") return;
        const auto path =
            std::filesystem::path(role_.out) /
            fmt::format("{}.{}.{}", name, variant.width, media::extension(variant.format));
        if (std::filesystem::exists(path)) return;
        std::ofstream(path, std::ios::binary) << variant.bytes;
    }

    const MediaRole& role_;
    std::size_t total_;
    std::mutex mutex_;
    std::size_t images_ = 0;
    std::size_t variants_ = 0;
    std::uint64_t bytes_ = 0;
    std::size_t peak_ = 0;
    std::size_t quarter_ = 0;
};

struct Measured {
    double seconds = 0;
    double cpu = 0;
};

double own_cpu(int who) {
    rusage usage{};
    getrusage(who, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double family_cpu(const media::SandboxPool& pool) {
    double sum = own_cpu(RUSAGE_SELF) + own_cpu(RUSAGE_CHILDREN);
    for (const int pid : pool.pids()) sum += cpu_seconds(pid);
    return sum;
}

std::size_t family_memory(const media::SandboxPool& pool) {
    std::size_t sum = resident_kilobytes(getpid());
    for (const int pid : pool.pids()) sum += resident_kilobytes(pid);
    return sum;
}

/// Takes pictures from the list until it is empty.
awaitable<void> lane(media::SandboxPool& pool, const media::Recipe& recipe,
                     const std::vector<Picture>& pictures, std::size_t end, std::size_t& next,
                     Tally& tally) {
    while (next < end) {
        const Picture& picture = pictures[next++ % pictures.size()];
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(10);
        const media::ProcessedImage image = co_await pool.process(recipe, picture.bytes, deadline);
        tally.add(picture.name, image, family_memory(pool));
    }
}

Measured run_sandboxed(const MediaRole& role, const std::vector<Picture>& pictures, Tally& tally) {
    const media::Recipe recipe = bench_recipe(role.mode);
    asio::io_context io;
    media::SandboxOptions options;
    options.children = kAtOnce;
    media::SandboxPool pool(io, options, {});
    Measured measured;
    std::exception_ptr failure;
    asio::co_spawn(
        io,
        [&]() -> awaitable<void> {
            co_await pool.prefork();
            const double cpu = family_cpu(pool);
            const auto began = std::chrono::steady_clock::now();
            std::size_t next = 0;
            const std::size_t end = pictures.size() * static_cast<std::size_t>(role.rounds);
            std::size_t open = kAtOnce;
            asio::steady_timer all_done(co_await asio::this_coro::executor,
                                        asio::steady_timer::time_point::max());
            for (std::size_t i = 0; i < kAtOnce; ++i) {
                asio::co_spawn(io, lane(pool, recipe, pictures, end, next, tally),
                               [&](const std::exception_ptr& error) {
                                   if (error) failure = error;
                                   if (--open == 0) all_done.cancel();
                               });
            }
            co_await all_done.async_wait(use_tuple);
            measured.seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
            measured.cpu = family_cpu(pool) - cpu;
        },
        [&](const std::exception_ptr& error) {
            if (error) failure = error;
        });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return measured;
}

Measured run_in_process(const MediaRole& role, const std::vector<Picture>& pictures, Tally& tally) {
    const media::Recipe recipe = bench_recipe(role.mode);
    media::start_vips();
    media::warm_up_vips();
    const double cpu = own_cpu(RUSAGE_SELF);
    const auto began = std::chrono::steady_clock::now();
    const std::size_t end = pictures.size() * static_cast<std::size_t>(role.rounds);
    std::atomic<std::size_t> next = 0;
    std::exception_ptr failure;
    std::mutex mutex;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < kAtOnce; ++i) {
            threads.emplace_back([&] {
                try {
                    for (std::size_t at = next++; at < end; at = next++) {
                        const Picture& picture = pictures[at % pictures.size()];
                        tally.add(picture.name,
                                  media::process_image(picture.bytes, recipe, media::Limits{}),
                                  resident_kilobytes(getpid()));
                    }
                } catch (...) {
                    const std::scoped_lock lock(mutex);
                    failure = std::current_exception();
                }
            });
        }
    }
    if (failure) std::rethrow_exception(failure);
    return {
        .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(),
        .cpu = own_cpu(RUSAGE_SELF) - cpu};
}

}  // namespace

media::Recipe bench_recipe(const std::string& mode) {
    using media::OutputFormat;
    media::Recipe recipe;
    recipe.formats = {OutputFormat::webp, OutputFormat::jpeg};
    if (mode == "avif") {
        recipe.widths = {640, 1080};
        recipe.formats = {OutputFormat::avif};
    } else if (mode.starts_with("same")) {
        recipe.webp_effort = 4;
    } else if (!mode.starts_with("defaults")) {
        throw std::runtime_error("no such mode: " + mode);
    }
    return recipe;
}

int run_media_role(const MediaRole& role) {
    std::vector<Picture> pictures;
    for (const std::string& file : role.files) {
        pictures.push_back({std::filesystem::path(file).filename().string(), read_file(file)});
    }
    Tally tally(role, pictures.size());
    const Measured measured = role.mode.ends_with("-inprocess")
                                  ? run_in_process(role, pictures, tally)
                                  : run_sandboxed(role, pictures, tally);
    tally.print(measured.seconds, measured.cpu);
    std::fflush(stdout);
    return 0;
}

}  // namespace barid::bench
