#include "worker/admin_parts.hpp"

#include "admin/door.hpp"
#include "worker/media_parts.hpp"
#include "worker/parts.hpp"
#include "worker/platform.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

api::MediaParts media_parts(const ConsoleLoans& loans, const config::Media& settings) {
    api::MediaParts parts{.recipes = recipe_book(settings),
                          .store = std::string(store_name(settings.store))};
    if (settings.is_private && loans.store != nullptr) {
        parts.sign = [store = loans.store](std::string_view key, std::chrono::sys_seconds expires) {
            return store->signed_url(key, expires);
        };
    }
    return parts;
}

const char* name_of(jobs::Breaker::State state) {
    switch (state) {
        case jobs::Breaker::State::closed:
            return "closed";
        case jobs::Breaker::State::open:
            return "open";
        case jobs::Breaker::State::half_open:
            return "half_open";
    }
    return "closed";
}

api::WebhookParts webhook_parts(const ConsoleLoans& loans, const config::Settings& settings) {
    api::WebhookParts parts;
    for (const auto& [name, endpoint] : settings.deliver) {
        parts.endpoints.push_back(
            {.name = name,
             .url = endpoint.url,
             .timeout = std::chrono::ceil<std::chrono::milliseconds>(endpoint.timeout),
             .concurrency = endpoint.concurrency});
    }
    if (loans.deliveries == nullptr) return parts;
    parts.lane = [board =
                      loans.deliveries](std::string_view name) -> std::optional<api::WebhookLane> {
        const auto entry = board->look(name);
        if (!entry) return std::nullopt;
        return api::WebhookLane{.breaker = name_of(entry->breaker),
                                .rests_for = entry->rests_for,
                                .under_way = entry->under_way};
    };
    return parts;
}

}  // namespace

std::unique_ptr<admin::Console> make_console(const ConsoleLoans& loans,
                                             const config::Settings& settings, log::Logger logger) {
    admin::ConsoleOptions options;
    options.database = connect_options(settings);
    options.connections = static_cast<std::size_t>(settings.admin.connections);
    options.statement_timeout =
        std::chrono::ceil<std::chrono::milliseconds>(settings.admin.statement_timeout);
    options.access = admin::gatekeeper_options(settings.admin, loans.http, loans.clock);
    options.sign_in = admin::sign_in_options(settings.admin);
    options.media = media_parts(loans, settings.media);
    options.webhooks = webhook_parts(loans, settings);
    for (const auto& [name, projection] : settings.projection) {
        options.projections.push_back(name);
    }
    options.version = std::string(kVersion);
    return std::make_unique<admin::Console>(loans.io, loans.blocking, loans.clock,
                                            std::move(options), loans.watchers, std::move(logger));
}

}  // namespace barid::worker
