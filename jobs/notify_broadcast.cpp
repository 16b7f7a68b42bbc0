#include "jobs/notify_broadcast.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/timeout.hpp"
#include "notify/composer.hpp"
#include "notify/fcm_message.hpp"
#include "queue/pg/error.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kNap = 100ms;
/// Everybody has theirs; what is left are chunks that rest or finish.
constexpr std::chrono::milliseconds kAfterTheEnd = 2s;
constexpr queue::RetryPolicy kRetryPolicy{.base = 1s, .cap = 60s, .floor = 1s};

class Coordinator {
  public:
    Coordinator(pg::Pool& pool, const Clock& clock, NotifyBroadcastOptions options)
        : pool_(pool),
          clock_(clock),
          options_(std::move(options)),
          composer_(pool, {.default_locale = options_.default_locale, .digits = options_.digits}) {}

    awaitable<queue::Outcome> run(JobContext& context, std::string id) {
        bool ours = false;
        std::string refusal;
        try {
            ours = co_await collect(id, context.job.id);
        } catch (const pg::Error& error) {
            if (error.transient()) throw;
            refusal = fmt::format("the segment's query: {}", error.what());
        }
        if (!refusal.empty()) co_return co_await fail(id, std::move(refusal));
        if (!ours) co_return queue::Done{R"({"next":"stop"})"};
        if (const std::string problem = co_await render(id); !problem.empty()) {
            co_return co_await fail(id, problem);
        }
        co_return co_await step(context, id);
    }

  private:
    awaitable<bool> collect(const std::string& id, std::int64_t job_id) {
        pg::Transaction transaction = co_await pg::Transaction::begin(pool_);
        co_await transaction.execute(
            "SELECT set_config('statement_timeout', $1, true)",
            pg::Params(fmt::format("{}s", options_.segment_timeout.count())));
        const pg::Result result = co_await transaction.execute(
            "SELECT barid.broadcast_collect($1, $2)", pg::Params(id, job_id));
        const bool ours = result.one().get<bool>(0);
        co_await transaction.commit();
        co_return ours;
    }

    /// The texts that everybody shares; each one's size is checked as a push's. What is wrong, or
    /// nothing.
    awaitable<std::string> render(const std::string& id) {
        const pg::Result result = co_await pool_.execute(
            R"(SELECT b.template_key, b.template_version, b.vars, b.texts, b.data, b.image,
                      b.category, b.personal,
                      EXISTS (SELECT FROM barid.broadcast_text t WHERE t.broadcast_id = b.id)
                          AS rendered
               FROM barid.broadcast b WHERE b.id = $1)",
            pg::Params(id));
        const pg::Row row = result.one();
        if (row.get<bool>("rendered") || row.get<bool>("personal")) co_return "";
        std::vector<notify::LocalText> texts;
        if (const auto key = row.get<std::optional<std::string>>("template_key")) {
            const json::value vars = parse_json(row.get<std::string_view>("vars"));
            auto made = co_await composer_.common_texts(*key, row.get<int>("template_version"),
                                                        vars.as_object());
            if (!made) co_return made.error();
            texts = std::move(*made);
        } else {
            const json::value plain = parse_json(row.get<std::string_view>("texts"));
            for (const auto& [locale, text] : plain.as_object()) {
                const json::object& entry = text.as_object();
                texts.push_back({.locale = locale,
                                 .title = std::string(entry.at("title").as_string()),
                                 .body = std::string(entry.at("body").as_string())});
            }
        }
        if (texts.empty()) {
            co_await pool_.execute("UPDATE barid.broadcast SET personal = true WHERE id = $1",
                                   pg::Params(id));
            co_return "";
        }
        for (const notify::LocalText& text : texts) {
            if (auto problem = too_large(row, text)) co_return *problem;
        }
        co_await store(id, texts);
        co_return "";
    }

    static std::optional<std::string> too_large(const pg::Row& row, const notify::LocalText& text) {
        notify::PushMessage message{.nid = "00000000-0000-7000-8000-000000000000",
                                    .category = row.get<std::string>("category"),
                                    .locale = text.locale,
                                    .title = text.title,
                                    .body = text.body,
                                    .image = row.get<std::optional<std::string>>("image")};
        const json::value data = parse_json(row.get<std::string_view>("data"));
        for (const auto& [key, value] : data.as_object()) {
            message.data.emplace_back(key, std::string(value.as_string()));
        }
        const std::size_t bytes = notify::payload_bytes(message);
        if (bytes <= notify::kMaxPayloadBytes) return std::nullopt;
        return fmt::format("the push in \"{}\" has {} bytes, at most {} are possible", text.locale,
                           bytes, notify::kMaxPayloadBytes);
    }

    awaitable<void> store(const std::string& id, const std::vector<notify::LocalText>& texts) {
        pg::ArrayBuilder locales, titles, bodies;
        for (const notify::LocalText& text : texts) {
            locales.add(std::string_view(text.locale));
            titles.add(std::string_view(text.title));
            bodies.add(std::string_view(text.body));
        }
        pg::Params params;
        params.add(id);
        params.add(std::move(locales));
        params.add(std::move(titles));
        params.add(std::move(bodies));
        co_await pool_.execute(
            R"(INSERT INTO barid.broadcast_text (broadcast_id, locale, title, body)
               SELECT $1::uuid, t.locale, t.title, t.body
               FROM unnest($2::text[], $3::text[], $4::text[]) AS t (locale, title, body)
               ON CONFLICT DO NOTHING)",
            std::move(params));
    }

    awaitable<queue::Outcome> step(JobContext& context, const std::string& id) {
        const SteadyTime shift_ends = clock_.steady_now() + options_.shift;
        for (;;) {
            if ((context.cancelled && context.cancelled()) || clock_.steady_now() > shift_ends) {
                co_return queue::Snooze{std::chrono::milliseconds(0)};
            }
            const pg::Result result = co_await pool_.execute(
                "SELECT s.next, s.made, b.state, b.finished_at IS NOT NULL AS finished "
                "FROM barid.broadcast_step($1, barid.in_trace($5, $2::bigint), $3, $4) s, "
                "barid.broadcast b WHERE b.id = $1",
                pg::Params(id, context.job.id, options_.chunk_size, options_.chunks_ahead,
                           trace::format_traceparent(context.trace)));
            const pg::Row row = result.one();
            const auto next = row.get<std::string>("next");
            if (next == "more") continue;
            if (next == "wait") {
                co_await sleep_for(kNap);
                continue;
            }
            if (next == "end" && !row.get<bool>("finished")) co_return queue::Snooze{kAfterTheEnd};
            co_return queue::Done{json::serialize(json::object{{"next", next}})};
        }
    }

    awaitable<queue::Outcome> fail(const std::string& id, std::string problem) {
        co_await pool_.execute("SELECT barid.broadcast_fail($1, $2)", pg::Params(id, problem));
        co_return queue::Fail{std::move(problem)};
    }

    pg::Pool& pool_;
    const Clock& clock_;
    NotifyBroadcastOptions options_;
    notify::Composer composer_;
};

}  // namespace

void register_notify_broadcast(Registry& registry, pg::Pool& pool, const Clock& clock,
                               NotifyBroadcastOptions options) {
    const std::chrono::milliseconds timeout = options.segment_timeout + options.shift + 60s;
    const auto coordinator = std::make_shared<Coordinator>(pool, clock, std::move(options));
    registry.add<std::string>(
        {.kind = "notify.broadcast", .timeout = timeout, .retry = kRetryPolicy},
        [](JsonReader& in) { return in.text("broadcast", {.max_bytes = 36}); },
        [coordinator](JobContext& context, std::string id) {
            return coordinator->run(context, std::move(id));
        });
}

}  // namespace barid::jobs
