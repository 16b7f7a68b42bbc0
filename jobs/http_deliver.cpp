#include "jobs/http_deliver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <memory>
#include <optional>

#include "base/crypto.hpp"
#include "base/http_url.hpp"
#include "base/webhook_signature.hpp"
#include "jobs/http_deliver_message.hpp"
#include "jobs/http_deliver_qstash.hpp"
#include "jobs/http_deliver_verdict.hpp"

namespace barid::jobs {
namespace {

using std::chrono::milliseconds;

/// What a producer wrote may go into a header only if it can't end it.
bool is_header_text(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

struct Endpoint {
    DeliverEndpoint settings;
    std::vector<std::string> keys;
    std::vector<Secret> masked;
    std::shared_ptr<Lane> lane;
};

class Handler {
  public:
    explicit Handler(HttpDeliverDeps deps) : http_(deps.http), clock_(deps.clock) {
        std::map<std::string, std::shared_ptr<Lane>> lanes;
        for (DeliverEndpoint& settings : deps.endpoints) {
            Endpoint endpoint;
            for (const Secret& secret : settings.secrets) {
                auto key = webhook_key(secret.reveal());
                if (!key) {
                    throw Error(
                        Error::Retry::permanent,
                        fmt::format("endpoint {}: a secret is no webhook secret", settings.name));
                }
                endpoint.keys.push_back(*std::move(key));
                endpoint.masked.push_back(secret);
            }
            std::ranges::copy(settings.qstash_keys, std::back_inserter(endpoint.masked));
            for (const DeliverHeader& header : settings.headers) {
                // "Bearer abc": a receiver may show the last word alone.
                const std::string& text = header.value.reveal();
                endpoint.masked.push_back(header.value);
                endpoint.masked.emplace_back(text.substr(text.rfind(' ') + 1));
            }
            std::shared_ptr<Lane>& lane = lanes[http::parse_url(settings.url).origin()];
            if (!lane) lane = std::make_shared<Lane>(deps.lane);
            endpoint.lane = lane;
            if (deps.board != nullptr) deps.board->add(settings.name, lane);
            names_.push_back(settings.name);
            longest_ = std::max(longest_, settings.timeout + deps.lane.longest_wait);
            const std::string name = settings.name;
            endpoint.settings = std::move(settings);
            endpoints_.emplace(name, std::move(endpoint));
        }
    }

    /// For one attempt, the wait for a place included.
    [[nodiscard]] milliseconds timeout() const { return longest_ + std::chrono::seconds(5); }

    awaitable<queue::Outcome> run(JobContext& context, DeliverPayload payload) {
        const auto found = endpoints_.find(payload.endpoint);
        if (found == endpoints_.end()) {
            // Another worker of the fleet, or this one after a restart, may know it.
            co_return queue::Retry{
                .error = fmt::format("this worker has no [deliver.{}]; it knows: {}",
                                     payload.endpoint, fmt::join(names_, ", ")),
                .after = {}};
        }
        const Endpoint& endpoint = found->second;
        std::string body = deliver_body(payload, context.job);
        if (body.size() > kMaxDeliverBytes) {
            co_return queue::Fail{fmt::format("the body would have {} bytes, at most {} are sent",
                                              body.size(), kMaxDeliverBytes)};
        }
        Lane::Entry entry = co_await endpoint.lane->enter(endpoint.settings.concurrency);
        if (const auto* later = std::get_if<Lane::ComeBack>(&entry)) {
            co_return queue::Retry{
                .error = fmt::format("endpoint {}: {}", payload.endpoint, later->why),
                .after = later->after,
                .spend_attempt = false};
        }
        DeliverVerdict verdict = co_await send(context, endpoint, payload, std::move(body));
        std::get<Lane::Ticket>(entry).report(verdict.host, verdict.rest);
        co_return std::move(verdict.outcome);
    }

  private:
    awaitable<DeliverVerdict> send(JobContext& context, const Endpoint& endpoint,
                                   const DeliverPayload& payload, std::string body) {
        const std::string& name = endpoint.settings.name;
        http::Request request = compose(context, endpoint, payload, std::move(body));
        std::optional<http::Response> answer;
        std::optional<http::Error> failure;
        try {
            answer = co_await http_.send(std::move(request));
        } catch (const http::Error& error) {
            failure = error;
        }
        if (answer) {
            const Manners manners =
                endpoint.settings.qstash_keys.empty() ? Manners::standard : Manners::qstash;
            co_return judge_answer(name, *answer, clock_.system_now(), endpoint.masked, manners);
        }
        if (context.cancelled() || failure->code() == "cancelled") throw http::Error(*failure);
        co_return judge_failure(name, *failure);
    }

    [[nodiscard]] http::Request compose(const JobContext& context, const Endpoint& endpoint,
                                        const DeliverPayload& payload, std::string body) const {
        const queue::Job& job = context.job;
        const std::string id = deliver_id(payload, job);
        const auto now = std::chrono::floor<std::chrono::seconds>(clock_.system_now());
        const std::int64_t timestamp = now.time_since_epoch().count();
        http::Request request{.method = "POST", .url = endpoint.settings.url};
        request.headers = {
            {"Content-Type", "application/json"},
            {"webhook-id", id},
            {"webhook-timestamp", std::to_string(timestamp)},
            {"webhook-signature", webhook_signature(endpoint.keys, id, timestamp, body)}};
        if (!endpoint.settings.qstash_keys.empty()) {
            std::ranges::move(
                qstash_headers({.url = request.url,
                                .id = id,
                                .body = body,
                                .attempt = job.attempt,
                                .schedule = is_header_text(payload.schedule) ? payload.schedule
                                                                             : std::string(),
                                .token_id = "jwt_" + random_uuid(),
                                .now = clock_.system_now()},
                               endpoint.settings.qstash_keys.front().reveal()),
                std::back_inserter(request.headers));
        }
        // A client that traces puts its own span's in place of it.
        if (context.trace.valid()) {
            request.headers.push_back({"traceparent", trace::format_traceparent(context.trace)});
        }
        if (is_header_text(job.request_id)) {
            request.headers.push_back({"x-request-id", job.request_id});
        }
        for (const DeliverHeader& header : endpoint.settings.headers) {
            request.headers.push_back({header.name, header.value.reveal()});
        }
        request.body = std::move(body);
        request.total_timeout = std::clamp(endpoint.settings.timeout, milliseconds(1),
                                           std::max(context.time_left(), milliseconds(1)));
        request.connect_timeout = request.total_timeout;
        request.low_speed_time = std::chrono::seconds(0);  // the whole is short already
        request.max_response_bytes = kReadAnswerBytes;
        request.keep_beginning = true;
        request.addresses =
            endpoint.settings.allow_private ? http::Addresses::any : http::Addresses::public_only;
        return request;
    }

    http::HttpClient& http_;
    const Clock& clock_;
    std::map<std::string, Endpoint, std::less<>> endpoints_;
    std::vector<std::string> names_;
    milliseconds longest_{0};
};

}  // namespace

std::optional<DeliverBoard::Entry> DeliverBoard::look(std::string_view endpoint) const {
    const auto found = lanes_.find(endpoint);
    if (found == lanes_.end()) return std::nullopt;
    const Lane& lane = *found->second;
    return Entry{.breaker = lane.state(),
                 .rests_for = lane.rests_for(std::chrono::steady_clock::now()),
                 .under_way = lane.under_way()};
}

void register_http_deliver(Registry& registry, HttpDeliverDeps deps) {
    const auto handler = std::make_shared<Handler>(std::move(deps));
    registry.add<DeliverPayload>({.kind = "http.deliver", .timeout = handler->timeout()},
                                 parse_deliver_payload,
                                 [handler](JobContext& context, DeliverPayload payload) {
                                     return handler->run(context, std::move(payload));
                                 });
}

}  // namespace barid::jobs
