// Any bytes as a payment gateway's answer, as a webhook and as an amount: read or refused, nothing
// else; what nobody understands is never "paid", and what is read is written back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "commerce/myfatoorah_answers.hpp"
#include "commerce/myfatoorah_webhook.hpp"

namespace {

using namespace barid::commerce;

void read_answers(std::string_view body) {
    for (const int status : {200, 400, 500}) {
        const RawAnswer raw{.status = status, .body = body};
        const StatusAnswer answer = read_payment_status(raw);
        if (answer.invoice && answer.trouble != Trouble::none) std::abort();
        if (answer.invoice && answer.invoice->id.empty()) std::abort();
        (void)read_payment_details(raw);
        const ExecuteAnswer executed = read_execute(raw);
        if (status >= 500 && executed.trouble == Trouble::refused) std::abort();
        (void)read_refund(raw);
        (void)read_refunds(raw);
    }
}

void read_amount(std::string_view text) {
    const auto money = parse_display_amount(text);
    if (!money) return;
    const auto again = format_minor(*money);
    if (!again || parse_money(*again, money->currency) != money) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_answers(text);
    read_amount(text);
    static const barid::Secret secret("nobody who fuzzes knows it");
    // No one signed it; only events that mean nothing here may pass.
    const auto hint = read_webhook(text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", secret);
    if (hint && hint->about != WebhookHint::About::nothing) std::abort();
    return 0;
}
