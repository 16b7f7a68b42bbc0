// The keys of [deliver.NAME]: one set for each endpoint that the file or the environment names.
#include "base/crypto.hpp"
#include "config/key_types.hpp"

namespace barid::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

}  // namespace

bool is_added_header(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos || colon == 0 || text.size() > kMaxTextBytes) return false;
    std::string name(text.substr(0, colon));
    if (name.find_first_not_of(std::string(kLetters) + "0123456789-_") != name.npos) return false;
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    static constexpr std::string_view kOurs[] = {
        "host", "content-length",   "connection", "content-type",     "expect",
        "te",   "content-encoding", "upgrade",    "transfer-encoding"};
    const std::string_view value = text.substr(colon + 1);
    return !name.starts_with("webhook-") && std::ranges::find(kOurs, name) == std::end(kOurs) &&
           value.find_first_not_of(" \t") != value.npos &&
           value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos;
}

bool is_endpoint_name(std::string_view name) {
    return !name.empty() && name.size() <= 40 && name.front() >= 'a' && name.front() <= 'z' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

std::vector<Key> endpoint_keys(const std::string& name) {
    const auto key = [&](const char* part) { return fmt::format("deliver.{}.{}", name, part); };
    const TextKey url = {.allowed =
                             "an http or https URL without user, query or fragment, like "
                             "\"https://shop.example/webhooks\"",
                         .valid = is_http_url};
    const SecretsKey secrets = {
        .allowed =
            "a list of webhook secrets, each \"whsec_\" and 24 to 64 bytes in base64; make one "
            "with: echo whsec_$(openssl rand -base64 32)",
        .valid = [](std::string_view item) { return webhook_key(item).has_value(); }};
    const SecretsKey headers = {
        .allowed =
            "a list of headers like \"Authorization: Bearer abc\", but not those of the message "
            "itself (Content-…, Host, webhook-…)",
        .valid = is_added_header};
    return {
        text_key(
            key("url"), [name](auto& s) -> auto& { return s.deliver.at(name).url; }, url),
        secrets_key(
            key("secrets"), [name](auto& s) -> auto& { return s.deliver.at(name).secrets; },
            secrets),
        secrets_key(
            key("headers"), [name](auto& s) -> auto& { return s.deliver.at(name).headers; },
            headers),
        duration_key(
            key("timeout"), [name](auto& s) -> auto& { return s.deliver.at(name).timeout; }, 100ms,
            5min),
        integer_key(
            key("concurrency"), [name](auto& s) -> auto& { return s.deliver.at(name).concurrency; },
            1, 1000),
        boolean_key(key("allow_private"),
                    [name](auto& s) -> auto& { return s.deliver.at(name).allow_private; }),
        secrets_key(
            key("qstash_signing_keys"),
            [name](auto& s) -> auto& { return s.deliver.at(name).qstash_signing_keys; },
            {.allowed = "a list of one or two texts of 16 to 200 bytes",
             .valid =
                 [](std::string_view item) { return item.size() >= 16 && item.size() <= 200; }}),
    };
}

std::vector<Key> all_keys(const Settings& settings) {
    std::vector<Key> all(keys().begin(), keys().end());
    for (const auto& [name, database] : settings.databases) {
        std::ranges::move(database_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, project] : settings.notify.fcm_projects) {
        std::ranges::move(fcm_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, recipe] : settings.media.recipes) {
        std::ranges::move(media_recipe_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, jwt] : settings.admin.jwt) {
        std::ranges::move(admin_jwt_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, endpoint] : settings.deliver) {
        std::ranges::move(endpoint_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, gateway] : settings.payment) {
        std::ranges::move(payment_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, stream] : settings.outbox) {
        std::ranges::move(outbox_keys(name), std::back_inserter(all));
    }
    for (const auto& [name, projection] : settings.projection) {
        std::ranges::move(projection_keys(name), std::back_inserter(all));
    }
    return all;
}

}  // namespace barid::config
