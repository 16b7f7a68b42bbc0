#include "bench/media_upload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <csignal>
#include <random>
#include <sstream>
#include <stdexcept>

#include "base/crypto.hpp"
#include "base/http_curl.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"
#include "jobs/image_upload.hpp"
#include "media/recipe.hpp"
#include "media/stores/s3_store.hpp"

namespace barid::bench {
namespace {

const std::string kSuite = "media";
constexpr int kSets = 100;
constexpr std::size_t kPictures = 4;     ///< at once
constexpr std::size_t kFilesOfEach = 6;  ///< at once, the default of media.upload_concurrency

struct Shape {
    int width;
    media::OutputFormat format;
    std::size_t bytes;
};
/// A photo's files at the default widths, WebP q80 and JPEG q80: what the suite's pictures give.
constexpr Shape kShapes[] = {
    {160, media::OutputFormat::webp, 5'000},    {160, media::OutputFormat::jpeg, 7'000},
    {320, media::OutputFormat::webp, 14'000},   {320, media::OutputFormat::jpeg, 20'000},
    {640, media::OutputFormat::webp, 40'000},   {640, media::OutputFormat::jpeg, 60'000},
    {1080, media::OutputFormat::webp, 95'000},  {1080, media::OutputFormat::jpeg, 140'000},
    {1600, media::OutputFormat::webp, 180'000}, {1600, media::OutputFormat::jpeg, 270'000}};

struct Gateway {
    std::string endpoint;
    std::string access_key;
    std::string secret_key;
};

struct Bench {
    asio::io_context io{1};
    SystemClock clock;
    http::CurlHttpClient http{io, {.max_host_connections = kPictures * kFilesOfEach}};
    Gateway gateway;
    std::string bytes;  ///< noise that every file is cut out of

    template <class T>
    T run(awaitable<T> work) {
        std::exception_ptr error;
        std::optional<T> result;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
            error = e;
            if (!e) result.emplace(std::move(value));
            io.stop();
        });
        io.run();
        io.restart();
        if (error) std::rethrow_exception(error);
        return std::move(*result);
    }
};

void make_bucket(Bench& bench, const std::string& bucket) {
    namespace sigv4 = media::sigv4;
    const std::string date =
        sigv4::amz_date(std::chrono::floor<std::chrono::seconds>(bench.clock.system_now()));
    const std::string empty = sha256_hex("");
    const sigv4::Request to_sign{.method = "PUT",
                                 .path = "/" + bucket,
                                 .headers = {{"host", bench.gateway.endpoint.substr(7)},
                                             {"x-amz-date", date},
                                             {"x-amz-content-sha256", empty}},
                                 .payload_sha256 = empty};
    http::Request request;
    request.method = "PUT";
    request.url = bench.gateway.endpoint + "/" + bucket;
    request.headers = {{"x-amz-date", date}, {"x-amz-content-sha256", empty}};
    request.authorization = sigv4::authorization(to_sign, {.region = "us-east-1"}, date,
                                                 {.access_key = bench.gateway.access_key,
                                                  .secret_key = Secret(bench.gateway.secret_key),
                                                  .session_token = {}});
    if (bench.run(bench.http.send(std::move(request))).status != 200) {
        throw std::runtime_error("the gateway makes no bucket");
    }
}

/// One picture's files, different from every other's.
awaitable<void> upload_set(Bench& bench, media::ObjectStore& store, int number) {
    std::vector<media::Variant> variants;
    std::vector<std::string> names;
    for (const Shape& shape : kShapes) {
        std::string bytes = bench.bytes.substr(static_cast<std::size_t>(number) * 16, shape.bytes);
        names.push_back(media::variant_key(sha256_hex(std::to_string(number)), "00000000",
                                           shape.width, shape.format));
        variants.push_back({.width = shape.width,
                            .height = shape.width,
                            .format = shape.format,
                            .bytes = std::move(bytes)});
    }
    co_await jobs::upload_variants(store, std::move(variants), std::move(names), kFilesOfEach, {});
}

awaitable<void> upload_some(Bench& bench, media::ObjectStore& store, int& next, int sets) {
    while (next < sets) co_await upload_set(bench, store, next++);
}

awaitable<bool> upload_all(Bench& bench, media::ObjectStore& store, int sets) {
    int next = 0;
    const auto spawn = [&] {
        return asio::co_spawn(bench.io, upload_some(bench, store, next, sets), asio::deferred);
    };
    std::vector<decltype(spawn())> lanes;
    for (std::size_t i = 0; i < kPictures; ++i) lanes.push_back(spawn());
    const auto [order, errors] =
        co_await asio::experimental::make_parallel_group(std::move(lanes))
            .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::exception_ptr& error : errors) {
        if (error) std::rethrow_exception(error);
    }
    co_return true;
}

double measure(Bench& bench, int sets) {
    const std::string bucket = "bench-" + random_uuid();
    make_bucket(bench, bucket);
    media::S3Store store(bench.http, bench.clock,
                         {.endpoint = bench.gateway.endpoint,
                          .region = "us-east-1",
                          .bucket = bucket,
                          .credentials = {.access_key = bench.gateway.access_key,
                                          .secret_key = Secret(bench.gateway.secret_key),
                                          .session_token = {}},
                          .public_url = "http://img.example"});
    const auto begin = std::chrono::steady_clock::now();
    bench.run(upload_all(bench, store, sets));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return sets / took.count();
}

std::string noise() {
    std::mt19937 random(5);
    std::string bytes(300'000, '\0');
    for (char& c : bytes) c = static_cast<char>(random() & 0xFFU);
    return bytes;
}

}  // namespace

void bench_upload(const MediaOptions& options) {
    Process server({BARID_BENCH_RGW, BARID_BENCH_RGW_PACKAGES});
    std::string word;
    int port = 0;
    Bench bench;
    try {
        std::istringstream line(server.read_line(std::chrono::seconds(480)));
        line >> word >> port >> bench.gateway.access_key >> bench.gateway.secret_key;
    } catch (const std::runtime_error& problem) {
        print_setting(kSuite, "upload_rgw", fmt::format("skipped: {}", problem.what()));
        return;
    }
    if (word != "READY") throw std::runtime_error("rgw.sh printed: " + word);
    bench.gateway.endpoint = fmt::format("http://127.0.0.1:{}", port);
    bench.bytes = noise();
    const int sets = std::max(1, static_cast<int>(kSets * options.scale));
    std::vector<double> rates;
    for (int run = 0; run < options.runs; ++run) rates.push_back(measure(bench, sets));
    print(kSuite,
          {.name = "upload_rgw", .value = median(rates), .unit = "images/s", .runs = rates});
    // Asked to stop, it also removes its files; killed, it could not.
    server.signal(SIGTERM);
    server.wait();
}

}  // namespace barid::bench
