#include "jobs/notify_send.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "base/crypto.hpp"
#include "notify/delivery.hpp"
#include "notify/fcm_message.hpp"
#include "notify/locale.hpp"
#include "notify/preference.hpp"

namespace barid::jobs {
namespace {

using notify::ChannelPlan;
using notify::Conclusion;
using notify::DeliveryReport;
using notify::Facts;
using notify::LocalText;
using notify::PushMessage;

/// Stands in for the real id (a UUID is 36 bytes) while a message's size is measured.
constexpr const char* kAnyId = "00000000-0000-7000-8000-000000000000";

/// 10 s to an hour: FCM asks for at least ten seconds between tries.
constexpr queue::RetryPolicy kRetryPolicy{.base = std::chrono::seconds(20),
                                          .cap = std::chrono::hours(1),
                                          .floor = std::chrono::seconds(10)};

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::ranges::find(list, item) != list.end();
}

struct Attempt {
    JobContext& context;
    const NotifySendPayload& payload;
    std::string dedupe_key = {};
    std::string lease_token = {};
    Facts facts = {};
};

[[noreturn]] void reject(std::string at, std::string problem) {
    throw PayloadError({{.at = std::move(at), .problem = std::move(problem)}});
}

ChannelPlan plan_channel(const Attempt& attempt, std::string_view channel) {
    const std::vector<std::string>& wanted = attempt.payload.channels;
    ChannelPlan plan;
    plan.requested = wanted.empty() || contains(wanted, channel);
    const auto decision =
        notify::decide_preference(attempt.facts.category->critical, attempt.payload.category,
                                  channel, attempt.facts.preferences);
    plan.allowed = decision.allowed;
    if (!plan.allowed) plan.reason = fmt::format("preference:{}", decision.rule);
    return plan;
}

LocalText render(const LocalText& text, const notify::Variables& vars) {
    const auto title = notify::render_template(text.title, vars, text.locale);
    const auto body = notify::render_template(text.body, vars, text.locale);
    std::vector<std::string> missing = title.missing;
    for (const std::string& name : body.missing) {
        if (!contains(missing, name)) missing.push_back(name);
    }
    if (!missing.empty()) {
        reject("/vars", fmt::format("lacks what the template's {} text uses: {}", text.locale,
                                    fmt::join(missing, ", ")));
    }
    return {.locale = text.locale, .title = title.text, .body = body.text};
}

PushMessage message_of(const Attempt& attempt, const LocalText& text) {
    const notify::Category& category = *attempt.facts.category;
    return {.nid = kAnyId,
            .category = category.key,
            .locale = text.locale,
            .title = text.title,
            .body = text.body,
            .image = attempt.payload.image,
            .data = attempt.payload.data,
            .ttl = category.ttl,
            .urgent = category.urgent,
            .collapse = category.collapse};
}

void check_size(const PushMessage& message, const std::string& at) {
    const std::size_t bytes = notify::payload_bytes(message);
    if (bytes <= notify::kMaxPayloadBytes) return;
    reject(at, fmt::format("makes a push of {} bytes in \"{}\", at most {} are possible (an Arabic "
                           "letter takes two); shorten the text or the data",
                           bytes, message.locale, notify::kMaxPayloadBytes));
}

/// The text that this user reads. Throws PayloadError for what only now can be seen to be wrong.
PushMessage compose(const Attempt& attempt, const std::string& default_locale) {
    const NotifySendPayload& payload = attempt.payload;
    const bool from_template = payload.template_key.has_value();
    if (from_template && attempt.facts.template_texts.empty()) {
        reject("/template", fmt::format("\"{}\" does not exist: create it with "
                                        "barid.upsert_template",
                                        *payload.template_key));
    }
    // Plain texts are checked in every language, whoever reads them, so that the first use shows
    // a mistake. A template's size was checked when it was saved, as far as it can be known there.
    for (const LocalText& text : payload.texts) {
        check_size(message_of(attempt, text), "/body/" + text.locale);
    }
    const auto& texts = from_template ? attempt.facts.template_texts : payload.texts;
    std::vector<std::string> available;
    for (const LocalText& text : texts) available.push_back(text.locale);
    const auto chain =
        notify::locale_chain(attempt.facts.locale.value_or(default_locale), default_locale);
    const LocalText& chosen = texts[notify::choose_locale(chain, available)];
    const PushMessage message =
        message_of(attempt, from_template ? render(chosen, payload.vars) : chosen);
    check_size(message, from_template ? "/vars" : "/body");
    return message;
}

notify::NewNotification describe(const Attempt& attempt, PushMessage message, int max_devices) {
    const NotifySendPayload& payload = attempt.payload;
    notify::NewNotification out{.user = payload.user,
                                .dedupe_key = attempt.dedupe_key,
                                .job_id = attempt.context.job.id,
                                .lease_token = attempt.lease_token,
                                .template_key = payload.template_key};
    json::object record;
    if (payload.template_key) {
        out.template_version = attempt.facts.template_version;
        for (const auto& [name, value] : payload.vars) record[name] = value;
        out.vars_json = json::serialize(record);
    } else {
        for (const LocalText& text : payload.texts) {
            record[text.locale] = json::object{{"title", text.title}, {"body", text.body}};
        }
        out.texts_json = json::serialize(record);
    }
    out.message = std::move(message);
    out.push = plan_channel(attempt, "push");
    out.inbox = plan_channel(attempt, "inbox");
    out.max_devices = max_devices;
    return out;
}

std::string output_of(const std::string& id, const Conclusion& end) {
    return json::serialize(json::object{{"notification_id", id},
                                        {"accepted", end.accepted},
                                        {"failed", end.failed},
                                        {"unknown", end.unknown},
                                        {"suppressed", end.suppressed}});
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

queue::Outcome outcome_of(const std::string& id, const Conclusion& end,
                          const DeliveryReport& report) {
    if (end.due == 0) {
        if (end.rejected > 0 && end.accepted == 0 && end.unknown == 0) {
            return queue::Fail{"the provider refused the message: " +
                               (report.error.empty() ? "see its deliveries" : report.error)};
        }
        return queue::Done{output_of(id, end)};
    }
    const int all = end.due + end.accepted + end.failed + end.suppressed;
    queue::Retry retry = try_again(fmt::format("{} of {} devices are still due: {}", end.due, all,
                                               !report.error.empty() ? report.error
                                               : report.stopped      ? "the attempt was stopped"
                                                                     : "the lane is paused"));
    retry.spend_attempt = report.tried_in_vain;
    if (report.retry_after) retry.after = *report.retry_after;
    if (end.lane_pause)
        retry.after = std::max(retry.after.value_or(*end.lane_pause), spread(*end.lane_pause));
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
          deliverer_(ledger_, deps_.channel, deps_.clock) {}

    awaitable<queue::Outcome> run(JobContext& context, NotifySendPayload payload) {
        Attempt attempt{.context = context, .payload = payload};
        attempt.dedupe_key = payload.dedupe_key.value_or(fmt::format("job:{}", context.job.id));
        attempt.lease_token = context.job.claim_id;
        attempt.facts = co_await ledger_.read(payload.user, payload.category, attempt.dedupe_key,
                                              payload.template_key);
        if (!attempt.facts.category) {
            reject("/category", fmt::format("\"{}\" does not exist: create it with "
                                            "barid.upsert_category",
                                            payload.category));
        }
        if (!attempt.facts.existing_id) {
            PushMessage message = compose(attempt, deps_.options.default_locale);
            const auto fresh = describe(attempt, message, deps_.options.max_devices);
            if (auto id = co_await ledger_.create(fresh)) {
                message.nid = *id;
                co_return co_await deliver(attempt, std::move(message), fresh.push);
            }
            // Somebody made it between the two statements.
            attempt.facts = co_await ledger_.read(payload.user, payload.category,
                                                  attempt.dedupe_key, payload.template_key);
        }
        co_return co_await again(attempt);
    }

  private:
    /// The notification exists: from an earlier attempt of this job, or from another job.
    awaitable<queue::Outcome> again(const Attempt& attempt) {
        if (!attempt.facts.existing_id || !attempt.facts.category) {
            co_return try_again("the notification vanished while it was made");
        }
        const std::string id = *attempt.facts.existing_id;
        if (attempt.facts.existing_job != attempt.context.job.id) {
            co_return queue::Done{json::serialize(json::object{{"duplicate_of", id}})};
        }
        const ChannelPlan push = plan_channel(attempt, "push");
        PushMessage message = co_await ledger_.resume(id, attempt.lease_token, push);
        message.urgent = attempt.facts.category->urgent;
        message.collapse = attempt.facts.category->collapse;
        co_return co_await deliver(attempt, std::move(message), push);
    }

    awaitable<queue::Outcome> deliver(const Attempt& attempt, PushMessage message,
                                      const ChannelPlan& push) {
        const JobContext& context = attempt.context;
        const std::string id = message.nid;
        notify::DeliveryRequest request{.message = std::move(message),
                                        .lease_token = attempt.lease_token,
                                        .worker = deps_.options.worker,
                                        .resend = attempt.facts.category->resend && push.allowed,
                                        .stop = context.cancelled};
        DeliveryReport report;
        if (push.requested && push.allowed) report = co_await deliverer_.run(request);
        const Conclusion end = co_await ledger_.conclude(id, attempt.lease_token, request.resend);
        if (!end.in_charge) {
            co_return try_again("another attempt of this job took over");
        }
        queue::Outcome outcome = outcome_of(id, end, report);
        const auto* retry = std::get_if<queue::Retry>(&outcome);
        const bool last = context.job.attempt >= context.job.max_attempts;
        if (retry != nullptr && retry->spend_attempt && last) {
            co_await ledger_.give_up(id, attempt.lease_token);
        }
        if (end.failed > 0 || end.unknown > 0) {
            context.log.warn("some devices were not reached", {{"notification_id", id},
                                                               {"failed", end.failed},
                                                               {"unknown", end.unknown},
                                                               {"error", report.error}});
        }
        co_return outcome;
    }

    NotifySendDeps deps_;
    notify::Ledger ledger_;
    notify::Deliverer deliverer_;
};

}  // namespace

void register_notify_send(Registry& registry, NotifySendDeps deps) {
    const std::chrono::milliseconds timeout = deps.options.timeout;
    const auto handler = std::make_shared<Handler>(std::move(deps));
    registry.add<NotifySendPayload>(
        {.kind = "notify.send", .timeout = timeout, .retry = kRetryPolicy}, parse_notify_send,
        [handler](JobContext& context, NotifySendPayload payload) {
            return handler->run(context, std::move(payload));
        });
}

}  // namespace barid::jobs
