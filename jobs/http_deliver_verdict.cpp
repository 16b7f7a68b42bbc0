#include "jobs/http_deliver_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jobs/http_deliver_qstash.hpp"

namespace barid::jobs {
namespace {

/// Those that help to find the request in the receiver's logs, or say when to come back.
constexpr std::array<std::string_view, 6> kKeptHeaders{
    "content-type", "date", "location", "retry-after", "request-id", "x-request-id"};
constexpr std::size_t kKeptHeaderBytes = 256;
constexpr std::size_t kErrorBodyBytes = 1024;
/// A shorter text would mask ordinary words.
constexpr std::size_t kShortestMasked = 8;

enum class Meaning { done, again, mend, never };

Meaning meaning_of(int status) {
    if (status >= 200 && status < 300) return Meaning::done;
    if (status >= 500 || status == 408 || status == 425 || status == 429) return Meaning::again;
    constexpr std::array kMended{401, 403, 404, 405, 407, 421};
    const bool mended = std::ranges::find(kMended, status) != kMended.end();
    return mended || status < 400 ? Meaning::mend : Meaning::never;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
        text.replace(at, what.size(), with);
    }
}

std::string record(std::string_view endpoint, const http::Response& answer,
                   std::span<const Secret> masked) {
    json::object headers;
    for (const std::string_view name : kKeptHeaders) {
        if (const auto value = answer.header(name)) {
            headers[name] = safe_text(*value, kKeptHeaderBytes, masked);
        }
    }
    const bool cut = answer.cut || answer.body.size() > kKeptAnswerBytes;
    return json::serialize(json::object{
        {"endpoint", endpoint},
        {"status", answer.status},
        {"ms", answer.elapsed.count()},
        {"headers", std::move(headers)},
        {"body", safe_text(answer.body, kKeptAnswerBytes, masked)},
        {"cut", cut},
    });
}

std::string complaint(std::string_view endpoint, const http::Response& answer,
                      std::span<const Secret> masked) {
    std::string text = fmt::format("endpoint {} answered {}", endpoint, answer.status);
    if (answer.status / 100 == 3) {
        const auto to = answer.header("location");
        text += fmt::format(" to {}: redirects are not followed; give the endpoint its final URL",
                            to ? safe_text(*to, kKeptHeaderBytes, masked) : "nowhere");
    }
    const std::string body = safe_text(answer.body, kErrorBodyBytes, masked);
    if (!body.empty()) text += ": " + body;
    return text;
}

}  // namespace

std::string safe_text(std::string_view bytes, std::size_t max_bytes,
                      std::span<const Secret> masked) {
    std::string text = scrub_utf8(bytes);
    for (const Secret& secret : masked) {
        if (secret.reveal().size() >= kShortestMasked) replace_all(text, secret.reveal(), "***");
    }
    replace_all(text, std::string_view("\0", 1), "\uFFFD");
    // Escaped again inside of a JSON text, it still reads like a NUL to who looks for one.
    replace_all(text, "\\u0000", "\uFFFD");
    return truncate_utf8(text, max_bytes);
}

DeliverVerdict judge_answer(std::string_view endpoint, const http::Response& answer, SystemTime now,
                            std::span<const Secret> masked, Manners manners) {
    Meaning meaning = meaning_of(answer.status);
    if (manners == Manners::qstash && meaning != Meaning::done) {
        meaning = qstash_refused_for_good(answer) ? Meaning::never
                  : meaning == Meaning::never     ? Meaning::mend
                                                  : meaning;
    }
    if (meaning == Meaning::done) {
        return {queue::Done{record(endpoint, answer, masked)}, HostHealth::well};
    }
    std::string error = complaint(endpoint, answer, masked);
    if (meaning == Meaning::never) return {queue::Fail{std::move(error)}, HostHealth::well};
    queue::Retry retry{.error = std::move(error), .after = {}};
    DeliverVerdict verdict{.outcome = {}, .host = HostHealth::well};
    if (answer.status >= 500) verdict.host = HostHealth::failing;
    if (meaning == Meaning::again) {
        const auto wait = http::retry_after(answer, std::chrono::floor<std::chrono::seconds>(now));
        if (wait) retry.after = *wait;
        const bool rests = answer.status == 429 || answer.status == 503;
        if (wait && wait->count() > 0 && rests) verdict.rest = *wait;
    }
    verdict.outcome = std::move(retry);
    return verdict;
}

DeliverVerdict judge_failure(std::string_view endpoint, const http::Error& error) {
    const std::string& code = error.code();
    std::string text = fmt::format("endpoint {}: {}", endpoint, safe_text(error.what(), 1024, {}));
    if (code == "address_denied") {
        text += fmt::format(
            "; set allow_private = true in [deliver.{}] if it is meant to be "
            "reached there",
            endpoint);
        return {queue::Fail{std::move(text)}, HostHealth::unknown};
    }
    if (code == "bad_url" || code == "bad_request") {
        return {queue::Fail{std::move(text)}, HostHealth::unknown};
    }
    return {queue::Retry{.error = std::move(text), .after = {}}, HostHealth::failing};
}

}  // namespace barid::jobs
