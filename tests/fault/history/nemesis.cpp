#include "tests/fault/history/nemesis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <thread>

namespace barid::history {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstCrash = 10s;
constexpr auto kBetweenCrashes = 20s;

}  // namespace

Nemesis::Nemesis(support::PrivatePostgres& server, fault::Fleet& fleet, Producers& producers,
                 std::uint64_t seed)
    : server_(server), fleet_(fleet), producers_(producers), seed_(seed), random_(seed * 31 + 7) {}

void Nemesis::run(std::chrono::milliseconds length) {
    std::thread admin_thread([this] { admin(); });
    const auto begin = std::chrono::steady_clock::now();
    auto next_crash = begin + kFirstCrash;
    while (std::chrono::steady_clock::now() < begin + length) {
        pause(stop_, std::chrono::milliseconds(200 + below(1200)));
        revive();
        if (std::chrono::steady_clock::now() >= next_crash) {
            crash_server();
            next_crash = std::chrono::steady_clock::now() + kBetweenCrashes;
            continue;
        }
        const int what = below(100);
        if (what < 30)
            kill_worker();
        else if (what < 55)
            stall_worker();
        else if (what < 85)
            end_sessions();
        else
            hold_snapshot_over_maintenance();
    }
    stop_ = true;
    admin_thread.join();
    for (auto& [place, until] : stalled_) until = {};
    revive();
}

/// Stalled workers go on when their time is up; dead ones are replaced.
void Nemesis::revive() {
    std::erase_if(stalled_, [&](const auto& entry) {
        if (std::chrono::steady_clock::now() < entry.second) return false;
        fleet_.process(entry.first).signal(SIGCONT);
        return true;
    });
    for (std::size_t place = 0; place < fleet_.size(); ++place) {
        if (fleet_.alive(place)) continue;
        killed_.try_emplace(fleet_.name(place), monotonic_now());
        stalled_.erase(place);
        fleet_.restart(place);
    }
}

void Nemesis::kill_worker() {
    const std::size_t place = static_cast<std::size_t>(below(static_cast<int>(fleet_.size())));
    ++counts_["kills"];
    fleet_.process(place).signal(SIGKILL);
    fleet_.process(place).wait(10s);
    killed_.try_emplace(fleet_.name(place), monotonic_now());
}

void Nemesis::stall_worker() {
    const std::size_t place = static_cast<std::size_t>(below(static_cast<int>(fleet_.size())));
    if (stalled_.contains(place) || stalled_.size() + 1 >= fleet_.size()) return;
    ++counts_["stalls"];
    fleet_.process(place).signal(SIGSTOP);
    // Longer than the lease, mostly.
    stalled_[place] = std::chrono::steady_clock::now() + std::chrono::milliseconds(below(6000));
}

/// Waits for a claim that was answered and isn't on the disk yet; false when none came.
bool Nemesis::wait_for_unflushed_claim() {
    Session watch(server_.url());
    const auto until = std::chrono::steady_clock::now() + 2s;
    try {
        while (std::chrono::steady_clock::now() < until) {
            if (watch.value(R"(SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()
                                   AND EXISTS (SELECT 1 FROM barid.claim c
                                     WHERE c.claimed_at > clock_timestamp() - interval '3 ms'))") ==
                "t") {
                return true;
            }
        }
    } catch (const support::SqlError&) {
        // The session was ended: then without it.
    }
    return false;
}

void Nemesis::crash_server() {
    ++counts_["crashes"];
    const bool everything = crashes_.size() % 2 == 0;
    if (everything) counts_["aimed at a claim"] += wait_for_unflushed_claim() ? 1 : 0;
    Crash crash;
    crash.down = monotonic_now();
    if (everything)
        server_.kill_everything();
    else
        server_.kill_postmaster();
    server_.start();
    crash.up = monotonic_now();
    crashes_.push_back(crash);
}

void Nemesis::end_sessions() {
    ++counts_["sessions ended"];
    try {
        fleet_.sql(fmt::format(R"(SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND pid % {} = {})",
                               3, below(3)));
    } catch (const support::SqlError&) {
        // It may end itself; the server may be away.
    }
}

/// New partitions are attached, and ids jump over their edge, while a reader holds a snapshot of
/// the whole history.
void Nemesis::hold_snapshot_over_maintenance() {
    ++counts_["held snapshots"];
    Session reader(server_.url());
    try {
        reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
        reader.query("SELECT count(*) FROM barid.job_history");
        fleet_.sql("SELECT setval('barid.job_id_seq', last_value + 400000) FROM barid.job_id_seq");
        fleet_.sql("SET lock_timeout = '3s'; SELECT barid.ensure_history()");
        pause(stop_, std::chrono::milliseconds(500 + below(2000)));
        reader.query("COMMIT");
    } catch (const support::SqlError&) {
        // Sessions are ended by others, too; what matters is that the work went on.
    }
}

void Nemesis::admin() {
    std::mt19937_64 random(seed_ * 17 + 3);
    Session session(server_.url());
    while (!stop_) {
        pause(stop_, std::chrono::milliseconds(random() % 120));
        try {
            cancel_or_retry(session, random);
        } catch (const support::SqlError& e) {
            // A retried job's unique key may be another's by now.
            if (!outcome_is_open(e) && e.sqlstate() != "23505") {
                admin_surprises_.push_back("an admin was refused: " + std::string(e.what()));
            }
            session.close();
            pause(stop_, 100ms);
        }
    }
}

void Nemesis::cancel_or_retry(Session& session, std::mt19937_64& random) {
    const std::int64_t id = producers_.recent_id(random);
    if (id == 0) return;
    ++admin_acts_;
    if (random() % 2 == 0) {
        session.query("SELECT barid.cancel($1::bigint)", {std::to_string(id)});
        return;
    }
    retried_.insert(id);  // before: the answer may get lost
    session.query("SELECT barid.retry($1::bigint)", {std::to_string(id)});
}

void Nemesis::report(History& history) const {
    for (const auto& [worker, at] : killed_) history.killed.try_emplace(worker, at);
    history.crashes = crashes_;
    history.retried.insert(retried_.begin(), retried_.end());
    history.surprises.insert(history.surprises.end(), admin_surprises_.begin(),
                             admin_surprises_.end());
}

std::string Nemesis::summary() const {
    std::string text;
    for (const auto& [what, count] : counts_) text += fmt::format("{} {}, ", count, what);
    return text + fmt::format("{} cancels and retries", admin_acts_);
}

}  // namespace barid::history
