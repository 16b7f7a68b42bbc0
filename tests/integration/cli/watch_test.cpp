// `barid queues list --watch`, in a terminal and without one, and /metrics of a worker that runs.
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/http_curl.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::Cli;
using support::json_lines;
using support::succeeded;

/// The program in a terminal of its own.
class Screen {
  public:
    Screen(const std::string& url, unsigned short lines, unsigned short columns) {
        winsize size{};
        size.ws_row = lines;
        size.ws_col = columns;
        pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
        if (pid_ == 0) {
            ::setenv("DATABASE_URL", url.c_str(), 1);
            ::execl(BARID_PROGRAM, "barid", "queues", "list", "--watch", "--interval", "0.2",
                    nullptr);
            ::_exit(127);
        }
    }
    ~Screen() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        ::close(fd_);
    }
    Screen(const Screen&) = delete;

    bool shows(const std::string& words) {
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (output_.find(words) == std::string::npos) {
            pollfd ready{fd_, POLLIN, 0};
            if (std::chrono::steady_clock::now() > until) return false;
            if (::poll(&ready, 1, 100) <= 0) continue;
            char buffer[4096];
            const ssize_t size = ::read(fd_, buffer, sizeof buffer);
            if (size <= 0) return output_.find(words) != std::string::npos;
            output_.append(buffer, static_cast<std::size_t>(size));
        }
        return true;
    }
    void forget() { output_.clear(); }
    void type(const std::string& keys) const {
        EXPECT_EQ(::write(fd_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    }
    void resize(unsigned short lines, unsigned short columns) const {
        winsize size{};
        size.ws_row = lines;
        size.ws_col = columns;
        ::ioctl(fd_, TIOCSWINSZ, &size);
    }
    int exit_code() {
        int status = -1;
        shows("never shown, but read until the end");
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    int fd_ = -1;
    pid_t pid_ = -1;
    std::string output_;
};

class CliWatch : public testing::Test {
  protected:
    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliWatch, ShowsChangesUntilSomebodyTypesQ) {
    Screen screen(database.url(), 24, 80);
    ASSERT_TRUE(screen.shows("q ends"));
    database.sql("SELECT barid.enqueue('a', queue => 'mail') FROM generate_series(1, 7)");
    EXPECT_TRUE(screen.shows("mail"));
    screen.resize(4, 20);
    EXPECT_TRUE(screen.shows("… more"));
    screen.forget();
    screen.type("q");
    EXPECT_TRUE(screen.shows("\x1b[?1049l"));  // the screen from before is back
    EXPECT_EQ(screen.exit_code(), 0);
}

TEST_F(CliWatch, EndsOnCtrlC) {
    Screen screen(database.url(), 24, 80);
    ASSERT_TRUE(screen.shows("default"));
    screen.type("\x03");
    EXPECT_TRUE(screen.shows("\x1b[?25h"));
    EXPECT_EQ(screen.exit_code(), 0);
}

TEST_F(CliWatch, PrintsOnePictureAfterTheOtherWithoutATerminal) {
    const auto text = cli.run({"queues", "list", "--watch", "--count", "2", "--interval", "0.2"});
    EXPECT_TRUE(succeeded(text, "default"));
    EXPECT_NE(text.out.find("name"), text.out.rfind("name"));
    EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
    const auto lines = json_lines(
        cli.run({"queues", "list", "--watch", "--count", "2", "--interval", "0.2", "--json"}).out);
    EXPECT_EQ(lines.size(), 2U);
}

TEST_F(CliWatch, AWorkerServesMetrics) {
    const std::string port = support::free_port();
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port;
    database.sql("SELECT barid.enqueue('no.such.kind', queue => 'elsewhere')");
    database.sql("SELECT barid.enqueue('notify.send', '{}')");  // a bad payload fails at once
    const auto worker = cli.start({"work"});
    support::IoFixture fixture;
    http::CurlHttpClient client(fixture.io);
    std::string text;
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < until &&
           text.find("outcome=\"failed\"} 1\n") == std::string::npos) {
        http::Request request;
        request.url = "http://127.0.0.1:" + port + "/metrics";
        try {
            text = fixture.run(client.send(request)).body;
        } catch (const http::Error&) {
            text.clear();  // it doesn't listen yet
        }
    }
    for (const char* line :
         {"barid_jobs_finished_total{kind=\"notify.send\",outcome=\"failed\"} 1\n",
          "barid_job_duration_seconds_count{kind=\"notify.send\"} 1\n", "barid_lease_alive 1\n",
          "barid_jobs_claimed_total 1\n", "barid_database_up 1\n",
          "barid_queue_jobs{queue=\"elsewhere\",state=\"due\"} 1\n"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    }
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(30s), 0) << cli.stderr_text();
}

TEST_F(CliWatch, TheDoctorNamesWhatKeepsJobsWaiting) {
    database.sql(
        "INSERT INTO barid.job (kind, queue, run_at) "
        "VALUES ('a', 'mail', now() - interval '2 hours')");
    database.sql(
        "INSERT INTO barid.ordering_slot (ordering_key, job_id, blocked) "
        "VALUES ('order-1', 1, true)");
    database.sql("ALTER TABLE barid.job SET (autovacuum_enabled = off)");
    const auto result = cli.run({"doctor"}, 60s);
    for (const char* words :
         {"queue mail: 1 jobs are due, the oldest for 2h00m", "no worker serves it",
          "1 ordering keys are blocked", "autovacuum is switched off for barid.job"}) {
        EXPECT_TRUE(succeeded(result, words));
    }
}

}  // namespace
}  // namespace barid
