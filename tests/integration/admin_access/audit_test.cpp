// The audit log by the API: filters, pages, masks, and files for spreadsheets.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using testing::HasSubstr;
using testing::Not;

class Audit : public support::ApiFixture {
  protected:
    Audit() { add_audit(routes); }

    void note(const std::string& actor, const std::string& action, const std::string& kind,
              const std::string& target, const std::string& after = "{}",
              const std::string& reason = "") {
        database.sql(fmt::format(
            "SELECT barid.audit('{}', 'نورة', '{}', '{}', '{}', NULL, '{}', '{}', 'r1', "
            "'192.0.2.7')",
            actor, action, kind, target, after, reason));
    }
    std::size_t count(const std::string& filter) {
        const auto answer = get("/audit?" + filter);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.items().size();
    }
};

TEST_F(Audit, IsListedNewestFirstAndFiltered) {
    note("account:1", "job.retry", "job", "7");
    note("account:1", "queue.pause", "queue", "mail", R"({"paused": true})", "طلب المتجر");
    note("token:2", "job.cancel", "job", "8");
    const auto all = get("/audit");
    ASSERT_EQ(all.items().size(), 3U);
    EXPECT_EQ(all.items()[0].at("action"), "job.cancel");
    EXPECT_EQ(all.items()[1].at("reason"), "طلب المتجر");
    EXPECT_EQ(all.items()[1].at("after").at("paused"), true);
    EXPECT_EQ(count("actor=account:1"), 2U);
    EXPECT_EQ(count("action=job.retry"), 1U);
    EXPECT_EQ(count("target_kind=job"), 2U);
    EXPECT_EQ(count("target_kind=job&target=8"), 1U);
    EXPECT_EQ(count("actor=account:1&target_kind=job&target=8"), 0U);
    database.sql("ALTER TABLE barid.audit_log DISABLE TRIGGER append_only");
    database.sql("UPDATE barid.audit_log SET at = '2026-01-01 00:00Z' WHERE id = 1");
    EXPECT_EQ(count("to=2026-01-01T00:00:01Z"), 1U);
    EXPECT_EQ(count("from=2026-01-01T00:00:01Z"), 2U);
    EXPECT_EQ(get("/audit?from=yesterday").status, 422);
    EXPECT_EQ(all_items("/audit?limit=2").size(), 3U);
}

TEST_F(Audit, NeitherChangesNorLosesALine) {
    note("account:1", "job.retry", "job", "7");
    for (const char* statement :
         {"UPDATE barid.audit_log SET actor = 'nobody'", "DELETE FROM barid.audit_log",
          "TRUNCATE barid.audit_log",
          "INSERT INTO barid.audit_log OVERRIDING SYSTEM VALUE "
          "SELECT * FROM barid.audit_log ON CONFLICT (id) DO UPDATE SET actor = 'nobody'"}) {
        EXPECT_THROW(database.sql(statement), std::exception) << "the owner: " << statement;
    }
    for (const char* role :
         {"barid_producer", "barid_worker", "barid_operator", "barid_readonly", "barid_admin"}) {
        for (const char* right : {"INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"}) {
            EXPECT_EQ(
                database.sql(fmt::format(
                    "SELECT has_table_privilege('{}', 'barid.audit_log', '{}')", role, right)),
                "f")
                << role << " " << right;
        }
        const bool reads = role == std::string("barid_admin");
        EXPECT_EQ(database.sql(fmt::format("SELECT has_table_privilege('{}', 'barid.audit_log', "
                                           "'SELECT')",
                                           role)),
                  reads ? "t" : "f")
            << role;
    }
    EXPECT_EQ(count("actor=account:1"), 1U);
}

TEST_F(Audit, MasksPeoplesDataWithoutTheRightToSeeIt) {
    note("account:1", "translation.accept", "translation", "7", R"({"text": "سري", "n": 7})");
    note("account:1", "queue.change", "queue", "mail", R"({"concurrency": 7})");
    as(support::grants({"audit.view"}));
    const auto masked = get("/audit");
    EXPECT_THAT(masked.body, Not(HasSubstr("سري")));
    EXPECT_EQ(masked.items()[1].at("after").at("n"), "•••");
    EXPECT_EQ(masked.items()[0].at("after").at("concurrency"), 7) << "settings are nobody's data";
    EXPECT_THAT(get("/audit/export?format=csv").body, Not(HasSubstr("سري")));
    as(support::grants({"audit.view", "data.view"}));
    EXPECT_THAT(get("/audit").body, HasSubstr("سري"));
    as(support::grants({"data.view"}));
    EXPECT_EQ(get("/audit").status, 403);
    EXPECT_EQ(get("/audit/export?format=csv").status, 403);
}

TEST_F(Audit, IsExportedAsLinesOfJson) {
    for (int i = 0; i < 3; ++i) note("account:1", "job.retry", "job", std::to_string(i));
    const auto file = get("/audit/export?format=ndjson&action=job.retry");
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(file.content_type, "application/x-ndjson");
    EXPECT_THAT(file.header("Content-Disposition"), HasSubstr("barid-audit.ndjson"));
    EXPECT_EQ(std::ranges::count(file.body, '\n'), 3);
    EXPECT_EQ(parse_json(file.body.substr(0, file.body.find('\n'))).at("target"), "2");
    EXPECT_EQ(file.header("Barid-Next-Cursor"), "");
    EXPECT_EQ(get("/audit/export?format=xml").status, 422);
    EXPECT_EQ(get("/audit/export").status, 422);
    EXPECT_EQ(get("/audit/export?format=ndjson&action=nothing").body, "");
}

TEST_F(Audit, GivesSpreadsheetsNoFormulas) {
    for (const char* reason : {"=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@x", "\tx",
                               "a \"quoted\", word", "two\nlines"}) {
        note("account:1", "job.retry", "job", "=1", "{}", reason);
    }
    const auto file = get("/audit/export?format=csv");
    EXPECT_THAT(file.body, testing::StartsWith("id,at,actor,actor_name,action,"));
    EXPECT_THAT(file.body, HasSubstr(R"~("'=HYPERLINK(""http://evil.example"")")~"));
    EXPECT_THAT(file.body, HasSubstr(R"("'=1")"));
    EXPECT_THAT(file.body, HasSubstr(R"("'+1")"));
    EXPECT_THAT(file.body, HasSubstr(R"("'@x")"));
    EXPECT_THAT(file.body, HasSubstr("\"'\tx\""));
    EXPECT_THAT(file.body, HasSubstr(R"("a ""quoted"", word")"));
    for (const char* start : {"\"=", "\"+", "\"-", "\"@", ",=", ",+", ",@", "\n="}) {
        EXPECT_THAT(file.body, Not(HasSubstr(start)));
    }
}

TEST_F(Audit, IsExportedPieceByPiece) {
    database.sql(
        "SELECT barid.audit('a', 'b', 'job.retry', 'job', n::text, NULL, NULL, NULL, "
        "NULL, NULL) FROM generate_series(1, 5200) n");
    std::size_t lines = 0;
    std::string cursor;
    int pieces = 0;
    do {
        const auto piece =
            get("/audit/export?format=ndjson" + (cursor.empty() ? "" : "&cursor=" + cursor));
        ASSERT_EQ(piece.status, 200) << piece.body;
        lines += static_cast<std::size_t>(std::ranges::count(piece.body, '\n'));
        cursor = piece.header("Barid-Next-Cursor");
        ++pieces;
    } while (!cursor.empty() && pieces < 10);
    EXPECT_EQ(lines, 5200U);
    EXPECT_EQ(pieces, 2);
}

TEST_F(Audit, IsExportedInPiecesOfBoundedSize) {
    database.sql(R"(SELECT barid.audit('a', 'b', 'job.retry', 'queue', n::text, NULL,
                        jsonb_build_object('x', repeat('y', 16000)), NULL, NULL, NULL)
                    FROM generate_series(1, 700) n)");
    const auto piece = get("/audit/export?format=ndjson");
    EXPECT_LE(piece.body.size(), (8U << 20) + 1000);
    EXPECT_GT(piece.body.size(), 7U << 20);
    EXPECT_NE(piece.header("Barid-Next-Cursor"), "");
}

}  // namespace
}  // namespace barid
