// What a user sees in the inbox: pages, filters, counts, and the marks.
#include <set>

#include "tests/integration/notify/decision_fixture.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;

class InboxPage : public support::DecisionTest {
  protected:
    InboxPage() {
        for (int n = 0; n < 6; ++n) {
            sql(notify("u", ", channels => '{inbox}', dedupe_key => 'k" + std::to_string(n) + "'"));
        }
    }
    static std::string ids(const std::string& which) {
        return "ARRAY(SELECT id FROM barid.notification WHERE user_id = 'u' AND dedupe_key IN (" +
               which + "))";
    }
    std::string count(const std::string& filter) const {
        return sql("SELECT count(*) FROM barid.inbox('u', filter => '" + filter + "')");
    }
    /// "inbox unread snoozed archived all / unread unseen"
    std::string state() const {
        return count("inbox") + " " + count("unread") + " " + count("snoozed") + " " +
               count("archived") + " " + count("all") + " / " +
               sql("SELECT unread || ' ' || unseen FROM barid.inbox_counts('u')");
    }
};

TEST_F(InboxPage, MarksMoveItemsBetweenTheFilters) {
    EXPECT_EQ(state(), "6 6 0 0 6 / 6 6");
    EXPECT_EQ(sql("SELECT barid.mark_seen('u')"), "6");
    EXPECT_EQ(state(), "6 6 0 0 6 / 6 0");
    EXPECT_EQ(sql("SELECT barid.mark_read('u', " + ids("'k0', 'k1'") + ")"), "2");
    EXPECT_EQ(state(), "6 4 0 0 6 / 4 0");
    EXPECT_EQ(sql("SELECT barid.mark_unread('u', " + ids("'k0'") + ")"), "1");
    EXPECT_EQ(state(), "6 5 0 0 6 / 5 0");
    EXPECT_EQ(sql("SELECT barid.mark_archived('u', " + ids("'k2', 'k3'") + ")"), "2");
    EXPECT_EQ(state(), "4 3 0 2 6 / 3 0");
    EXPECT_EQ(sql("SELECT barid.mark_archived('u', " + ids("'k2'") + ", false)"), "1");
    EXPECT_EQ(state(), "5 4 0 1 6 / 4 0");
    for (const char* again : {"mark_archived('u', ARRAY(SELECT id FROM barid.inbox('u', filter => "
                              "'archived')))",
                              "mark_seen('u')"}) {
        EXPECT_EQ(sql(std::string("SELECT barid.") + again), "0") << again;
    }
}

TEST_F(InboxPage, ASnoozedItemComesBackUnread) {
    sql("SELECT barid.mark_read('u')");
    EXPECT_EQ(sql("SELECT barid.mark_snoozed('u', " + ids("'k0'") + ", now() + interval '1 hour')"),
              "1");
    EXPECT_EQ(state(), "5 0 1 0 6 / 0 0");
    EXPECT_EQ(sql("SELECT barid.mark_read('u')"), "0") << "what can't be seen isn't read";
    sql("UPDATE barid.inbox_item SET snoozed_until = now() - interval '1 s' WHERE snoozed_until IS "
        "NOT NULL");
    EXPECT_EQ(state(), "6 1 0 0 6 / 1 1");
    sql("SELECT barid.mark_snoozed('u', " + ids("'k1'") + ", now() + interval '1 hour')");
    EXPECT_EQ(sql("SELECT barid.mark_snoozed('u', " + ids("'k1'") + ", NULL)"), "1");
    EXPECT_EQ(state(), "6 2 0 0 6 / 2 2");
    EXPECT_THAT(error_of("SELECT barid.mark_snoozed('u', '{}', now() - interval '1 day')"),
                HasSubstr("future"));
    EXPECT_THAT(error_of("SELECT barid.mark_snoozed('u', NULL, NULL)"),
                HasSubstr("notification_ids"));
}

TEST_F(InboxPage, IdsOfOthersChangeNothing) {
    for (const char* mark : {"mark_read('v', X)", "mark_seen('v', X)", "mark_archived('v', X)",
                             "mark_snoozed('v', X, now() + interval '1 hour')"}) {
        std::string call = mark;
        call.replace(call.find('X'), 1, ids("'k0', 'k1'"));
        EXPECT_EQ(sql("SELECT barid." + call), "0") << call;
    }
    EXPECT_EQ(state(), "6 6 0 0 6 / 6 6");
}

TEST_F(InboxPage, AnItemWithoutItsTextIsNotThereYet) {
    sql("UPDATE barid.inbox_item SET title = NULL, body = NULL WHERE notification_id = ANY (" +
        ids("'k0', 'k1'") + ")");
    EXPECT_EQ(state(), "4 4 0 0 4 / 4 4");
    EXPECT_EQ(sql("SELECT barid.mark_read('u')"), "4");
}

TEST_F(InboxPage, PagesOfEveryFilterCoverEachItemOnce) {
    sql("SELECT barid.mark_archived('u', " + ids("'k1', 'k4'") + ")");
    sql("UPDATE barid.inbox_item SET created_at = '2026-01-01'");  // ties are broken by the id
    for (const char* filter : {"inbox", "unread", "all"}) {
        std::set<std::string> seen;
        std::string after = "NULL, NULL";
        for (int page = 0; page < 5; ++page) {
            const std::string rows =
                sql("SELECT string_agg(id::text, ',') FROM barid.inbox('u', "
                    "2, " +
                    after + ", '" + filter + "')");
            if (rows.empty()) break;
            for (std::size_t at = 0; at < rows.size(); at += 37) {
                EXPECT_TRUE(seen.insert(rows.substr(at, 36)).second) << filter;
            }
            after = "'2026-01-01', '" + rows.substr(rows.size() - 36) + "'";
        }
        EXPECT_EQ(std::to_string(seen.size()), count(filter)) << filter;
    }
}

TEST_F(InboxPage, CanBeOneCategory) {
    sql("SELECT barid.upsert_category('c')");
    sql(notify("u", ", channels => '{inbox}', category => 'c'"));
    EXPECT_EQ(sql("SELECT count(*) || max(category) FROM barid.inbox('u', only_category => 'c')"),
              "1c");
    EXPECT_THAT(error_of("SELECT * FROM barid.inbox('u', filter => 'starred')"),
                HasSubstr("filter must be"));
}

TEST_F(InboxPage, CountingStopsAtTheCap) {
    EXPECT_EQ(sql("SELECT barid.unread_count('u', 4)"), "4");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "6");
}

TEST_F(InboxPage, LongItemsAndBriefOnesAreOneList) {
    // The longest that an item can be, of letters that don't compress.
    sql("UPDATE barid.inbox_item SET body = (SELECT left(string_agg(md5(g::text), ''), 3500) FROM "
        "generate_series(1, 120) g) WHERE notification_id = ANY (" +
        ids("'k1', 'k4'") + ")");
    // And the longest brief one, with the longest names.
    sql(notify(std::string(256, 'u'),
               ", channels => '{inbox}', data => (SELECT jsonb_object_agg(lpad(g::text, 2, '0'), "
               "left(md5(g::text), 18)) FROM generate_series(1, 63) g)"));
    EXPECT_EQ(sql("SELECT string_agg(brief || '', ' ' ORDER BY user_id, dedupe_key) FROM "
                  "barid.inbox_item JOIN barid.notification USING (user_id) WHERE id = "
                  "notification_id"),
              "true false true true false true true");
    EXPECT_EQ(sql("SELECT octet_length(data::text) FROM barid.inbox_item WHERE user_id <> 'u'"),
              "1764");
    EXPECT_EQ(state(), "6 6 0 0 6 / 6 6");
    EXPECT_EQ(sql("SELECT string_agg(right(dedupe_key, 1), '' ORDER BY n) FROM barid.inbox('u') "
                  "WITH ORDINALITY AS i (id, c, l, t, b, m, d, at, s, r, a, z, n) JOIN "
                  "barid.notification USING (id)"),
              "543210");
    EXPECT_EQ(sql("SELECT barid.mark_read('u')"), "6");
}

TEST_F(InboxPage, CountsReadAnIndexAlone) {
    sql("INSERT INTO barid.notification (user_id, category, dedupe_key, expires_at) SELECT 'u' || "
        "g % 50, 'general', 'n' || g, now() FROM generate_series(1, 5000) g");
    sql("INSERT INTO barid.inbox_item (notification_id, user_id, category, title, body) SELECT id, "
        "user_id, category, 't', 'b' FROM barid.notification WHERE dedupe_key LIKE 'n%'");
    sql("VACUUM ANALYZE barid.inbox_item");
    const std::string plan = sql(
        "CREATE FUNCTION pg_temp.plan(q text) RETURNS text LANGUAGE plpgsql AS 'DECLARE l text; "
        "r text := ''''; BEGIN FOR l IN EXECUTE ''EXPLAIN '' || q LOOP r := r || l; END LOOP; "
        "RETURN r; END'; "
        // The function's own query, with the user and the cap filled in.
        "SELECT pg_temp.plan(replace(replace(substring((SELECT prosrc FROM pg_proc WHERE oid = "
        "'barid.unread_count'::regproc) FROM 'SELECT.*LIMIT cap. u'), "
        "'unread_count.user_id', '''u7'''), 'cap', '99'))");
    EXPECT_THAT(plan, HasSubstr("Index Only Scan using inbox_unread"));
}

}  // namespace
}  // namespace barid::notify
