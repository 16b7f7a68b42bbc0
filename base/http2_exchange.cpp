#include "base/http2_exchange.hpp"

#include <fmt/format.h>

namespace barid::http {

void Exchange::fail(Error::Retry retry, std::string_view code, std::string_view why) {
    fail(retry, code, why, sent());
}

void Exchange::fail(Error::Retry retry, std::string_view code, std::string_view why, Sent known) {
    if (done) return;
    response.cut = request.keep_beginning && head_arrived;
    if (!response.cut) {
        failure.emplace(retry, known, std::string(code),
                        fmt::format("{} {}: {}", request.method, origin, why));
    }
    end();
}

void Exchange::restart() {
    connection = nullptr;
    stream = 0;
    on_wire = false;
    body_read = 0;
}

void Exchange::end() {
    if (done) return;
    done = true;
    connection = nullptr;
    if (is_linked()) unlink();
    if (waiter) waiter->wake();
}

}  // namespace barid::http
