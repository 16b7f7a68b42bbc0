// What the tests of the API about notifications share: a shop's users, phones, notifications and
// what became of them, written straight into the ledger.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "tests/support/api_fixture.hpp"

namespace barid::support {

inline std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

/// What nobody may take for markup, a pattern, SQL or the end of something.
inline const std::string kHostile =
    "<script>alert(1)</script>'\"\\{n} \u202eعكس\u202c; DROP TABLE barid.job; --";

class NotifyApiTest : public ApiFixture {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }

    std::string device(const std::string& user, const std::string& token) const {
        return sql("SELECT barid.register_device(" + quoted(user) + ", " + quoted(token) +
                   ", 'android', app_version => '4.2', locale => 'ar', tz => 'Asia/Riyadh')");
    }
    void category(const std::string& key, const std::string& more = "") const {
        sql("SELECT barid.upsert_category(" + quoted(key) + more + ")");
    }
    /// A notification in Arabic and English; its id. Its job is gone, as if it had run.
    std::string notification(const std::string& user, const std::string& category = "general",
                             const std::string& title = "شُحن طلبك") const {
        const auto id = sql("SELECT barid.notify(" + quoted(user) + ", " + quoted(category) +
                            ", title => jsonb_build_object('ar', " + quoted(title) +
                            "), body => '{\"ar\": \"طلبك 1042 في الطريق\"}', "
                            "data => '{\"order\": \"1042\"}')");
        sql("DELETE FROM barid.job");
        return id;
    }
    /// One way out of it; the delivery's id. `device` may be "NULL".
    std::string delivery(const std::string& notification, const std::string& state,
                         const std::string& reason, const std::string& device,
                         const std::string& channel = "push") const {
        return sql(
            "INSERT INTO barid.delivery (notification_id, channel, device_id, state, reason, "
            "attempts) VALUES (" +
            quoted(notification) + ", " + quoted(channel) + ", " + device + ", " + quoted(state) +
            ", nullif(" + quoted(reason) + ", ''), " +
            (state == "failed" || state == "accepted" ? "1" : "0") + ") RETURNING id");
    }
    void attempt(const std::string& notification, const std::string& delivery,
                 const std::string& kind, const std::string& reason, int status,
                 const std::string& error = "") const {
        sql("INSERT INTO barid.delivery_attempt (notification_id, delivery_id, attempt_no, "
            "finished_at, class, reason, http_status, latency_ms, error, worker) VALUES (" +
            quoted(notification) + ", " + delivery + ", 1, clock_timestamp(), " + quoted(kind) +
            ", " + quoted(reason) + ", " + std::to_string(status) + ", 31, " + quoted(error) +
            ", 'w1')");
    }
    /// A member of a JSON answer as text: "/status".
    static std::string text(const json::value& value, const std::string& pointer) {
        const auto* found = find_string(value, pointer);
        return found != nullptr ? std::string(*found) : "";
    }
    /// The ids of a list's items, in order.
    static std::vector<std::string> ids(const json::array& items) {
        std::vector<std::string> all;
        for (const auto& item : items) all.push_back(text(item, "/id"));
        return all;
    }
};

}  // namespace barid::support
