// The kind `notify.send`: one notification to one user: into the inbox once, and to every device
// that the user's preferences allow.
//
// Payload: {"user", "title": {"en", "ar"}, "body": {"en", "ar"}} or {"user", "template", "vars"},
// and optionally "category", "data", "image", "dedupe_key", "channels". Run again after a crash or
// a failure, a job goes on with the devices that have not accepted yet. io thread only.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "jobs/registry.hpp"
#include "notify/channel.hpp"
#include "notify/lane_book.hpp"
#include "notify/ledger.hpp"
#include "notify/message_format.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct NotifySendPayload {
    std::string user = {};
    std::string category = {};
    std::vector<notify::LocalText> texts = {};  ///< empty when a template is named
    std::optional<std::string> template_key = {};
    json::object vars = {};
    std::vector<std::pair<std::string, std::string>> data = {};
    std::optional<std::string> image = {};
    json::object options = {};  ///< blocks "android", "apns", "webpush"
    std::optional<std::string> dedupe_key = {};
    std::vector<std::string> channels = {};  ///< empty: all
};

/// Notes every violation in `in`.
NotifySendPayload parse_notify_send(JsonReader& in);

struct NotifySendOptions {
    std::string default_locale = "en";
    notify::Digits digits = notify::Digits::latin;
    std::string worker = {};  ///< this process's name, kept with each attempt
    int max_devices = 100;
    notify::Pacing pacing = {};
    std::chrono::milliseconds timeout{std::chrono::minutes(5)};
};

/// References must outlive the registry's use.
struct NotifySendDeps {
    pg::Pool& pool;
    notify::NotificationChannel& channel;
    const Clock& clock;
    NotifySendOptions options = {};
};

void register_notify_send(Registry& registry, NotifySendDeps deps);

}  // namespace barid::jobs
