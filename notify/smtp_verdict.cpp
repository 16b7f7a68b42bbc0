#include "notify/smtp_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "notify/classify.hpp"

namespace barid::notify {
namespace {

using smtp::Stage;

constexpr std::size_t kMaxErrorBytes = 300;
/// Greylisting servers want to see the sender again after a minute or more.
constexpr std::chrono::seconds kAgain{60};

struct Meaning {
    SendClass kind;
    std::string reason;
};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
    return std::ranges::find(list, text) != list.end();
}

std::string smtp_reason(int code) {
    return fmt::format("smtp_{}", code);
}

Meaning refused_recipient(const smtp::Outcome& outcome) {
    static constexpr std::array<std::string_view, 6> kNobody{"5.1.1", "5.1.2",  "5.1.3",
                                                             "5.1.6", "5.1.10", "5.2.1"};
    const int code = outcome.code;
    const bool says_why = !outcome.enhanced.empty() && outcome.enhanced != "5.0.0";
    const bool nobody =
        says_why ? is_one_of(outcome.enhanced, kNobody) : code == 550 || code == 551 || code == 553;
    if (nobody) return {SendClass::device_dead, "mailbox_unknown"};
    if (code == 552 || outcome.enhanced == "5.2.2") {
        return {SendClass::payload_rejected, "mailbox_full"};
    }
    if (outcome.enhanced.starts_with("5.7.")) return {SendClass::payload_rejected, "policy"};
    return {SendClass::payload_rejected, smtp_reason(code)};
}

Meaning refused_message(const smtp::Outcome& outcome) {
    if (outcome.enhanced == "5.1.1" || outcome.enhanced == "5.1.10") {
        return {SendClass::device_dead, "mailbox_unknown"};
    }
    if (outcome.code == 552 || outcome.enhanced == "5.3.4" || outcome.enhanced == "5.2.3") {
        return {SendClass::payload_rejected, "too_large"};
    }
    if (outcome.enhanced.starts_with("5.7.")) return {SendClass::payload_rejected, "policy"};
    return {SendClass::payload_rejected, smtp_reason(outcome.code)};
}

Meaning refused(const smtp::Outcome& outcome) {
    const int code = outcome.code;
    // Said at any time: by a server that wants a login, before or after a wrong one.
    if (code == 530 || code == 534 || code == 535 || code == 538) {
        return {SendClass::lane_paused, "credentials"};
    }
    switch (outcome.stage) {
        case Stage::recipient:
            return refused_recipient(outcome);
        case Stage::content:
        case Stage::end:
            return refused_message(outcome);
        case Stage::sender:
            if (code == 552 || outcome.enhanced == "5.3.4") {
                return {SendClass::payload_rejected, "too_large"};
            }
            return {SendClass::lane_paused, "sender_refused"};
        case Stage::login:
            return {SendClass::lane_paused, "credentials"};
        case Stage::tls:
            return {SendClass::lane_paused, "tls"};
        default:
            return {SendClass::lane_paused, smtp_reason(code)};
    }
}

/// No reply to what was asked last.
Meaning broken_off(const smtp::Outcome& outcome) {
    if (outcome.stage == Stage::end) return {SendClass::ambiguous, "no_answer"};
    if (outcome.tls_failed) return {SendClass::lane_paused, "tls"};
    if (outcome.login_refused) return {SendClass::lane_paused, "credentials"};
    if (outcome.cancelled) return {SendClass::not_sent, "cancelled"};
    return {SendClass::retry,
            outcome.stage == Stage::connect ? "connect_failed" : "connection_lost"};
}

Meaning meaning_of(const smtp::Outcome& outcome) {
    const int code = outcome.code;
    if (outcome.stage == Stage::end && code >= 200 && code < 300) return {SendClass::accepted, ""};
    // "Go on" and "well" say nothing when the conversation ended there nevertheless.
    if (code < 400) return broken_off(outcome);
    if (code == 421) return {SendClass::lane_paused, smtp_reason(code)};
    if (code < 500) return {SendClass::retry, smtp_reason(code)};
    return refused(outcome);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// Servers like to repeat whom they refused.
std::string without_address(std::string text, std::string_view address) {
    const std::string wanted = lower(address);
    if (wanted.empty()) return text;
    std::string searched = lower(text);
    for (std::size_t at = 0; (at = searched.find(wanted, at)) != std::string::npos; at += 3) {
        text.replace(at, wanted.size(), "***");
        searched.replace(at, wanted.size(), "***");
    }
    return text;
}

}  // namespace

SendResult judge_mail(const smtp::Outcome& outcome, std::string_view address) {
    auto [kind, reason] = meaning_of(outcome);
    SendResult result{.kind = kind, .reason = std::move(reason)};
    const std::string said = without_address(scrub_utf8(outcome.reply), address);
    if (kind == SendClass::accepted) {
        result.provider_id = truncate_utf8(said, kMaxErrorBytes);
        return result;
    }
    if (outcome.code >= 400) {
        result.error = fmt::format("{}{}{} {}", outcome.code, outcome.enhanced.empty() ? "" : " ",
                                   outcome.enhanced, said);
    } else {
        result.error = without_address(scrub_utf8(outcome.error), address);
    }
    result.error = truncate_utf8(result.error, kMaxErrorBytes);
    switch (kind) {
        case SendClass::lane_paused:
            result.retry_after = kLanePause;
            break;
        case SendClass::retry:
        case SendClass::ambiguous:
            result.retry_after = outcome.code >= 400 ? kAgain : kMinRetryAfter;
            break;
        default:
            break;
    }
    return result;
}

}  // namespace barid::notify
