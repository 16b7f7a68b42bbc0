#include "admin/http/response_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.hpp"

namespace barid::web {
namespace {

constexpr std::array<std::string_view, 9> kOwn = {
    "Connection", "Content-Length",    "Content-Type", "Date",        "Keep-Alive",
    "Trailer",    "Transfer-Encoding", "Upgrade",      "X-Request-Id"};

bool is_value(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

std::string problem_with(const Response& response) {
    if (response.status < 200 || response.status > 599) return "the status isn't one of an answer";
    if (!is_value(response.content_type)) return "Content-Type has a control character";
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name)) return "a header's name isn't one";
        if (!is_value(value)) return fmt::format("{} has a control character", name);
        const std::string_view given = name;
        const auto same = [given](std::string_view own) { return same_name(own, given); };
        if (std::ranges::any_of(kOwn, same)) return fmt::format("{} is the server's own", name);
    }
    return {};
}

bool has(const Response& response, std::string_view name) {
    return std::ranges::any_of(response.headers,
                               [&](const auto& header) { return same_name(header.first, name); });
}

}  // namespace

std::expected<std::string, std::string> response_head(const Response& response,
                                                      const Envelope& envelope) {
    if (auto problem = problem_with(response); !problem.empty()) return std::unexpected(problem);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                   reason_phrase(response.status), http_date(now));
    auto out = std::back_inserter(head);
    // RFC 9110 §8.6: a 204 has no length, and that of a 304 would be the whole answer's.
    const bool bodiless = response.status == 204 || response.status == 304;
    if (!bodiless) {
        fmt::format_to(out, "Content-Type: {}\r\n", response.content_type);
        if (envelope.chunked) head += "Transfer-Encoding: chunked\r\n";
        if (envelope.length) fmt::format_to(out, "Content-Length: {}\r\n", *envelope.length);
    }
    if (!has(response, "X-Content-Type-Options")) head += "X-Content-Type-Options: nosniff\r\n";
    // A 304's headers replace those that the client has stored with the answer.
    if (response.status != 304 && !has(response, "Cache-Control"))
        head += "Cache-Control: no-store\r\n";
    for (const auto& [name, value] : response.headers) {
        fmt::format_to(out, "{}: {}\r\n", name, value);
    }
    if (!envelope.request_id.empty()) {
        fmt::format_to(out, "X-Request-Id: {}\r\n", envelope.request_id);
    }
    if (!envelope.keep_alive) head += "Connection: close\r\n";
    head += "\r\n";
    return head;
}

Response problem_of(const Refusal& refusal, const std::string& request_id) {
    auto body = fmt::format(
        R"({{"type":"about:blank","title":{},"status":{},"code":{},"detail":{},"request_id":{},)"
        R"("errors":[]}})",
        json_quote(reason_phrase(refusal.status)), refusal.status, json_quote(refusal.code),
        json_quote(refusal.reason), json_quote(request_id));
    return {.status = refusal.status,
            .body = std::move(body),
            .content_type = "application/problem+json"};
}

Response plain_text(int status, std::string body) {
    return {.status = status, .body = std::move(body), .content_type = "text/plain; charset=utf-8"};
}

}  // namespace barid::web
