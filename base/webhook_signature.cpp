#include "base/webhook_signature.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/crypto.hpp"

namespace barid {

std::string webhook_signature(const std::vector<std::string>& keys, std::string_view id,
                              std::int64_t timestamp, std::string_view body) {
    const std::string content = fmt::format("{}.{}.{}", id, timestamp, body);
    std::string out;
    for (const std::string& key : keys) {
        const Sha256Digest mac = hmac_sha256(key, content);
        const std::string_view bytes(reinterpret_cast<const char*>(mac.data()), mac.size());
        out += fmt::format("{}v1,{}", out.empty() ? "" : " ", base64_encode(bytes));
    }
    return out;
}

std::string webhook_time(SystemTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (time - seconds).count());
}

}  // namespace barid
