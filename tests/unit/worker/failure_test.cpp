#include "worker/failure.hpp"

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "media/error.hpp"
#include "queue/pg/connect_error.hpp"
#include "worker/worker.hpp"

namespace barid::worker {
namespace {

Exit code_of(const char* sqlstate, const std::string& message = "x") {
    return describe(pg::Error(sqlstate, message)).code;
}

template <class E>
Exit code_of(const E& error) {
    return describe(std::make_exception_ptr(error)).code;
}

TEST(Failure, GoesBySqlstate) {
    EXPECT_EQ(code_of(""), Exit::unreachable);
    EXPECT_EQ(code_of("3D000"), Exit::unreachable);
    EXPECT_EQ(code_of("57P03"), Exit::unreachable);  // it starts up, or shuts down
    EXPECT_EQ(code_of("53300"), Exit::unreachable);  // too many connections
    EXPECT_EQ(code_of("08006"), Exit::unreachable);
    EXPECT_EQ(code_of("57014"), Exit::unreachable);
    EXPECT_EQ(code_of("28P01"), Exit::denied);
    EXPECT_EQ(code_of("28000"), Exit::denied);
    EXPECT_EQ(code_of("42501"), Exit::denied);
    EXPECT_EQ(code_of("3F000"), Exit::schema);
    EXPECT_EQ(code_of("42P01"), Exit::schema);
    EXPECT_EQ(code_of("42883"), Exit::schema);
    EXPECT_EQ(code_of("42703"), Exit::schema);
    EXPECT_EQ(code_of("22007"), Exit::usage);
    EXPECT_EQ(code_of("23514"), Exit::usage);
    EXPECT_EQ(code_of("XX000"), Exit::failed);
}

TEST(Failure, TellsOurSqlFromABadConnectionString) {
    EXPECT_EQ(code_of("42601", "the database connection string is not a valid libpq URI"),
              Exit::config);
    EXPECT_EQ(code_of("42601", "syntax error at or near \"SELEC\""), Exit::failed);
}

TEST(Failure, GoesByTheTypeOfTheRest) {
    EXPECT_EQ(code_of(config::Error({})), Exit::config);
    EXPECT_EQ(code_of(SchemaError("old")), Exit::schema);
    EXPECT_EQ(code_of(UsageError("no")), Exit::usage);
    EXPECT_EQ(code_of(TimeoutError("late")), Exit::unreachable);
    EXPECT_EQ(code_of(media::Error(Error::Retry::permanent, "store_denied", "no")),
              Exit::unavailable);
    EXPECT_EQ(code_of(std::runtime_error("?")), Exit::failed);
}

TEST(Failure, SaysHowToMendIt) {
    EXPECT_NE(describe(pg::Error("42P01", "x")).advice.find("barid migrate"), std::string::npos);
    EXPECT_NE(describe(pg::Error("28P01", "x")).advice.find("password"), std::string::npos);
    EXPECT_NE(describe(pg::Error("42501", "x")).advice.find("barid_worker"), std::string::npos);
    EXPECT_NE(describe(pg::Error("3D000", "x")).advice.find("createdb"), std::string::npos);
}

TEST(ConnectError, FindsTheServersCodeInAnyLanguage) {
    const auto german = pg::connect_error(
        "connection to server at \"10.0.0.7\", port 5432 failed: "
        "SCHWERWIEGEND:  28P01: Passwort-Authentifizierung fehlgeschlagen");
    EXPECT_EQ(german.sqlstate(), "28P01");
    EXPECT_STREQ(german.what(),
                 "connection to server at \"10.0.0.7\", port 5432 failed: "
                 "SCHWERWIEGEND:  Passwort-Authentifizierung fehlgeschlagen");
    EXPECT_EQ(pg::connect_error("خطأ جسيم:  3D000: قاعدة البيانات غير موجودة").sqlstate(), "3D000");
    EXPECT_TRUE(pg::connect_error("FATAL:  57P03: the database system is starting up").transient());
}

TEST(ConnectError, WithoutACodeItMayPass) {
    const auto refused = pg::connect_error("connection to server failed: Connection refused");
    EXPECT_EQ(refused.sqlstate(), "");
    EXPECT_TRUE(refused.transient());
    EXPECT_EQ(pg::connect_error("FATAL:  abcde: odd").sqlstate(), "");
    EXPECT_EQ(pg::connect_error("FATAL:  28P").sqlstate(), "");
    EXPECT_EQ(pg::connect_error("fe_sendauth: no password supplied").sqlstate(), "28P01");
}

TEST(ConnectVerdict, AddressesOfOneHostThatAnsweredDecide) {
    pg::ConnectVerdict verdict;
    verdict.add("localhost:5432", "");  // ::1, where nobody listens
    verdict.add("localhost:5432", "28P01");
    EXPECT_EQ(verdict.sqlstate(), "28P01");
}

TEST(ConnectVerdict, AHostThatIsDownMayComeBack) {
    pg::ConnectVerdict verdict;
    verdict.add("db1:5432", "");
    verdict.add("db2:5432", "28000");
    EXPECT_EQ(verdict.sqlstate(), "");
}

TEST(ConnectVerdict, HostsThatDisagreeMayComeToAgree) {
    pg::ConnectVerdict verdict;
    verdict.add("db1:5432", "57P03");
    verdict.add("db2:5432", "28000");
    EXPECT_EQ(verdict.sqlstate(), "");
}

TEST(ConnectVerdict, HostsThatAgreeAreBelieved) {
    pg::ConnectVerdict verdict;
    verdict.add("db1:5432", "28P01");
    verdict.add("db2:5432", "28P01");
    EXPECT_EQ(verdict.sqlstate(), "28P01");
}

}  // namespace
}  // namespace barid::worker
