// Quiet hours: when they end, against a model that shares nothing with the SQL: it tries every
// minute, and its zones' rules come from another library.
#include <date/tz.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <vector>

#include "tests/support/database.hpp"

namespace barid::notify {
namespace {

using namespace std::chrono_literals;
using date::local_seconds;
using date::sys_seconds;
using std::chrono::seconds;

struct Window {
    int mask;   // bit 0 is Monday
    int start;  // minutes of the day
    int end;
};

struct Span {
    sys_seconds from;
    sys_seconds to;
};

sys_seconds instant(const date::time_zone& zone, local_seconds shown, bool late) {
    const date::local_info info = zone.get_info(shown);
    if (info.result == date::local_info::nonexistent) return info.first.end;
    const auto& offset =
        late && info.result == date::local_info::ambiguous ? info.second : info.first;
    return sys_seconds((shown - offset.offset).time_since_epoch());
}

/// The first minute from `at` on that no window has; `at` itself when it is not quiet.
std::optional<sys_seconds> model(const date::time_zone& zone, sys_seconds at,
                                 const std::vector<Window>& windows) {
    std::vector<Span> spans;
    const auto today = date::floor<date::days>(zone.to_local(at));
    for (auto day = today - date::days(2); day <= today + date::days(10); day += date::days(1)) {
        const unsigned bit = date::weekday(day).iso_encoding() - 1;
        for (const Window& w : windows) {
            if ((static_cast<unsigned>(w.mask) >> bit & 1U) == 0) continue;
            const auto next = day + date::days(w.end <= w.start ? 1 : 0);
            spans.push_back({instant(zone, day + w.start * 1min, false),
                             instant(zone, next + w.end * 1min, true)});
        }
    }
    const auto quiet = [&](sys_seconds t) {
        return std::ranges::any_of(spans, [t](const Span& s) { return s.from <= t && t < s.to; });
    };
    if (!quiet(at)) return at;
    sys_seconds t = date::floor<std::chrono::minutes>(at) + 1min;
    while (quiet(t)) {
        t += 1min;
        if (t > at + date::days(8)) return std::nullopt;
    }
    return t;
}

std::string literal(const std::vector<Window>& windows) {
    std::ostringstream out;
    int no = 0;
    for (const Window& w : windows) {
        out << (no++ > 0 ? "," : "") << "ROW('u'," << no << "," << w.mask << ",time '00:00' + '"
            << w.start << " minutes',time '00:00' + '" << w.end << " minutes')";
    }
    return "ARRAY[" + out.str() + "]::barid.quiet_hours[]";
}

struct Change {
    const date::time_zone* zone;
    sys_seconds at;
};

const std::vector<std::string> kZones = {
    "Africa/Cairo",     "Europe/Berlin",       "America/New_York",  "Asia/Beirut",
    "Asia/Gaza",        "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo",
    "Antarctica/Troll", "Pacific/Apia"};

/// Each change of the ten zones' clocks from 2000 to 2037.
std::vector<Change> all_changes() {
    std::vector<Change> out;
    for (const std::string& name : kZones) {
        const date::time_zone* zone = date::locate_zone(name);
        sys_seconds t(946'684'800s);
        for (t = zone->get_info(t).end; t < sys_seconds(2'114'380'800s);
             t = zone->get_info(t).end) {
            out.push_back({zone, t});
        }
    }
    return out;
}

int between(int low, int high) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}

/// Often in the small hours, where clocks are changed.
int any_minute() {
    return (between(0, 2) > 0 ? between(-8, 20) * 15 + 1440 : between(0, 95) * 15) % 1440;
}

std::vector<Window> any_windows() {
    std::vector<Window> out;
    for (int left = between(1, 4); left > 0; --left) {
        Window w{between(0, 2) > 0 ? 127 : between(1, 127), any_minute(), any_minute()};
        if (!out.empty() && between(0, 2) == 0) w.start = out.back().end;
        if (w.start != w.end) out.push_back(w);
    }
    return out;
}

class QuietHours : public testing::Test {
  protected:
    std::string ask(const std::string& text) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexec(connection_.get(), text.c_str()), PQclear);
        if (PQntuples(result.get()) != 1) return PQerrorMessage(connection_.get());
        return PQgetvalue(result.get(), 0, 0);
    }
    /// In UTC; "" when it is not quiet.
    std::string until(const std::string& tz, const std::string& at, const std::string& windows) {
        return ask("SELECT to_char(barid.quiet_until('" + tz + "', '" + at + "', " + windows +
                   ") AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')");
    }
    support::TestDatabase database_;
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{PQconnectdb(database_.url().c_str()),
                                                             PQfinish};
};

TEST_F(QuietHours, EndWhenTheModelSaysAtEveryChangeOfTenZones) {
    const std::vector<Change> changes = all_changes();
    ASSERT_GT(changes.size(), 400U);
    std::size_t turn = 0;
    const bool held = rc::check("an end is what the model finds", [&] {
        const std::vector<Window> windows = any_windows();
        RC_PRE(!windows.empty());
        std::string values;
        std::vector<std::string> expected;
        for (std::size_t i = 0; i < changes.size() / 20 + 1; ++i) {
            const Change& change = changes.at(turn++ % changes.size());
            const sys_seconds at = change.at + seconds(between(-36 * 3600, 6 * 3600));
            const auto end = model(*change.zone, at, windows);
            if (!end) continue;  // longer than the model looks
            expected.push_back(*end == at ? "none"
                                          : std::to_string(end->time_since_epoch().count()));
            values += (values.empty() ? "(" : ",(") + std::to_string(expected.size()) + ",'" +
                      change.zone->name() + "'," + std::to_string(at.time_since_epoch().count()) +
                      ")";
        }
        RC_PRE(!expected.empty());
        std::istringstream got(
            ask("SELECT string_agg(coalesce(extract(epoch FROM barid.quiet_until(tz, "
                "to_timestamp(at), " +
                literal(windows) + "))::bigint::text, 'none'), ' ' ORDER BY n) FROM (VALUES " +
                values + ") v (n, tz, at)"));
        RC_LOG() << literal(windows) << " at " << values << "\n";
        for (const std::string& want : expected) {
            std::string word;
            got >> word;
            RC_ASSERT(word == want);
        }
    });
    EXPECT_TRUE(held);
    EXPECT_GE(turn, changes.size() * 4) << "each change several times";
}

TEST_F(QuietHours, CrossMidnightInTheUsersZone) {
    const std::string night = literal({{127, 22 * 60, 7 * 60}});
    EXPECT_EQ(until("Africa/Cairo", "2026-01-10 23:30+02", night), "2026-01-11 05:00");
    EXPECT_EQ(until("Africa/Cairo", "2026-01-11 06:59:59.9+02", night), "2026-01-11 05:00");
    EXPECT_EQ(until("Africa/Cairo", "2026-01-11 07:00+02", night), "");
    EXPECT_EQ(until("Africa/Cairo", "2026-01-10 21:59:59+02", night), "");
    EXPECT_EQ(until("Asia/Riyadh", "2026-01-10 21:59:59+02", night), "2026-01-11 04:00");
}

TEST_F(QuietHours, BeginOnTheDaysOfTheirMask) {
    const std::string friday = literal({{16, 22 * 60, 7 * 60}});
    EXPECT_EQ(until("UTC", "2026-01-10 03:00+00", friday), "2026-01-10 07:00") << "Friday's night";
    EXPECT_EQ(until("UTC", "2026-01-10 23:00+00", friday), "") << "Saturday's";
}

TEST_F(QuietHours, ThatTouchOrOverlapAreOne) {
    EXPECT_EQ(until("UTC", "2026-01-10 23:00+00",
                    literal({{127, 6 * 60, 8 * 60}, {127, 22 * 60, 5 * 60}, {127, 300, 360}})),
              "2026-01-11 08:00");
    EXPECT_EQ(until("UTC", "2026-01-10 23:00+00",
                    literal({{127, 22 * 60, 5 * 60}, {127, 21 * 60, 23 * 60 + 30}})),
              "2026-01-11 05:00");
}

TEST_F(QuietHours, AreRatherLongerWhereClocksChange) {
    // Berlin: 02:00 becomes 03:00 at 01:00 UTC; in autumn 03:00 becomes 02:00 at 01:00 UTC.
    const std::string to_gap = literal({{127, 60, 150}});
    const std::string from_gap = literal({{127, 150, 240}});
    EXPECT_EQ(until("Europe/Berlin", "2026-03-29 00:30+00", to_gap), "2026-03-29 01:00");
    EXPECT_EQ(until("Europe/Berlin", "2026-03-29 01:00+00", from_gap), "2026-03-29 02:00");
    EXPECT_EQ(until("Europe/Berlin", "2026-10-25 00:10+00", to_gap), "2026-10-25 01:30");
    EXPECT_EQ(until("Europe/Berlin", "2026-10-25 01:10+00", from_gap), "2026-10-25 03:00")
        << "since the first 02:30";
    EXPECT_EQ(until("Europe/Berlin", "2026-10-25 00:29+00", from_gap), "");
}

TEST_F(QuietHours, AreSetWholeAndTakenAway) {
    ask("SELECT barid.set_quiet_hours('u', '[{\"start\": \"22:00\", \"end\": \"07:00\", \"days\": "
        "[\"fri\", \"sat\"]}, {\"start\": \"13:00\", \"end\": \"14:30\"}]', 'Africa/Cairo')");
    EXPECT_EQ(ask("SELECT string_agg(concat_ws(' ', no, dow_mask, start_local, end_local), ', ' "
                  "ORDER BY no) FROM barid.quiet_hours"),
              "1 48 22:00:00 07:00:00, 2 127 13:00:00 14:30:00");
    EXPECT_EQ(ask("SELECT tz FROM barid.app_user"), "Africa/Cairo");
    ask("SELECT barid.set_quiet_hours('u', '[{\"start\": \"01:00\", \"end\": \"02:00\"}]')");
    EXPECT_EQ(ask("SELECT count(*) || max(tz) FROM barid.quiet_hours, barid.app_user"),
              "1Africa/Cairo");
    ask("SELECT barid.set_quiet_hours('u', NULL)");
    EXPECT_EQ(ask("SELECT count(*) FROM barid.quiet_hours"), "0");
}

TEST_F(QuietHours, ThatCantBeAreRefusedByName) {
    const auto error = [&](const std::string& windows) {
        return ask("SELECT barid.set_quiet_hours('u', '" + windows + "')");
    };
    EXPECT_TRUE(error(R"({"start":"22:00"})").contains("list of at most 7"));
    EXPECT_TRUE(error(R"([{"start":"22:00"}])").contains("windows[1]: start and end"));
    EXPECT_TRUE(error(R"([{"start":"24:00","end":"07:00"}])").contains("must be times"));
    EXPECT_TRUE(error(R"([{"start":"7:00","end":"08:00"}])").contains("must be times"));
    EXPECT_TRUE(error(R"([{"start":"07:00","end":"07:00"}])").contains("same time"));
    EXPECT_TRUE(error(R"([{"start":"07:00","end":"08:00","days":["Fri"]}])").contains("is no day"));
    EXPECT_TRUE(error(R"([{"start":"07:00","end":"08:00","days":[]}])").contains("list of days"));
    EXPECT_TRUE(error(R"([{"start":"07:00","end":"08:00","tz":"UTC"}])").contains("windows[1]"));
    EXPECT_TRUE(error(R"([{"start":"08:00","end":"20:00"},{"start":"20:00","end":"08:00"}])")
                    .contains("leave no time"));
    EXPECT_EQ(ask("SELECT count(*) FROM barid.quiet_hours"), "0");
}

}  // namespace
}  // namespace barid::notify
