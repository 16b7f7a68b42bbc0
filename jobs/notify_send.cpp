#include "jobs/notify_send.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/crypto.hpp"
#include "notify/composer.hpp"
#include "notify/delivery.hpp"
#include "notify/fcm_message.hpp"
#include "queue/pg/error.hpp"

namespace barid::jobs {
namespace {

using notify::Conclusion;
using notify::DeliveryReport;

/// Stands in for the real id (a UUID is 36 bytes) while a message's size is measured.
constexpr const char* kAnyId = "00000000-0000-7000-8000-000000000000";
constexpr std::chrono::milliseconds kPausedBroadcast{2000};

/// 10 s to an hour: FCM asks for at least ten seconds between tries.
constexpr queue::RetryPolicy kRetryPolicy{.base = std::chrono::seconds(20),
                                          .cap = std::chrono::hours(1),
                                          .floor = std::chrono::seconds(10)};

[[noreturn]] void reject(std::string at, std::string problem) {
    throw PayloadError({{.at = std::move(at), .problem = std::move(problem)}});
}

/// Plain texts are checked in every language, whoever reads them, so that the first use shows a
/// mistake.
void check_sizes(const NotifySendPayload& payload) {
    for (const notify::LocalText& text : payload.texts) {
        const notify::PushMessage message{.nid = kAnyId,
                                          .category = payload.category,
                                          .locale = text.locale,
                                          .title = text.title,
                                          .body = text.body,
                                          .image = payload.image,
                                          .data = payload.data};
        const std::size_t bytes = notify::payload_bytes(message);
        if (bytes <= notify::kMaxPayloadBytes) continue;
        reject("/body/" + text.locale,
               fmt::format("makes a push of {} bytes, at most {} are possible (an Arabic letter "
                           "takes two); shorten the text or the data",
                           bytes, notify::kMaxPayloadBytes));
    }
}

std::string texts_json(const NotifySendPayload& payload) {
    json::object out;
    for (const notify::LocalText& text : payload.texts) {
        out[text.locale] = json::object{{"title", text.title}, {"body", text.body}};
    }
    return json::serialize(out);
}

std::string data_json(const NotifySendPayload& payload) {
    json::object out;
    for (const auto& [key, value] : payload.data) out[key] = value;
    return json::serialize(out);
}

std::string output_of(const std::string& id, const Conclusion& end) {
    json::object out;
    if (!id.empty()) out["notification_id"] = id;
    out["accepted"] = end.accepted;
    out["failed"] = end.failed;
    out["unknown"] = end.unknown;
    out["suppressed"] = end.suppressed;
    return json::serialize(out);
}

/// A paused lane opens for the whole fleet at once: jobs come back spread over a tenth more.
std::chrono::milliseconds spread(std::chrono::milliseconds pause) {
    const double unit = static_cast<double>(random_u64() >> 11U) * 0x1.0p-53;
    const double extra = static_cast<double>(pause.count()) * 0.1 * unit;
    return pause + std::chrono::milliseconds(static_cast<std::int64_t>(extra));
}

queue::Retry try_again(std::string why) {
    queue::Retry retry;
    retry.error = std::move(why);
    return retry;
}

queue::Outcome ended(const std::string& id, const Conclusion& end, const DeliveryReport& report) {
    if (end.accepted == 0 && end.unknown == 0) {
        const std::string why = report.error.empty() ? "see its deliveries" : report.error;
        if (end.rejected > 0) return queue::Fail{"the provider refused the message: " + why};
        if (report.unrendered > 0) return queue::Fail{"the text can't be made: " + why};
    }
    return queue::Done{output_of(id, end)};
}

queue::Outcome outcome_of(const std::string& id, const Conclusion& end,
                          const DeliveryReport& report) {
    if (end.paused) return queue::Snooze{kPausedBroadcast};
    if (end.due == 0 && end.deferred == 0) return ended(id, end, report);
    if (end.due == 0) {
        return queue::Snooze{std::max(end.next_in.value_or(std::chrono::seconds(1)),
                                      std::chrono::milliseconds(100))};
    }
    const int all = end.due + end.accepted + end.failed + end.suppressed + end.deferred;
    queue::Retry retry = try_again(fmt::format("{} of {} messages are still due: {}", end.due, all,
                                               !report.error.empty() ? report.error
                                               : report.stopped      ? "the attempt was stopped"
                                                                     : "the lane is paused"));
    retry.spend_attempt = report.tried_in_vain;
    if (report.retry_after) retry.after = *report.retry_after;
    if (end.lane_pause) {
        retry.after = std::max(retry.after.value_or(*end.lane_pause), spread(*end.lane_pause));
    }
    // The pause may have ended between the wave and this count: come back at once, but not in a
    // tight circle.
    if (!retry.spend_attempt && !retry.after) retry.after = std::chrono::seconds(1);
    return retry;
}

class Handler {
  public:
    explicit Handler(NotifySendDeps deps)
        : deps_(std::move(deps)),
          ledger_(deps_.pool),
          composer_(deps_.pool, {.default_locale = deps_.options.default_locale,
                                 .digits = deps_.options.digits}),
          deliverer_(ledger_, composer_, deps_.channel, deps_.clock, deps_.options.pacing) {}

    /// `notify.send`: makes the notification, or finds the one that an earlier attempt made.
    awaitable<queue::Outcome> send(JobContext& context, NotifySendPayload payload) {
        check_sizes(payload);
        const std::string dedupe_key =
            payload.dedupe_key.value_or(fmt::format("job:{}", context.job.id));
        const Created made = co_await create(context, payload, dedupe_key);
        if (made.job_id != context.job.id) {
            co_return queue::Done{json::serialize(json::object{{"duplicate_of", made.id}})};
        }
        co_return co_await deliver(context, made.id, false);
    }

    /// Kinds whose notifications are there already: `notify.deliver`, chunks, digests.
    awaitable<queue::Outcome> deliver(JobContext& context, std::string id, bool override) {
        const DeliveryReport report =
            co_await deliverer_.run({.job_id = context.job.id,
                                     .lease_token = context.job.claim_id,
                                     .worker = deps_.options.worker,
                                     .max_devices = deps_.options.max_devices,
                                     .override = override,
                                     .stop = context.cancelled});
        const Conclusion end = co_await ledger_.conclude(context.job.id, context.job.claim_id);
        // A run with nothing left to do has given its mark back: that is no loss of charge.
        if (!end.in_charge) co_return try_again("another attempt of this job took over");
        queue::Outcome outcome = outcome_of(id, end, report);
        const auto* retry = std::get_if<queue::Retry>(&outcome);
        const bool last = context.job.attempt >= context.job.max_attempts;
        if (retry != nullptr && retry->spend_attempt && last) {
            co_await ledger_.give_up(context.job.id, context.job.claim_id);
        }
        if (end.failed > 0 || end.unknown > 0) {
            context.log.warn("some messages did not arrive for sure", {{"notification_id", id},
                                                                       {"failed", end.failed},
                                                                       {"unknown", end.unknown},
                                                                       {"error", report.error}});
        }
        co_return outcome;
    }

    /// The digest's notification is made when its window ends, once.
    awaitable<queue::Outcome> digest(JobContext& context, std::int64_t digest_id) {
        const pg::Result result = co_await deps_.pool.execute(
            "SELECT barid.close_digest($1, $2)", pg::Params(digest_id, context.job.id));
        const auto id = result.one().get<std::optional<std::string>>(0);
        if (!id) co_return queue::Done{R"({"notification_id":null})"};
        co_return co_await deliver(context, *id, false);
    }

    awaitable<queue::Outcome> resend(JobContext& context, std::int64_t resend_id) {
        const pg::Result result = co_await deps_.pool.execute(
            "SELECT r.override FROM barid.resend r WHERE r.id = $1", pg::Params(resend_id));
        if (result.empty()) {
            co_return queue::Fail{fmt::format("there is no re-send {}", resend_id)};
        }
        co_return co_await deliver(context, "", result.one().get<bool>(0));
    }

  private:
    struct Created {
        std::string id = {};
        std::int64_t job_id = 0;
    };

    awaitable<Created> create(const JobContext& context, const NotifySendPayload& payload,
                              const std::string& dedupe_key) {
        std::optional<std::string> channels;
        if (!payload.channels.empty()) {
            pg::ArrayBuilder list;
            for (const std::string& channel : payload.channels) list.add(std::string_view(channel));
            channels = std::move(list).finish();
        }
        const bool plain = !payload.template_key;
        try {
            const pg::Result result = co_await deps_.pool.execute(
                R"(SELECT c.id, c.job_id FROM barid.create_notification(
                       user_id => $1, category => $2, dedupe_key => $3, job_id => $4,
                       template => $5, vars => $6::jsonb, texts => $7::jsonb, data => $8::jsonb,
                       image => $9, options => $10::jsonb, channels => $11::text[],
                       default_locale => $12) c)",
                pg::Params(payload.user, payload.category, dedupe_key, context.job.id,
                           payload.template_key, json::serialize(payload.vars),
                           plain ? std::optional(texts_json(payload)) : std::nullopt,
                           data_json(payload), payload.image, json::serialize(payload.options),
                           channels, deps_.options.default_locale));
            const pg::Row row = result.one();
            co_return Created{.id = row.get<std::string>("id"),
                              .job_id = row.get<std::optional<std::int64_t>>("job_id").value_or(0)};
        } catch (const pg::Error& error) {
            // invalid_parameter_value: the function says what is wrong with the payload.
            if (error.sqlstate() != "22023") throw;
            reject("", error.what());
        }
    }

    NotifySendDeps deps_;
    notify::Ledger ledger_;
    notify::Composer composer_;
    notify::Deliverer deliverer_;
};

struct NumberPayload {
    std::int64_t value = 0;
};

}  // namespace

void register_notify_send(Registry& registry, NotifySendDeps deps) {
    const std::chrono::milliseconds timeout = deps.options.timeout;
    const auto handler = std::make_shared<Handler>(std::move(deps));
    const auto options = [&](const char* kind) {
        return KindOptions{.kind = kind, .timeout = timeout, .retry = kRetryPolicy};
    };
    registry.add<NotifySendPayload>(options("notify.send"), parse_notify_send,
                                    [handler](JobContext& context, NotifySendPayload payload) {
                                        return handler->send(context, std::move(payload));
                                    });
    registry.add<std::string>(
        options("notify.deliver"),
        [](JsonReader& in) { return in.text("notification", {.max_bytes = 36}); },
        [handler](JobContext& context, std::string id) {
            return handler->deliver(context, std::move(id), false);
        });
    registry.add<NumberPayload>(
        options("notify.digest"),
        [](JsonReader& in) { return NumberPayload{in.integer("digest", {.min = 1})}; },
        [handler](JobContext& context, NumberPayload digest) {
            return handler->digest(context, digest.value);
        });
    registry.add<NumberPayload>(
        options("notify.resend"),
        [](JsonReader& in) {
            (void)in.optional_value("part");
            return NumberPayload{in.integer("resend", {.min = 1})};
        },
        [handler](JobContext& context, NumberPayload resend) {
            return handler->resend(context, resend.value);
        });
    registry.add<std::string>(
        options("notify.chunk"),
        [](JsonReader& in) {
            (void)in.optional_value("chunk");
            return in.text("broadcast", {.max_bytes = 36});
        },
        [handler](JobContext& context, const std::string&) {
            return handler->deliver(context, "", false);
        });
}

}  // namespace barid::jobs
