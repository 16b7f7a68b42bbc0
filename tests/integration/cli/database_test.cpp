#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/crypto.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"
#include "tests/support/private_postgres.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::succeeded;
using support::with_database;
using support::with_user;

/// A login role of the shared server, dropped at the end.
class TestRole {
  public:
    explicit TestRole(const support::TestDatabase& database)
        : database_(database), name_("barid_cli_" + sha256_hex(random_uuid()).substr(0, 12)) {
        database_.sql("CREATE ROLE " + name_ + " LOGIN");
    }
    ~TestRole() {
        try {
            database_.sql("DROP ROLE " + name_);
        } catch (const std::runtime_error& e) {
            ADD_FAILURE() << e.what();
        }
    }
    TestRole(const TestRole&) = delete;
    TestRole& operator=(const TestRole&) = delete;
    [[nodiscard]] std::string url() const { return with_user(database_.url(), name_); }
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    const support::TestDatabase& database_;
    std::string name_;
};

TEST(CliDatabase, AServerThatIsNotThereIsUnreachableAndToldAtOnce) {
    Cli cli("postgresql://shop@127.0.0.1:" + support::free_port() + "/shop");
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"jobs", "list"}, {"enqueue", "a"}, {"queues", "pause", "a"}}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_TRUE(failed(cli.run(command), 4, "Connection refused"));
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    }
    EXPECT_TRUE(failed(cli.run({"jobs", "list"}), 4, "Check that the server runs"));
}

TEST(CliDatabase, AHostWithoutAddressIsUnreachable) {
    Cli cli("postgresql://shop@db.invalid/shop");
    EXPECT_TRUE(failed(cli.run({"jobs", "list"}), 4, "db.invalid"));
}

TEST(CliDatabase, AMissingDatabaseIsUnreachableForGood) {
    support::TestDatabase database(support::Schema::empty);
    Cli cli(with_database(database.url(), "barid_no_such_database"));
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"jobs", "list"}, {"migrate"}, {"work"}}) {
        EXPECT_TRUE(failed(cli.run(command), 4, "barid_no_such_database")) << command.front();
    }
    EXPECT_TRUE(failed(cli.run({"migrate"}), 4, "createdb"));
}

TEST(CliDatabase, AWrongPasswordIsDeniedForGood) {
    support::PrivatePostgres server;
    support::query(server.url(), "CREATE ROLE shop LOGIN PASSWORD 'right'");
    const std::string hba = support::query(server.url(), "SELECT current_setting('hba_file')");
    support::query(server.url(),
                   "COPY (SELECT unnest(ARRAY['local all postgres trust', "
                   "'host all postgres all trust', 'host all all all scram-sha-256'])) TO '" +
                       hba + "'");
    support::query(server.url(), "SELECT pg_reload_conf()");
    const std::string port = std::to_string(server.port());
    Cli cli("postgresql://shop:wrong@127.0.0.1:" + port + "/postgres");
    // The reload is asynchronous: until then the new user is let in and lacks its rights instead.
    auto result = cli.run({"jobs", "list"});
    for (int i = 0; i < 50 && result.err.find("28P01") == std::string::npos &&
                    result.err.find("password") == std::string::npos;
         ++i) {
        result = cli.run({"jobs", "list"});
    }
    EXPECT_TRUE(failed(result, 5, "password authentication failed"));
    EXPECT_TRUE(failed(result, 5, "Check the user and password"));
    EXPECT_EQ(result.err.find("wrong"), std::string::npos);
    EXPECT_TRUE(failed(cli.run({"work"}), 5, "password authentication failed"));
    EXPECT_TRUE(failed(cli.run({"migrate"}), 5, "password authentication failed"));

    cli.environment["DATABASE_URL"] = "postgresql://shop@127.0.0.1:" + port + "/postgres";
    EXPECT_TRUE(failed(cli.run({"jobs", "list"}), 5, "no password supplied"));
    cli.environment["DATABASE_URL"] = "postgresql://nobody:x@127.0.0.1:" + port + "/postgres";
    EXPECT_TRUE(failed(cli.run({"jobs", "list"}), 5, "cannot connect"));
}

/// Answers one connect with an error as PostgreSQL sends it, in Arabic.
class ArabicServer {
  public:
    explicit ArabicServer(std::string sqlstate)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          sqlstate_(std::move(sqlstate)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_, generic, size), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~ArabicServer() {
        ::shutdown(listener_, SHUT_RDWR);  // ends accept
        thread_.join();
        ::close(listener_);
    }
    ArabicServer(const ArabicServer&) = delete;
    ArabicServer& operator=(const ArabicServer&) = delete;
    [[nodiscard]] std::string url() const {
        return "postgresql://shop:x@127.0.0.1:" + std::to_string(port_) +
               "/shop?sslmode=disable&gssencmode=disable";
    }

  private:
    void serve() {
        while (true) {
            const int peer = ::accept(listener_, nullptr, nullptr);
            if (peer < 0) return;
            char startup[1024];
            if (::recv(peer, startup, sizeof startup, 0) > 0) {
                std::string fields = "Sخطأ جسيم";
                fields += '\0';
                fields += "VFATAL";
                fields += '\0';
                fields += "C" + sqlstate_;
                fields += '\0';
                fields += "Mفشل التحقق من المستخدم";
                fields += '\0';
                fields += '\0';
                const auto length = htonl(static_cast<std::uint32_t>(fields.size() + 4));
                std::string message = "E";
                message.append(reinterpret_cast<const char*>(&length), 4);
                message += fields;
                ::send(peer, message.data(), message.size(), MSG_NOSIGNAL);
            }
            ::close(peer);
        }
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::string sqlstate_;
    std::thread thread_;
};

TEST(CliDatabase, TheServersLanguageDoesNotMatter) {
    struct Case {
        const char* sqlstate;
        int code;
    };
    for (const Case c :
         {Case{"28P01", 5}, {"28000", 5}, {"42501", 5}, {"3D000", 4}, {"53300", 4}}) {
        const ArabicServer server(c.sqlstate);
        Cli cli(server.url());
        EXPECT_TRUE(failed(cli.run({"jobs", "list"}), c.code, "فشل التحقق من المستخدم"))
            << c.sqlstate;
    }
}

TEST(CliDatabase, AUserWithoutRightsIsDenied) {
    support::TestDatabase database;
    const TestRole role(database);
    Cli cli(role.url());
    for (const std::vector<std::string>& command : {std::vector<std::string>{"jobs", "list"},
                                                    {"enqueue", "a"},
                                                    {"work"},
                                                    {"queues", "pause", "default"},
                                                    {"jobs", "cancel", "1"}}) {
        EXPECT_TRUE(failed(cli.run(command), 5, "permission denied")) << command.front();
    }
    EXPECT_TRUE(failed(cli.run({"jobs", "list"}), 5, "Grant the user"));
}

TEST(CliDatabase, RolesMayWhatTheyAreFor) {
    support::TestDatabase database;
    const TestRole role(database);
    Cli cli(role.url());
    database.sql("GRANT barid_producer TO " + role.name());
    EXPECT_TRUE(succeeded(cli.run({"enqueue", "a"})));
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", "1"}), 5, "permission denied"));
    database.sql("GRANT barid_operator TO " + role.name());
    EXPECT_TRUE(succeeded(cli.run({"jobs", "cancel", "1"}), "1 is cancelled"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "list"}), "cancelled"));
}

TEST(CliDatabase, AMissingSchemaIsToldWithTheWayToMakeIt) {
    support::TestDatabase database(support::Schema::empty);
    Cli cli(database.url());
    for (const std::vector<std::string>& command : {std::vector<std::string>{"work"},
                                                    {"jobs", "list"},
                                                    {"jobs", "show", "1"},
                                                    {"enqueue", "a"},
                                                    {"queues", "list"},
                                                    {"queues", "pause", "a"}}) {
        EXPECT_TRUE(failed(cli.run(command), 6, "barid migrate")) << command.front();
    }
}

TEST(CliDatabase, ANewerSchemaIsRefused) {
    support::TestDatabase database;
    database.sql(
        "INSERT INTO barid.migration (version, name, min_worker) "
        "VALUES (9999, 'future', 9999)");
    Cli cli(database.url());
    EXPECT_TRUE(failed(cli.run({"work"}), 6, "upgrade this program"));
    EXPECT_TRUE(failed(cli.run({"migrate"}), 6, "upgrade this program"));
}

TEST(CliDatabase, MigratingTwiceChangesNothing) {
    support::TestDatabase database(support::Schema::empty);
    Cli cli(database.url());
    EXPECT_TRUE(succeeded(cli.run({"migrate"}), "migrations applied"));
    EXPECT_TRUE(succeeded(cli.run({"migrate"}), "the schema is up to date"));
}

TEST(CliDatabase, FourMigrateAtOnce) {
    support::TestDatabase database(support::Schema::empty);
    Cli clis[4];
    std::vector<std::unique_ptr<support::ChildProcess>> children;
    for (Cli& cli : clis) {
        cli.environment["DATABASE_URL"] = database.url();
        children.push_back(cli.start({"migrate"}));
    }
    int applied = 0;
    for (std::size_t i = 0; i < children.size(); ++i) {
        EXPECT_EQ(children[i]->wait(std::chrono::seconds(60)), 0) << clis[i].stderr_text();
        const std::string said = children[i]->output();
        // Each migration is a transaction of its own, and goes to whoever comes first.
        if (said.find("applied") != std::string::npos) applied += std::stoi(said);
    }
    EXPECT_EQ(std::to_string(applied), database.sql("SELECT count(*) FROM barid.migration"));
    EXPECT_EQ(database.sql("SELECT count(*) = max(version) FROM barid.migration"), "t");
}

}  // namespace
}  // namespace barid
