#include "bench/translate_suite.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <stdexcept>

#include "base/log.hpp"
#include "bench/arena.hpp"
#include "bench/client.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"
#include "queue/pg/pool.hpp"
#include "translate/translator.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kLines = 2'000;  // distinct segments of the memory
constexpr std::size_t kLinesOfText = 20;

double since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

std::string source_line(std::size_t number) {
    return fmt::format("Handmade lamp number {} from the workshop", number);
}

void fill_memory(Client& client) {
    client.script(fmt::format(
        R"(INSERT INTO barid.translation_memory
               (source_hash, source_lang, target_lang, provider, format, source_text, text)
           SELECT barid.translation_source_hash('text', s), 'en', 'ar', 'human', 'text', s,
                  'مصباح يدوي الصنع رقم ' || n || ' من الورشة'
           FROM (SELECT n, 'Handmade lamp number ' || n || ' from the workshop' AS s
                 FROM generate_series(0, {}) n) lines)",
        kLines - 1));
    client.script("VACUUM ANALYZE barid.translation_memory");
}

/// Texts of twenty known lines each, through the whole chain to the published text.
double segments_a_second(const std::string& url, std::size_t texts) {
    asio::io_context io(1);
    ThreadPool blocking{2};
    pg::ConnectOptions connect;
    connect.conninfo = Secret(url);
    pg::Pool pool(io, blocking, connect, 2, log::Logger());
    const SystemClock clock;
    translate::TranslatorOptions options;
    options.attributes = false;
    translate::Translator translator(pool, {}, options, clock);
    std::exception_ptr error;
    double took = 0;
    const auto work = [&]() -> awaitable<void> {
        const auto began = Clock::now();
        for (std::size_t i = 0; i < texts; ++i) {
            translate::TranslationRequest request;
            request.entity = {"product", std::to_string(i)};
            std::string text;
            for (std::size_t line = 0; line < kLinesOfText; ++line) {
                text += source_line((i * kLinesOfText + line * 7) % kLines) + "\n";
            }
            request.fields = {{"description", translate::Format::text, text}};
            request.seq = 1;
            request.deadline = Clock::now() + 60s;
            const auto report = co_await translator.run(std::move(request), log::Logger());
            if (report.fields.at(0).state != "published") {
                throw std::runtime_error("a known text was not published: " +
                                         report.fields[0].state + report.fields[0].reason);
            }
        }
        took = since(began);
    };
    asio::co_spawn(io, work(), [&](const std::exception_ptr& e) {
        error = e;
        io.stop();
    });
    io.run();
    blocking.join();
    if (error) std::rethrow_exception(error);
    return static_cast<double>(texts * kLinesOfText) / took;
}

/// What a loop of single look-ups by key costs on the same rows.
double selects_a_second(Client& client, std::size_t count) {
    client.prepare("line", R"(SELECT text FROM barid.translation_memory
        WHERE source_hash = barid.translation_source_hash('text', $1)
          AND source_lang = 'en' AND target_lang = 'ar')");
    const auto began = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        if (client.run("line", {source_line(i % kLines)}).empty()) {
            throw std::runtime_error("the memory has lost a line");
        }
    }
    return static_cast<double>(count) / since(began);
}

void run_segments(Arena& arena, const TranslateOptions& options) {
    const auto texts = static_cast<std::size_t>(std::max(10.0, 1'000 * options.scale));
    std::vector<double> segments;
    std::vector<double> selects;
    for (int run = 0; run < options.runs; ++run) {
        const Arena::Database database = arena.fresh(barid_contender(true, 16));
        Client client(database.url());
        fill_memory(client);
        selects.push_back(selects_a_second(client, texts * kLinesOfText));
        segments.push_back(segments_a_second(database.url(), texts));
    }
    print("translate", {.name = "segments",
                        .value = median(segments),
                        .unit = "segments/s",
                        .runs = segments,
                        .vs = "a plain SELECT by key for each segment",
                        .ratio = median(segments) / median(selects)});
}

void make_products(Client& client, std::size_t count) {
    client.script(fmt::format(
        R"(CREATE TABLE product (id bigint PRIMARY KEY, name text, name_ar text,
                                 description text, description_ar text);
           INSERT INTO product (id, name, description)
           SELECT n, 'Handmade lamp ' || n,
                  '<p>Made of olive wood in <b>workshop ' || n % 97 || '</b>.</p>'
                  '<p>Ships in ' || n % 9 + 1 || ' days</p>'
           FROM generate_series(1, {}) n;
           SELECT barid.auto_translate('product', columns => '{{name,description}}',
                                       source => 'en'))",
        count));
    client.script("VACUUM ANALYZE product");
}

void run_backfill(Arena& arena, const TranslateOptions& options) {
    const auto products = static_cast<std::size_t>(std::max(10.0, 10'000 * options.scale));
    const Arena::Database database = arena.fresh(barid_contender(true, 16));
    Client client(database.url());
    make_products(client, products);
    // 100 requests a second, as if the plan allowed no more: whoever sends more gets a 429.
    Process provider({"node", BARID_BENCH_STUBS "/deepl_stub.mjs", "bench-key", "100"});
    const std::string ready = provider.read_line(30s);
    const std::string url = "http://127.0.0.1:" + ready.substr(ready.find(' ') + 1);
    Process worker({"/proc/self/exe", "--role", "translator", database.url(), url});
    if (worker.read_line(30s) != "READY") throw std::runtime_error("the worker did not start");
    const auto began = Clock::now();
    client.value("SELECT barid.translate_backfill('product')");
    const std::string left =
        "SELECT count(*) FROM product WHERE name_ar IS NULL OR description_ar IS NULL";
    while (client.value(left) != "0") {
        if (since(began) > 3'600) throw std::runtime_error("the backfill does not end");
        ::poll(nullptr, 0, 100);
    }
    const double took = since(began);
    const auto usage = client
                           .script(
                               "SELECT coalesce(sum(requests), 0), coalesce(sum(errors), 0), "
                               "coalesce(sum(characters), 0) FROM barid.translation_usage")
                           .at(0);
    const std::string lost = client.value(
        "SELECT count(*) FROM barid.job_history "
        "WHERE kind = 'translate.content' AND state <> 'completed'");
    worker.close_input();
    worker.wait();
    print("translate", {.name = "backfill_10k",
                        .value = static_cast<double>(products) / took,
                        .unit = "products/s"});
    print("translate",
          {.name = "backfill_10k_requests", .value = std::stod(usage.at(0)), .unit = "requests"});
    print("translate", {.name = "backfill_10k_refused",
                        .value = std::stod(usage.at(1)),
                        .unit = "requests answered with an error"});
    print(
        "translate",
        {.name = "backfill_10k_characters", .value = std::stod(usage.at(2)), .unit = "characters"});
    print("translate",
          {.name = "backfill_10k_lost", .value = std::stod(lost), .unit = "jobs that failed"});
}

}  // namespace

void run_translate_suite(const TranslateOptions& options) {
    Arena arena(options.url);
    const auto wanted = [&](const std::string& name) { return name.contains(options.only); };
    if (wanted("segments")) run_segments(arena, options);
    if (wanted("backfill_10k")) run_backfill(arena, options);
}

}  // namespace barid::bench
