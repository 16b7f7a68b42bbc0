// Several [[database]] in one process, and one that goes away and comes back.
#include <poll.h>

#include <csignal>

#include "base/http_curl.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"
#include "tests/support/tcp_gate.hpp"

namespace barid::support {
namespace {

using namespace std::chrono_literals;

/// Where the test server listens: what is between "@" and "/" of its URL.
std::pair<std::string, std::uint16_t> address_of(const std::string& url) {
    const std::size_t at = url.find('@') + 1;
    const std::size_t colon = url.find(':', at);
    return {url.substr(at, colon - at),
            static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)))};
}

class SeveralDatabases : public testing::Test {
  protected:
    SeveralDatabases() {
        const auto [host, port] = address_of(us.url());
        gate = std::make_unique<TcpGate>(host, port);
        std::string through = us.url();
        const std::size_t at = through.find('@') + 1;
        through.replace(at, through.find('/', at) - at,
                        "127.0.0.1:" + std::to_string(gate->port()));
        cli.environment.erase("DATABASE_URL");
        file =
            cli.file("barid.toml", "[[database]]\nname = \"eu\"\nurl = \"" + eu.url() +
                                       "\"\n[[database]]\nname = \"us\"\npool_size = 3\nurl = \"" +
                                       through + "\"\n[worker]\nlease_ttl = \"3s\"\n");
    }
    CliResult barid(std::vector<std::string> words) {
        words.insert(words.begin(), {"--config", file});
        return cli.run(words);
    }
    /// A job that fails at once, because its payload can't be right: it was worked on.
    static std::string add(const TestDatabase& database) {
        return database.sql("SELECT barid.enqueue('notify.send')");
    }
    static bool worked(const TestDatabase& database, const std::string& id) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (std::chrono::steady_clock::now() < until) {
            if (database.sql("SELECT state FROM barid.jobs WHERE id = " + id) == "failed") {
                return true;
            }
            ::poll(nullptr, 0, 20);
        }
        return false;
    }
    bool logged(const std::string& words) const {
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < until) {
            if (cli.stderr_text().contains(words)) return true;
            ::poll(nullptr, 0, 20);
        }
        return false;
    }

    static std::string scrape(const std::string& port) {
        IoFixture fixture;
        http::CurlHttpClient client(fixture.io);
        http::Request request;
        request.url = "http://127.0.0.1:" + port + "/metrics";
        return fixture.run(client.send(std::move(request))).body;
    }

    bool unready_within(std::chrono::seconds limit) {
        const auto until = std::chrono::steady_clock::now() + limit;
        while (std::chrono::steady_clock::now() < until) {
            if (barid({"health"}).code != 0) return true;
        }
        return false;
    }

    TestDatabase eu;
    TestDatabase us;
    std::unique_ptr<TcpGate> gate;
    Cli cli;
    std::string file;
};

TEST_F(SeveralDatabases, ACommandForOneMustBeToldWhich) {
    EXPECT_TRUE(failed(barid({"jobs", "list"}), 2, "--database: eu, us"));
    EXPECT_TRUE(failed(barid({"jobs", "list", "--database", "asia"}), 2, "eu, us"));
    EXPECT_TRUE(succeeded(barid({"enqueue", "greet", "--database", "us"})));
    EXPECT_EQ(us.sql("SELECT count(*) FROM barid.job"), "1");
    EXPECT_EQ(eu.sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_TRUE(succeeded(barid({"--database", "us", "jobs", "list"}), "greet"));
    EXPECT_TRUE(succeeded(barid({"migrate"}), "eu: the schema is up to date\nus: the schema is"));
    EXPECT_TRUE(succeeded(barid({"config", "print"}), "[databases.us]"));
    EXPECT_TRUE(
        failed(Cli(eu.url()).run({"jobs", "list", "--database", "eu"}), 2, "no [[database]]"));
}

TEST_F(SeveralDatabases, OneThatIsAwayDoesntStopTheOthers) {
    const std::string port = free_port();
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port;
    gate->set_mode(TcpGate::Mode::refuse);
    auto worker = cli.start({"--config", file, "work"});
    EXPECT_TRUE(worked(eu, add(eu))) << cli.stderr_text();
    EXPECT_TRUE(logged("no work on this database for now")) << cli.stderr_text();
    EXPECT_TRUE(cli.stderr_text().contains(R"("database":"us")")) << cli.stderr_text();
    EXPECT_TRUE(cli.stderr_text().contains(R"("database":"eu")")) << cli.stderr_text();
    const CliResult away = barid({"health"});
    EXPECT_EQ(away.code, 1);
    EXPECT_TRUE(away.out.contains("database us")) << away.out;
    EXPECT_FALSE(away.out.contains("database eu")) << away.out;
    const std::string metrics = scrape(port);
    for (const char* line :
         {"barid_database_up{database=\"eu\"} 1\n", "barid_database_up{database=\"us\"} 0\n",
          "barid_lease_alive{database=\"eu\"} 1\n", "barid_lease_alive{database=\"us\"} 0\n"}) {
        EXPECT_TRUE(metrics.contains(line)) << line << "\n" << metrics;
    }

    gate->set_mode(TcpGate::Mode::pass);
    EXPECT_TRUE(worked(us, add(us))) << cli.stderr_text();
    EXPECT_EQ(barid({"health"}).code, 0);

    // Away in the middle of the work, for longer than its lease.
    gate->set_mode(TcpGate::Mode::refuse);
    gate->cut();
    EXPECT_TRUE(unready_within(20s)) << "the lease should be lost by now";
    const std::string late = add(us);
    EXPECT_TRUE(worked(eu, add(eu)));
    gate->set_mode(TcpGate::Mode::pass);
    EXPECT_TRUE(worked(us, late)) << cli.stderr_text();

    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(30s), 0) << cli.stderr_text();
    EXPECT_EQ(eu.sql("SELECT count(*) FROM barid.worker"), "0");
}

TEST_F(SeveralDatabases, AStopIsHeardWhileOneIsAway) {
    gate->set_mode(TcpGate::Mode::refuse);
    auto worker = cli.start({"--config", file, "work"});
    EXPECT_TRUE(worked(eu, add(eu)));
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(20s), 0) << cli.stderr_text();
}

}  // namespace
}  // namespace barid::support
