// E-mail addresses (RFC 5321), as far as Barid writes to them. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace barid {

/// The rule of barid.check_email: in ASCII, dots between atoms, a domain of two labels or more.
/// Quoted names and address literals are not taken; international domains are in their xn-- form.
bool is_email_address(std::string_view text);

struct Mailbox {
    std::string name = {};  ///< shown to people; any language
    std::string address = {};
};

/// "orders@shop.example" or "Layla's shop <orders@shop.example>"; nothing when it is neither.
std::optional<Mailbox> parse_mailbox(std::string_view text);

}  // namespace barid
