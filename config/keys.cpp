#include "config/key_types.hpp"

// Ties a key to its member for reading (const) and writing alike.
#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {
namespace {

using namespace std::chrono_literals;

/// The database's own rule for queue names.
bool is_queue_name(std::string_view text) {
    constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::string_view kRest = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    return !text.empty() && text.size() <= 63 && kFirst.find(text.front()) != kFirst.npos &&
           text.find_first_not_of(kRest) == text.npos;
}

/// Queue names, or "*" alone: beside names it would say two things at once.
bool are_queues(const Texts& items) {
    if (items == Texts{"*"}) return true;
    return std::ranges::all_of(items, [](const std::string& item) { return is_queue_name(item); });
}

bool is_locale(std::string_view text) {
    const std::size_t language = std::min(text.find('-'), text.size());
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return language >= 2 && language <= 3 && text.size() <= 35 && text.back() != '-' &&
           text.substr(0, language).find_first_not_of(kLetters) == text.npos && is_name(text) &&
           text.find_first_of("._:") == text.npos;
}

Key bind_key() {
    Key key{.name = "http.bind"};
    key.allowed = "an address and a port like \"127.0.0.1:8787\" or \"[::1]:8787\", or off";
    key.assign = [allowed = key.allowed](Settings& settings, const Value& value) -> Complaint {
        auto bind = parse_bind(std::get<std::string>(value));
        if (!bind) return "must be " + allowed;
        settings.http.bind = *std::move(bind);
        return std::nullopt;
    };
    key.show = [](const Settings& settings) { return json_quote(show_bind(settings.http.bind)); };
    return key;
}

std::vector<Key> core_keys() {
    return {
        text_key("worker.name", BARID_AT(worker.name), kName),
        texts_key(
            "worker.queues", BARID_AT(worker.queues),
            {.allowed = "1 to 100 queue names like \"mail\" (a-z, 0-9 and _ . -, at most 63), "
                        "or [\"*\"]",
             .valid = [](std::string_view item) { return item == "*" || is_queue_name(item); },
             .valid_together = are_queues,
             .min_items = 1}),
        integer_key("worker.concurrency", BARID_AT(worker.concurrency), 1, 10'000),
        duration_key("worker.shutdown_grace", BARID_AT(worker.shutdown_grace), 0ms, 1h),
        duration_key("worker.lease_ttl", BARID_AT(worker.lease_ttl), 3s, 60s),
        choice_key<Wakeup>("worker.wakeup", BARID_AT(worker.wakeup),
                           {{"listen", Wakeup::listen}, {"poll", Wakeup::poll}}),
        duration_key("worker.poll_interval", BARID_AT(worker.poll_interval), 50ms, 1min),

        choice_key<log::Level>("log.level", BARID_AT(log.level),
                               {{"debug", log::Level::debug},
                                {"info", log::Level::info},
                                {"warn", log::Level::warn},
                                {"error", log::Level::error},
                                {"off", log::Level::off}}),
        choice_key<log::Format>("log.format", BARID_AT(log.format),
                                {{"auto", log::Format::automatic},
                                 {"json", log::Format::json},
                                 {"text", log::Format::text}}),
        bind_key(),
    };
}

std::vector<Key> notify_keys() {
    std::vector<Key> all{
        choice_key<Channel>("notify.channel", BARID_AT(notify.channel),
                            {{"dev", Channel::dev}, {"fcm", Channel::fcm}}),
        text_key("notify.locale", BARID_AT(notify.locale),
                 {.allowed = "a language like \"en\" or \"ar-EG\"", .valid = is_locale}),
        choice_key<NotifyDigits>(
            "notify.digits", BARID_AT(notify.digits),
            {{"latin", NotifyDigits::latin}, {"native", NotifyDigits::native}}),
        integer_key("notify.quota_per_minute", BARID_AT(notify.quota_per_minute), 0, 100'000'000),
        duration_key("notify.ramp", BARID_AT(notify.ramp), 0ms, 1h),
    };
    std::ranges::move(fcm_keys(""), std::back_inserter(all));
    return all;
}

}  // namespace

bool is_name(std::string_view text) {
    constexpr std::string_view kCharacters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
    return !text.empty() && text.size() <= 128 &&
           text.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::string Key::variable() const {
    std::string text = "BARID_";
    for (const char c : name) {
        text += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return text;
}

std::span<const Key> keys() {
    static const std::vector<Key> table = [] {
        std::vector<Key> all = database_keys("");
        std::ranges::move(core_keys(), std::back_inserter(all));
        std::ranges::move(http_keys(), std::back_inserter(all));
        std::ranges::move(media_keys(), std::back_inserter(all));
        std::ranges::move(notify_keys(), std::back_inserter(all));
        std::ranges::move(notify_channel_keys(), std::back_inserter(all));
        std::ranges::move(translate_keys(), std::back_inserter(all));
        std::ranges::move(admin_keys(), std::back_inserter(all));
        std::ranges::move(trace_keys(), std::back_inserter(all));
        std::ranges::move(shop_keys(), std::back_inserter(all));
        return all;
    }();
    return table;
}

}  // namespace barid::config
