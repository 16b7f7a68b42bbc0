// What phones, browsers and mailboxes would show of a text: rendered in one language, and cut where
// a platform cuts it. Pure but for ICU's caches.
#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/json_reader.hpp"
#include "notify/channel.hpp"
#include "notify/template.hpp"

namespace barid::api {

struct PreviewWish {
    std::string locale = {};                ///< the reader's; "": the default
    std::string default_locale = "en";      ///< the shop's
    std::optional<json::object> vars = {};  ///< nothing: the samples
    bool fill = false;                      ///< samples for what `vars` lacks
    std::string channel = "push";           ///< push or email
    std::string platform = {};              ///< android, ios or web; "": all
    std::string time_zone = "UTC";
    std::optional<std::string> image = {};
};

/// The JSON of the schema TemplatePreview. Throws Problem 422 with the place of every variable that
/// is missing, unknown or of another type.
json::object preview_of(const notify::TemplateVersion& version, const PreviewWish& wish);
/// The same of a text that is rendered already.
json::object preview_of(notify::PushMessage message, const PreviewWish& wish);

/// Texts and variables as they are given to be saved, as a version that nobody has saved. Throws
/// Problem 422 with the place of what is wrong.
notify::TemplateVersion draft_of(std::string key, const json::object& texts,
                                 const json::value* variables);

}  // namespace barid::api
