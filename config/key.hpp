// The table of keys: one declaration per key drives loading, `render` and the example's test.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "config/value.hpp"

namespace barid::config {

struct Key {
    std::string name = {};     ///< "worker.concurrency"
    std::string allowed = {};  ///< completes "must be …": "an integer from 1 to 10000"
    Shape shape = Shape::text;
    bool secret = false;
    /// A variable that others use for the same thing; weaker than the file.
    std::string usual_variable = {};
    /// Puts the value into the settings, or says what is wrong with it.
    std::function<std::optional<std::string>(Settings&, const Value&)> assign = {};
    /// The value as a TOML literal; "***" for a secret that is set.
    std::function<std::string(const Settings&)> show = {};

    /// "BARID_WORKER_CONCURRENCY"
    [[nodiscard]] std::string variable() const;
};

/// All keys with a fixed name, in the order of the example and of `render`.
std::span<const Key> keys();

inline constexpr std::size_t kMaxEndpoints = 100;
/// 1 to 40 of a-z, 0-9 and "_", a letter first.
bool is_endpoint_name(std::string_view name);
/// The keys of [deliver.NAME], which must be in the settings that they are used on.
std::vector<Key> endpoint_keys(const std::string& name);
/// What `device.project` may be where a Firebase project of its own has that name: 1 to 40 of a-z,
/// 0-9, "_" and "-", a letter first; not "default", which is [notify.fcm].
bool is_fcm_project_name(std::string_view name);
/// The keys of [notify.fcm], or of [notify.fcm_projects.NAME], which must be in the settings.
std::vector<Key> fcm_keys(const std::string& name);
/// The keys of [admin.jwt.NAME], which must be in the settings that they are used on.
std::vector<Key> admin_jwt_keys(const std::string& name);
/// The keys of [payment.NAME], [outbox.NAME] and [projection.NAME], which must be in the settings.
std::vector<Key> payment_keys(const std::string& name);
std::vector<Key> outbox_keys(const std::string& name);
std::vector<Key> projection_keys(const std::string& name);
/// The keys of [media.recipes.NAME], which must be in the settings that they are used on.
std::vector<Key> media_recipe_keys(const std::string& name);
/// Adds the section with a name of the operator's that an entry of the file ("deliver.orders.url"),
/// or a variable, is of, when it is of one; the complaint when it can't be.
std::optional<std::string> add_section_of_entry(Settings& settings, std::string_view entry);
std::optional<std::string> add_section_of_variable(Settings& settings, std::string_view variable);
/// The keys of [database], or of the one called `name` among several.
std::vector<Key> database_keys(const std::string& name);
/// The keys of [notify.email] and [notify.webhook], which `keys()` holds too.
std::vector<Key> notify_channel_keys();
/// The keys of [http] but its address, which `keys()` holds too.
std::vector<Key> http_keys();
/// The keys of [media] and of [translate], which `keys()` holds too.
std::vector<Key> media_keys();
std::vector<Key> translate_keys();
std::vector<Key> admin_keys();
/// The keys of [shop], which `keys()` holds too.
std::vector<Key> shop_keys();
/// The keys of [trace], which `keys()` holds too.
std::vector<Key> trace_keys();
/// "Name: value", and none of the headers that say what the body is or that it is signed.
bool is_added_header(std::string_view text);
/// `keys()` and those of the settings' databases, endpoints and Firebase projects.
std::vector<Key> all_keys(const Settings& settings);

/// What a masked secret looks like; it is refused as a value.
inline constexpr const char* kMask = "***";

}  // namespace barid::config
