#include "tests/support/interleave.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <stdexcept>

namespace barid::support {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(20);
constexpr long kGlance = 300;  // microseconds until the server is asked where a session stands
constexpr int kLockSpace = 0x52ACE;  // of the barriers' advisory locks

constexpr const char* kBarrier = R"(
CREATE SCHEMA IF NOT EXISTS race;
GRANT USAGE ON SCHEMA race TO PUBLIC;
-- A session's points are numbered; the scheduler holds the lock of the one that comes next. A
-- rollback takes the number back: points that were passed before are passed without a stop.
CREATE OR REPLACE FUNCTION race.point() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    space int := nullif(current_setting('race.session', true), '')::int;
    point int;
BEGIN
    IF space IS NOT NULL THEN
        point := current_setting('race.point')::int + 1;
        PERFORM pg_catalog.set_config('race.point', point::text, false);
        PERFORM pg_catalog.pg_advisory_lock_shared(space, point);
        PERFORM pg_catalog.pg_advisory_unlock_shared(space, point);
    END IF;
    RETURN NULL;
END $$;
)";

// The state is kept in tables of its own and put back with triggers and foreign keys off. Tables
// that were empty when it was kept are only emptied.
constexpr const char* kState = R"(
CREATE SCHEMA IF NOT EXISTS race;
CREATE TABLE IF NOT EXISTS race.kept (at regclass PRIMARY KEY, copy regclass, columns text);
CREATE OR REPLACE FUNCTION race.keep(schemas text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
    filled bool;
BEGIN
    FOR one IN SELECT copy FROM race.kept WHERE copy IS NOT NULL LOOP
        EXECUTE format('DROP TABLE %s', one.copy);
    END LOOP;
    DELETE FROM race.kept;
    FOR one IN SELECT c.oid::regclass AS at, 'copy_' || c.oid AS copy,
                      (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                         AND a.attgenerated = '') AS columns
               FROM pg_class c WHERE c.relkind = 'r'
                 AND c.relnamespace = ANY (schemas::regnamespace[]) LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.at) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE race.%I AS SELECT %s FROM %s',
                           one.copy, one.columns, one.at);
        END IF;
        INSERT INTO race.kept
        VALUES (one.at, CASE WHEN filled THEN ('race.' || one.copy)::regclass END, one.columns);
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION race.put_back() RETURNS void LANGUAGE plpgsql
    SET session_replication_role = replica AS $$
DECLARE
    one race.kept;
    filled bool;
BEGIN
    FOR one IN SELECT * FROM race.kept LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.at) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %s', one.at); END IF;
        IF one.copy IS NOT NULL THEN
            EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s',
                           one.at, one.columns, one.columns, one.copy);
        END IF;
    END LOOP;
END $$;
)";

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
};
using Result = std::unique_ptr<PGresult, Finish>;

class Connection {
  public:
    explicit Connection(const std::string& url) : conn_(PQconnectdb(url.c_str())) {
        if (PQstatus(conn_.get()) != CONNECTION_OK) {
            throw std::runtime_error(std::string("interleave: ") + PQerrorMessage(conn_.get()));
        }
        PQsetNoticeReceiver(conn_.get(), [](void*, const PGresult*) {}, nullptr);
    }

    std::string execute(const std::string& sql) {
        const Result result(PQexec(conn_.get(), sql.c_str()));
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            throw std::runtime_error(PQerrorMessage(conn_.get()) + (" in: " + sql));
        }
        return value(result.get());
    }

    static std::string value(const PGresult* result) {
        const int rows = PQntuples(result);
        if (rows == 0 || PQnfields(result) == 0) return {};
        return PQgetvalue(result, rows - 1, 0);
    }

    [[nodiscard]] PGconn* raw() const { return conn_.get(); }
    [[nodiscard]] int pid() const { return PQbackendPID(conn_.get()); }

  private:
    std::unique_ptr<PGconn, Finish> conn_;
};

}  // namespace

std::vector<std::string> transaction(const std::string& sql) {
    return {"BEGIN; " + sql, "COMMIT"};
}

std::string RaceRun::told() const {
    std::ostringstream out;
    out << "schedule: " << schedule;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        out << "\n  session " << i << ": " << (errors[i].empty() ? answers[i] : errors[i]);
    }
    return out.str();
}

bool RaceRun::deadlocked() const {
    return std::ranges::any_of(errors, [](const auto& e) { return e.starts_with("40P01"); });
}

struct Interleaver::Impl {
    enum class At {
        step,     ///< between two steps
        barrier,  ///< inside of one
        waiting,  ///< for a lock of another session
        running,
        over,
    };
    struct Session {
        Session(const std::string& url, int session_space) : connection(url), space(session_space) {
            connection.execute("SET deadlock_timeout = '20ms'");
            connection.execute("SET application_name = 'race'");
        }
        Connection connection;
        int space;
        const RaceSession* script = nullptr;
        At at = At::over;
        std::size_t next = 0;  ///< step
        int point = 0;         ///< the barrier whose lock the scheduler holds
        std::set<int> blockers = {};
        std::string answer = {};
        std::string error = {};
    };

    explicit Impl(std::string address) : url(std::move(address)), control(url) {}

    void begin(const std::vector<RaceSession>& scripts) {
        while (sessions.size() < scripts.size()) {
            sessions.push_back(
                std::make_unique<Session>(url, kLockSpace + static_cast<int>(sessions.size())));
        }
        control.execute("SELECT pg_advisory_unlock_all()");
        alone = false;
        for (std::size_t i = 0; i < scripts.size(); ++i) {
            Session& session = *sessions[i];
            session.connection.execute("SELECT set_config('race.session', '" +
                                       std::to_string(session.space) +
                                       "', false), set_config('race.point', '0', false)");
            session.script = &scripts[i];
            session.at = scripts[i].steps.empty() ? At::over : At::step;
            session.next = 0;
            session.answer.clear();
            session.error.clear();
            session.point = 1;
            hold(session);
        }
    }

    void hold(const Session& session) {
        control.execute("SELECT pg_advisory_lock(" + std::to_string(session.space) + ", " +
                        std::to_string(session.point) + ")");
    }

    void send(Session& session, const std::string& sql) {
        if (PQsendQuery(session.connection.raw(), sql.c_str()) != 1) {
            throw std::runtime_error(PQerrorMessage(session.connection.raw()));
        }
        session.at = At::running;
    }

    void let_go(Session& session) {
        if (session.at == At::step) {
            send(session, session.script->steps[session.next++]);
            return;
        }
        const int passed = session.point++;
        if (!alone) hold(session);
        unlock(session, passed);
        session.at = At::running;
    }

    void unlock(const Session& session, int point) {
        control.execute("SELECT pg_advisory_unlock(" + std::to_string(session.space) + ", " +
                        std::to_string(point) + ")");
    }

    /// Who is left alone has nobody to meet: it needs no barriers any more.
    void leave_alone() {
        if (alone) return;
        Session* last = nullptr;
        for (const auto& session : sessions) {
            if (session->script == nullptr || session->at == At::over) continue;
            if (last != nullptr) return;
            last = session.get();
        }
        alone = true;
        if (last != nullptr && last->at != At::barrier) unlock(*last, last->point);
    }

    /// Takes what the server has answered; true when the statement is over.
    bool take(Session& session, long wait_us) {
        PGconn* conn = session.connection.raw();
        pollfd fd{PQsocket(conn), POLLIN, 0};
        if (PQisBusy(conn) != 0) {
            const timespec wait{0, wait_us * 1'000};
            if (::ppoll(&fd, 1, &wait, nullptr) <= 0) return false;
            if (PQconsumeInput(conn) != 1) throw std::runtime_error(PQerrorMessage(conn));
        }
        while (PQisBusy(conn) == 0) {
            const Result result(PQgetResult(conn));
            if (!result) {
                settle(session);
                return true;
            }
            if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
                session.answer = Connection::value(result.get());
            } else if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
                const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
                const char* text = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
                session.error = std::string(state != nullptr ? state : "?????") + " " +
                                (text != nullptr ? text : "");
            }
        }
        return false;
    }

    /// After a statement: an error ends the session's part.
    void settle(Session& session) {
        if (!session.error.empty()) {
            if (PQtransactionStatus(session.connection.raw()) != PQTRANS_IDLE) {
                session.connection.execute("ROLLBACK");
            }
            session.at = At::over;
        } else {
            session.at = session.next < session.script->steps.size() ? At::step : At::over;
        }
    }

    void ask_blockers(Session& session) {
        std::istringstream pids(control.execute("SELECT array_to_string(pg_blocking_pids(" +
                                                std::to_string(session.connection.pid()) +
                                                "), ' ')"));
        session.blockers.clear();
        for (int pid = 0; pids >> pid;) session.blockers.insert(pid);
        if (session.blockers.empty()) {
            session.at = At::running;
        } else if (session.blockers.contains(control.pid())) {
            session.at = At::barrier;
        } else {
            session.at = At::waiting;
        }
    }

    /// Whether the session waits, in the end, for itself or for one that does.
    bool in_cycle(const Session& session) const {
        std::vector<const Session*> path{&session};
        std::set<const Session*> seen;
        while (!path.empty()) {
            const Session* one = path.back();
            path.pop_back();
            if (one->at != At::waiting) continue;
            for (const auto& other : sessions) {
                if (!one->blockers.contains(other->connection.pid())) continue;
                if (other.get() == &session) return true;
                if (seen.insert(other.get()).second) path.push_back(other.get());
            }
        }
        return false;
    }

    /// Until each session is at rest: done, at a barrier, or waiting for one that is. The server
    /// ends deadlocks, so those are not at rest.
    void come_to_rest() {
        const auto until = Clock::now() + kPatience;
        while (true) {
            bool rest = true;
            for (const auto& session : sessions) {
                if (session->script == nullptr) continue;
                if (session->at != At::running && session->at != At::waiting) continue;
                if (take(*session, session->at == At::running ? kGlance : 0)) {
                    rest = false;  // it may have let others go
                    continue;
                }
                ask_blockers(*session);
                if (session->at == At::running) rest = false;
            }
            for (const auto& session : sessions) {
                if (session->script != nullptr && in_cycle(*session)) rest = false;
            }
            if (rest) return;
            if (Clock::now() > until) throw std::runtime_error("a session neither ends nor waits");
        }
    }

    [[nodiscard]] std::vector<std::size_t> able() const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            const Session& session = *sessions[i];
            if (session.script == nullptr) continue;
            if (session.at == At::step || session.at == At::barrier) out.push_back(i);
        }
        return out;
    }

    std::string url;
    Connection control;
    std::vector<std::unique_ptr<Session>> sessions;
    bool alone = false;  ///< one session at most is left
};

Interleaver::Interleaver(std::string url) : impl_(std::make_unique<Impl>(std::move(url))) {}
Interleaver::~Interleaver() = default;

std::string Interleaver::execute(const std::string& sql) {
    return impl_->control.execute(sql);
}

void Interleaver::barriers(const std::string& schema, const std::vector<std::string>& except) {
    std::string names = "''";
    for (const auto& table : except) names += ", '" + table + "'";
    execute(kBarrier);
    execute(
        "DO $do$ DECLARE t regclass; BEGIN FOR t IN SELECT c.oid FROM pg_class c "
        "WHERE c.relnamespace = '" +
        schema + "'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT IN (" + names +
        ") LOOP EXECUTE format('CREATE OR REPLACE TRIGGER aaa_race_point "
        "BEFORE INSERT OR UPDATE OR DELETE ON %s EXECUTE FUNCTION race.point()', t); "
        "END LOOP; END $do$");
}

void Interleaver::keep(const std::vector<std::string>& schemas) {
    std::string list;
    for (const auto& schema : schemas) list += (list.empty() ? "'" : ", '") + schema + "'";
    execute(kState);
    execute("SELECT race.keep(ARRAY[" + list + "])");
}

void Interleaver::put_back() {
    execute("SELECT race.put_back()");
}

namespace {

/// The place in the tree of choices: what was taken at each fork, of how many.
struct Choices {
    struct Fork {
        std::size_t taken = 0;
        std::size_t of = 0;
    };
    std::vector<Fork> forks;
    std::size_t depth = 0;

    std::size_t take(std::size_t of) {
        if (depth == forks.size()) forks.push_back({0, of});
        // A schedule can differ from its twin where the server chose a deadlock's victim.
        Fork& fork = forks[depth++];
        fork.of = of;
        return std::min(fork.taken, of - 1);
    }

    /// The next leaf; false after the last.
    bool advance() {
        forks.resize(depth);
        depth = 0;
        while (!forks.empty()) {
            if (++forks.back().taken < forks.back().of) return true;
            forks.pop_back();
        }
        return false;
    }
};

}  // namespace

RaceReport Interleaver::explore(const std::vector<RaceSession>& sessions,
                                const std::function<void()>& reset,
                                const std::function<bool(const RaceRun&)>& check,
                                const RaceOptions& options) {
    RaceReport report;
    Choices choices;
    for (auto& session : impl_->sessions) session->script = nullptr;
    do {
        if (report.runs == options.limit) {
            report.complete = false;
            break;
        }
        reset();
        impl_->begin(sessions);
        RaceRun run;
        int preemptions = 0;
        std::size_t last = sessions.size();
        for (auto able = impl_->able(); !able.empty(); able = impl_->able()) {
            const auto current = std::ranges::find(able, last);
            const bool could_go_on = current != able.end();
            if (could_go_on) std::rotate(able.begin(), current, current + 1);
            const bool may_switch = !could_go_on || preemptions < options.preemptions;
            const std::size_t at = may_switch ? choices.take(able.size()) : 0;
            if (could_go_on && at != 0) ++preemptions;
            last = able[at];
            run.schedule += (run.schedule.empty() ? "" : " ") + sessions[last].name;
            impl_->let_go(*impl_->sessions[last]);
            impl_->come_to_rest();
            impl_->leave_alone();
            if (impl_->sessions[last]->at == Impl::At::waiting) run.schedule += "!";
        }
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            run.answers.push_back(impl_->sessions[i]->answer);
            run.errors.push_back(impl_->sessions[i]->error);
        }
        ++report.runs;
        if (!check(run)) break;
    } while (choices.advance());
    execute("SELECT pg_advisory_unlock_all()");
    return report;
}

}  // namespace barid::support
