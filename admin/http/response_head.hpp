// The head of an answer as bytes, without a way for a handler's text to make another header.
//
// Pure, thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http/message.hpp"

namespace barid::web {

/// What the server itself decides about an answer.
struct Envelope {
    std::string request_id;
    std::optional<std::uint64_t> length;  ///< none: `chunked`, or until the connection closes
    bool chunked = false;
    bool keep_alive = true;
};

/// The head with its blank line, or what is wrong with the response, for the log. Names must be
/// tokens, values must have no control characters, and the headers that delimit messages are the
/// server's alone. Without a Cache-Control of its own an answer isn't to be stored.
std::expected<std::string, std::string> response_head(const Response& response,
                                                      const Envelope& envelope);

/// `application/problem+json` (RFC 9457) of what the server itself refuses.
Response problem_of(const Refusal& refusal, const std::string& request_id);

/// The same in plain text, for paths that people and probes ask for.
Response plain_text(int status, std::string body);

}  // namespace barid::web
