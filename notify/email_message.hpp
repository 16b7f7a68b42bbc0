// An e-mail as it goes over the wire: header and body by RFC 5322, 2045 and 2047, in ASCII.
//
// Nothing that comes from a template or a user can add a header or a part: control characters in
// header texts are refused, bodies are encoded. What is made differs between two attempts only in
// its Date. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/email_address.hpp"

namespace barid::notify {

struct Email {
    std::string id;  ///< makes the Message-ID: the same in every attempt
    Mailbox from;
    std::optional<Mailbox> reply_to = {};
    std::string to = {};
    std::string subject = {};
    std::string text = {};
    std::string html = {};         ///< a document, or what belongs into a body; empty: text alone
    std::string locale = {};       ///< "ar-EG": Content-Language, and the direction of the html
    std::string unsubscribe = {};  ///< an https URL that takes a POST (RFC 8058); empty: none
    SystemTime date = {};
};

inline constexpr std::size_t kMaxEmailBytes = std::size_t{1} << 20U;

/// Throws a permanent Error that says what is wrong with the message: a control character in the
/// subject, text that is no UTF-8, more than kMaxEmailBytes.
std::string compose_email(const Email& email);

/// `text` as a header's value: as it is when it is plain ASCII, or in encoded words, folded.
std::string header_text(std::string_view text);

}  // namespace barid::notify
