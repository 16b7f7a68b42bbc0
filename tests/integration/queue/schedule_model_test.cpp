// When a schedule fires, against a model that shares nothing with the SQL: every time of every day
// is tried, and the rules of the zones come from another library.
#include <date/tz.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;
using date::local_seconds;
using date::sys_seconds;

struct Field {
    std::string text;
    std::set<int> values;
    [[nodiscard]] bool restricted() const { return !text.starts_with('*'); }
    [[nodiscard]] bool repeating() const { return text.find_first_of("*/") != std::string::npos; }
    [[nodiscard]] bool has(int value) const { return values.contains(value); }
};

struct Item {
    std::string text;
    int first;
    int last;
    int step;
};

/// Both included, the whole range from the first try on.
int between(int low, int high) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}

/// How a field is filled: values from here to there; a fixed one has neither * nor /.
struct Taste {
    int from = 0;
    int to = 59;
    bool fixed = false;
};

Item any_item(int low, int high, Taste taste) {
    const int first = between(std::max(low, taste.from), std::min(high, taste.to));
    const int last = between(first, std::min(high, taste.to));
    const int step = between(1, std::min(high, 20));
    const std::string start = std::to_string(first);
    const std::string range = start + "-" + std::to_string(last);
    switch (taste.fixed ? between(4, 7) : between(0, 6)) {
        case 0:
            return {"*", low, high, 1};
        case 1:
            return {"*/" + std::to_string(step), low, high, step};
        case 2:
            return {range + "/" + std::to_string(step), first, last, step};
        case 3:
            return {start + "/" + std::to_string(step), first, high, step};
        case 4:
            return {range, first, last, 1};
        default:
            return {start, first, first, 1};
    }
}

Field any_field(int low, int high, int items, Taste taste = {}) {
    Field field;
    for (int i = 0; i < items; ++i) {
        const Item item = any_item(low, high, taste);
        field.text += (i > 0 ? "," : "") + item.text;
        for (int v = item.first; v <= item.last; v += item.step) field.values.insert(v);
    }
    return field;
}

Field star(int low, int high) {
    Field field{"*", {}};
    for (int v = low; v <= high; ++v) field.values.insert(v);
    return field;
}

struct Expression {
    Field second{"0", {0}};
    Field minute, hour, day, month, weekday;
    bool six_fields = false;
    bool last_day = false;

    [[nodiscard]] std::string text() const {
        return (six_fields ? second.text + " " : "") + minute.text + " " + hour.text + " " +
               day.text + (last_day ? ",L" : "") + " " + month.text + " " + weekday.text;
    }
    [[nodiscard]] bool repeating() const {
        return second.repeating() || minute.repeating() || hour.repeating();
    }
    [[nodiscard]] bool allows(date::local_days date) const {
        const date::year_month_day ymd(date);
        if (!month.has(static_cast<int>(static_cast<unsigned>(ymd.month())))) return false;
        const bool is_last = ymd.day() == (ymd.year() / ymd.month() / date::last).day();
        const bool by_day =
            day.has(static_cast<int>(static_cast<unsigned>(ymd.day()))) || (last_day && is_last);
        const bool by_weekday = weekday.has(static_cast<int>(date::weekday(date).c_encoding()));
        if (day.restricted() && weekday.restricted()) return by_day || by_weekday;
        return by_day && by_weekday;
    }
};

/// With fixed times or repeating ones; their hours are often those around `hour`.
Expression any_expression(int hour) {
    Expression e;
    const bool fixed = between(0, 1) == 0;
    const Taste any{.fixed = fixed};
    const Taste near{.from = std::clamp(hour - 2, 0, 22), .to = hour + 2, .fixed = fixed};
    e.six_fields = between(0, 3) == 0;
    e.minute = any_field(0, 59, between(1, 3), any);
    e.hour = any_field(0, 23, between(1, 3), between(0, 2) == 0 ? any : near);
    if (e.six_fields) {
        e.second = any_field(0, 59, 1, any);
        if (e.minute.values.size() > 10) e.minute = {"7", {7}};  // the model tries each second
    }
    e.day = between(0, 3) > 0 ? star(1, 31) : any_field(1, 31, between(1, 2));
    e.month = between(0, 3) > 0 ? star(1, 12) : any_field(1, 12, between(1, 2));
    e.weekday = between(0, 3) > 0 ? star(0, 6) : any_field(0, 6, between(1, 2));
    e.last_day = between(0, 7) == 0;
    return e;
}

/// The instants at which an expression fires because of what a clock shows at `shown`.
void add_fires(const Expression& e, const date::time_zone& zone, local_seconds shown,
               std::set<sys_seconds>& fires) {
    const date::local_info info = zone.get_info(shown);
    if (info.result == date::local_info::nonexistent) {
        if (!e.repeating()) fires.insert(info.first.end);
        return;
    }
    fires.insert(sys_seconds((shown - info.first.offset).time_since_epoch()));
    if (info.result == date::local_info::ambiguous && e.repeating()) {
        fires.insert(sys_seconds((shown - info.second.offset).time_since_epoch()));
    }
}

constexpr int kYears = 3;

std::vector<sys_seconds> model(const Expression& e, const date::time_zone& zone, sys_seconds after,
                               std::size_t count) {
    std::set<sys_seconds> fires;
    const auto start = date::floor<date::days>(local_seconds(after.time_since_epoch()));
    for (auto day = start - date::days(2); day < start + date::days(366 * kYears);
         day += date::days(1)) {
        if (fires.size() >= count &&
            *std::next(fires.begin(), static_cast<long>(count) - 1) + date::days(3) <
                sys_seconds(day.time_since_epoch())) {
            break;
        }
        if (!e.allows(day)) continue;
        for (const int h : e.hour.values) {
            for (const int m : e.minute.values) {
                for (const int s : e.second.values) {
                    add_fires(e, zone, local_seconds(day) + h * 1h + m * 1min + s * 1s, fires);
                }
            }
        }
        fires.erase(fires.begin(), fires.upper_bound(after));
    }
    std::vector<sys_seconds> result(fires.begin(), fires.end());
    if (result.size() > count) result.resize(count);
    return result;
}

class ScheduleModel : public testing::Test {
  protected:
    std::string ask(const std::string& text, const std::string& tz, sys_seconds after,
                    std::size_t count) {
        const std::string since = std::to_string(after.time_since_epoch().count());
        const std::string n = std::to_string(count);
        const char* values[] = {text.c_str(), tz.c_str(), n.c_str(), since.c_str()};
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexecParams(connection_.get(),
                         "SELECT coalesce(string_agg(extract(epoch FROM t)::bigint::text, ' '), "
                         "'none') FROM barid.schedule_preview($1, $2, $3::int, "
                         "to_timestamp($4::bigint)) t",
                         4, nullptr, values, nullptr, nullptr, 0),
            PQclear);
        if (PQntuples(result.get()) != 1) return PQerrorMessage(connection_.get());
        return PQgetvalue(result.get(), 0, 0);
    }

    support::TestDatabase database_;
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{PQconnectdb(database_.url().c_str()),
                                                             PQfinish};
};

std::string to_text(const std::vector<sys_seconds>& times) {
    std::ostringstream out;
    for (const auto& t : times) {
        out << (out.tellp() > 0 ? " " : "") << t.time_since_epoch().count();
    }
    return out.str();
}

/// The first `count` of what the database says.
std::string head(const std::string& text, std::size_t count) {
    std::istringstream in(text);
    std::string result;
    for (std::string word; count > 0 && in >> word; --count) {
        result += (result.empty() ? "" : " ") + word;
    }
    return result;
}

TEST_F(ScheduleModel, FiresWhenTheModelSays) {
    const std::vector<std::string> zones = {
        "UTC",         "Asia/Riyadh",       "Asia/Dubai",        "Europe/Berlin",
        "Asia/Gaza",   "America/New_York",  "Africa/Cairo",      "Australia/Lord_Howe",
        "Asia/Beirut", "America/St_Johns",  "Africa/Casablanca", "Antarctica/Troll",
        "Asia/Tehran", "America/Sao_Paulo", "Pacific/Apia"};
    const bool held = rc::check("a preview is what the model finds", [&] {
        const std::string& tz =
            zones.at(static_cast<std::size_t>(between(0, static_cast<int>(zones.size()) - 1)));
        const date::time_zone& zone = *date::locate_zone(tz);
        sys_seconds after(std::chrono::seconds(between(800'000'000, 1'950'000'000)));
        const auto change = zone.get_info(after).end;
        if (between(0, 5) > 0 && change < sys_seconds(2'000'000'000s)) {
            after = change + std::chrono::seconds(between(-90'000, 7'200));
        }
        const auto shown = (zone.to_local(change) - 1s).time_since_epoch();
        const auto hour = date::floor<std::chrono::hours>(shown) % 24h;
        const Expression e = any_expression(static_cast<int>(hour.count()));
        const std::size_t count = 12;
        const auto expected = model(e, zone, after, count);
        const std::string got = ask(e.text(), tz, after, count);
        RC_LOG() << e.text() << " in " << tz << " after " << after.time_since_epoch().count()
                 << "\n";
        if (got.contains("never fires")) {
            RC_ASSERT(expected.empty());
            return;
        }
        RC_ASSERT(head(got, expected.size()) == to_text(expected));
        // The model looks three years ahead; what the database found beyond must be beyond.
        if (expected.size() < count && got != "none") {
            std::istringstream in(got);
            std::int64_t t = 0;
            for (std::size_t i = 0; in >> t; ++i) {
                if (i < expected.size()) continue;
                RC_ASSERT(sys_seconds(std::chrono::seconds(t)) >
                          after + date::days(365 * kYears - 5));
            }
        }
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace barid::queue
