#include "tests/fault/queue/fault_fixture.hpp"

#include <poll.h>

#include <csignal>

namespace barid::fault {

using namespace std::chrono_literals;

bool slow_build() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#endif
#endif
    return false;
}

std::chrono::milliseconds patience(std::chrono::milliseconds usual) {
    return slow_build() ? usual * 4 : usual;
}

int sized(int usual) {
    return slow_build() ? usual / 4 : usual;
}

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + patience(limit);
    while (true) {
        try {
            if (condition()) return true;
        } catch (const support::SqlError&) {
            // The server is away just now.
        }
        if (std::chrono::steady_clock::now() >= deadline) return false;
        ::poll(nullptr, 0, 20);
    }
}

Fleet::Fleet(std::string url, Settings settings)
    : url_(std::move(url)), settings_(std::move(settings)) {
    sql(R"(CREATE TABLE public.effect (job_id bigint NOT NULL, worker text NOT NULL);
           CREATE TABLE public.run (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
               job_id bigint NOT NULL, attempt int NOT NULL, worker text NOT NULL,
               started_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz))");
}

std::unique_ptr<support::ChildProcess> Fleet::spawn(const std::string& name) const {
    std::vector<std::string> arguments{BARID_FAULT_WORKER,
                                       url_,
                                       name,
                                       "concurrency=" + std::to_string(settings_.concurrency),
                                       "ttl=" + std::to_string(settings_.ttl_ms),
                                       "grace=" + std::to_string(settings_.grace_ms),
                                       "queue=" + settings_.queues};
    if (!settings_.fcm.empty()) arguments.push_back("fcm=" + settings_.fcm);
    auto process = std::make_unique<support::ChildProcess>(std::move(arguments));
    process->wait_ready(patience(30s));
    return process;
}

std::size_t Fleet::start() {
    std::string name = "w" + std::to_string(++names_);
    auto process = spawn(name);
    members_.push_back({std::move(name), std::move(process)});
    return members_.size() - 1;
}

void Fleet::restart(std::size_t place) {
    Member& member = members_.at(place);
    member.name = "w" + std::to_string(++names_);
    member.process = spawn(member.name);
}

void Fleet::kill(std::size_t place) {
    Member& member = members_.at(place);
    member.process->signal(SIGKILL);
    EXPECT_EQ(member.process->wait(10s), 128 + SIGKILL);
    sql("UPDATE public.run SET ended_at = clock_timestamp() WHERE ended_at IS NULL AND worker = '" +
        member.name + "'");
}

bool Fleet::alive(std::size_t place) {
    return !members_.at(place).process->wait(0ms).has_value();
}

void Fleet::stop_all() {
    for (Member& member : members_) member.process->signal(SIGTERM);
    for (Member& member : members_) {
        EXPECT_EQ(member.process->wait(patience(30s)), 0) << member.name;
    }
}

std::string Fleet::sql(const std::string& text) const {
    return support::query(url_, text);
}

long Fleet::finished(const std::string& state) const {
    return count("SELECT count(*) FROM barid.job_history WHERE state = '" + state + "'");
}

bool Fleet::wait_for_live(long most, std::chrono::milliseconds limit) const {
    return wait_until([&] { return live_jobs() <= most; }, limit);
}

void Fleet::expect_nothing_left() const {
    EXPECT_EQ(sql("SELECT count(*) FROM barid.claim"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.worker"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.ordering_slot"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
}

void Fleet::expect_no_overlap() const {
    EXPECT_EQ(sql(R"(SELECT coalesce(string_agg(format('job %s: %s and %s', a.job_id, a.worker,
                            b.worker), '; '), '')
                     FROM public.run a JOIN public.run b ON b.job_id = a.job_id AND b.id > a.id
                      AND b.started_at < coalesce(a.ended_at, 'infinity'))"),
              "");
}

}  // namespace barid::fault
