#include "notify/dev_channel.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::notify {

awaitable<SendResult> DevChannel::send(const Target& target, const PushMessage& message) {
    json::object data;
    for (const auto& [key, value] : message.data) data[key] = value;
    try {
        const pg::Result row = co_await pool_.execute(
            R"(INSERT INTO barid.dev_push (notification_id, device_id, user_id, platform, locale,
                                           title, body, image, data, channel, address, html)
               VALUES ($1, nullif($2::bigint, 0), $3, $4, $5, $6, $7, $8, $9::jsonb, $10,
                       CASE $10 WHEN 'email' THEN $11::text END, nullif($12, ''))
               RETURNING id)",
            pg::Params(message.nid, target.device_id, target.user_id, target.platform,
                       message.locale, message.title, message.body, message.image,
                       json::serialize(data), target.channel, target.target, message.html));
        co_return SendResult{.kind = SendClass::accepted,
                             .provider_id = "dev/" + row.one().get<std::string>(0)};
    } catch (const pg::Error& error) {
        // A lost connection says nothing about the row; a refused statement says that it is not
        // there.
        co_return SendResult{
            .kind = error.connection_lost() ? SendClass::ambiguous : SendClass::retry,
            .reason = "database",
            .error = truncate_utf8(error.what(), 300)};
    }
}

}  // namespace barid::notify
