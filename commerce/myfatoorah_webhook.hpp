// MyFatoorah's webhooks, v1 and v2: whether the signature is theirs, and what to look at again.
//
// The header `MyFatoorah-Signature` is base64(HMAC-SHA256(secret, "k=v,k=v")), null as nothing. v1
// signs all members of Data, sorted without regard to case (a refund's without GatewayReference);
// v2 an order of its own for each kind of event. For payments two orders are documented: it ends in
// Invoice.ExternalIdentifier or in Customer.Reference; both are taken. Amounts and times are not
// signed, and a message can be sent again by anybody who saw it: it is a hint to ask the gateway,
// never a fact. Other kinds of events (balances, suppliers, disputes) mean nothing here; they are
// verified all the same, and a kind whose order isn't documented is none. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace barid::commerce {

inline constexpr std::size_t kWebhookBytes = std::size_t{64} << 10U;

struct WebhookHint {
    enum class About { payment, refund, nothing };
    About about = About::nothing;
    std::string invoice_id = {};
    std::string refund_id = {};
};

/// `signature`: the header's value. Nothing when the message isn't theirs. Takes as long for a
/// signature that is nearly right as for another one.
std::optional<WebhookHint> read_webhook(std::string_view body, std::string_view signature,
                                        const Secret& secret);

}  // namespace barid::commerce
