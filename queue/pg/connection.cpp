#include "queue/pg/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>

#include "base/timeout.hpp"
#include "queue/pg/connect_error.hpp"
#include "queue/pg/libpq.hpp"
#include "queue/pg/resolve.hpp"
#include "queue/pg/watch.hpp"

namespace barid::pg {
namespace {

struct Pending {
    explicit Pending(asio::any_io_executor executor) : timer(std::move(executor)) {}
    Result result;
    std::exception_ptr error;
    std::string preparing;  ///< the text of a statement that this one is the first to use
    bool done = false;
    bool script = false;
    asio::steady_timer timer;  ///< the statement's deadline; cancelled when it is answered
};

}  // namespace

struct Connection::Impl {
    Impl(asio::any_io_executor executor_, ThreadPool& blocking_, ConnectOptions options_,
         log::Logger logger)
        : executor(executor_),
          blocking(blocking_),
          options(std::move(options_)),
          log(std::move(logger)),
          socket(executor_) {}
    ~Impl() { close(); }

    asio::any_io_executor executor;
    ThreadPool& blocking;
    ConnectOptions options;
    log::Logger log;
    // The descriptor watches libpq's socket without owning it: released before PQfinish.
    std::unique_ptr<PGconn, FinishConnection> conn;
    asio::posix::stream_descriptor socket;
    std::deque<std::shared_ptr<Pending>> queue;
    Statements statements;
    std::string settings;  ///< sent ahead of each statement, "" on sessions that keep them
    std::function<void(const Notification&)> notified;
    std::function<void()> lost;
    bool broken = false;
    bool flushing = false;

    void watch_socket() {
        const int fd = PQsocket(conn.get());
        if (socket.is_open() && socket.native_handle() == fd) return;
        if (socket.is_open()) socket.release();
        if (fd >= 0) socket.assign(fd);
    }

    void close() {
        broken = true;
        if (socket.is_open()) socket.release();
        conn.reset();
    }

    awaitable<void> open(const Candidate& candidate);
    void send(const std::shared_ptr<Pending>& pending, const std::string& sql,
              const Params& params);
    void send_script(const std::shared_ptr<Pending>& pending, const std::string& sql);
    awaitable<Result> wait(std::shared_ptr<Pending> pending, std::chrono::milliseconds deadline);
    void flush(const std::shared_ptr<Impl>& self);
    void drain();
    void take(ResultHandle result);
    void complete_front();
    void deliver_notifications();
    void lose(const std::string& why);
    void abandon();

    static awaitable<void> read_loop(std::shared_ptr<Impl> self);
    static awaitable<void> flush_loop(std::shared_ptr<Impl> self);
};

awaitable<void> Connection::Impl::open(const Candidate& candidate) {
    close();
    conn = begin_connect(candidate);
    PQsetNoticeReceiver(conn.get(), [](void*, const PGresult*) {}, nullptr);
    PQsetErrorVerbosity(conn.get(), PQERRORS_VERBOSE);  // for connect_error
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (PQstatus(conn.get()) == CONNECTION_BAD) status = PGRES_POLLING_FAILED;
    while (status != PGRES_POLLING_OK) {
        if (status == PGRES_POLLING_FAILED) {
            throw connect_error(first_line(PQerrorMessage(conn.get())));
        }
        // libpq may have moved to another socket, even one with the same number.
        if (socket.is_open()) socket.release();
        watch_socket();
        co_await socket.async_wait(status == PGRES_POLLING_READING
                                       ? asio::posix::stream_descriptor::wait_read
                                       : asio::posix::stream_descriptor::wait_write,
                                   asio::use_awaitable);
        status = PQconnectPoll(conn.get());
    }
    if (socket.is_open()) socket.release();
    watch_socket();
    PQsetErrorVerbosity(conn.get(), PQERRORS_DEFAULT);
    if (PQsetnonblocking(conn.get(), 1) != 0 || PQenterPipelineMode(conn.get()) != 1) {
        throw Error("", first_line(PQerrorMessage(conn.get())));
    }
    broken = false;
}

void Connection::Impl::send(const std::shared_ptr<Pending>& pending, const std::string& sql,
                            const Params& params) {
    std::vector<const char*> values(params.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = params.c_str(i);
    const int count = static_cast<int>(values.size());
    const auto send_text = [&](const std::string& text, int parameters) {
        return PQsendQueryParams(conn.get(), text.c_str(), parameters, nullptr, values.data(),
                                 nullptr, nullptr, 0) == 1;
    };
    const auto& [name, text, is_new] = statements.get(sql, options.schema);
    bool sent = true;
    if (!options.session_state) {
        // Both are before the Sync, so they are one implicit transaction.
        sent = (settings.empty() || send_text(settings, 0)) && send_text(text, count);
    } else {
        if (is_new) {
            sent = PQsendPrepare(conn.get(), name.c_str(), text.c_str(), 0, nullptr) == 1;
            pending->preparing = sql;
        }
        sent = sent && PQsendQueryPrepared(conn.get(), name.c_str(), count, values.data(), nullptr,
                                           nullptr, 0) == 1;
    }
    sent = sent && PQpipelineSync(conn.get()) == 1;
    queue.push_back(pending);
    if (!sent) lose(first_line(PQerrorMessage(conn.get())));
}

void Connection::Impl::send_script(const std::shared_ptr<Pending>& pending,
                                   const std::string& sql) {
    if (!queue.empty()) throw Error("25001", "the connection is in use by another statement");
    pending->script = true;
    queue.push_back(pending);
    const std::string text = in_schema(sql, options.schema);
    if (PQexitPipelineMode(conn.get()) != 1 || PQsendQuery(conn.get(), text.c_str()) != 1) {
        lose(first_line(PQerrorMessage(conn.get())));
    }
}

void Connection::Impl::flush(const std::shared_ptr<Impl>& self) {
    if (broken || flushing) return;
    const int left = PQflush(conn.get());
    if (left < 0) return lose(first_line(PQerrorMessage(conn.get())));
    if (left == 0) return;
    flushing = true;
    asio::co_spawn(executor, flush_loop(self), asio::detached);
}

awaitable<void> Connection::Impl::flush_loop(std::shared_ptr<Impl> self) {
    while (!self->broken) {
        const auto [ec] =
            co_await self->socket.async_wait(asio::posix::stream_descriptor::wait_write, use_tuple);
        if (ec || self->broken) break;
        const int left = PQflush(self->conn.get());
        if (left < 0) self->lose(first_line(PQerrorMessage(self->conn.get())));
        if (left <= 0) break;
    }
    self->flushing = false;
}

awaitable<void> Connection::Impl::read_loop(std::shared_ptr<Impl> self) {
    while (!self->broken) {
        const auto [ec] =
            co_await self->socket.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple);
        if (ec || self->broken) break;
        if (PQconsumeInput(self->conn.get()) != 1) {
            self->drain();  // a last error message of the server may be there already
            self->lose(first_line(PQerrorMessage(self->conn.get())));
            break;
        }
        self->drain();
    }
}

void Connection::Impl::drain() {
    int empty = 0;
    while (!broken && !queue.empty() && empty < 2 && PQisBusy(conn.get()) == 0) {
        ResultHandle result(PQgetResult(conn.get()));
        if (!result) {
            ++empty;
            if (queue.front()->script) {
                if (PQenterPipelineMode(conn.get()) != 1) return lose("pipeline mode was refused");
                complete_front();
            }
            continue;
        }
        empty = 0;
        take(std::move(result));
    }
    if (!broken) deliver_notifications();
}

void Connection::Impl::take(ResultHandle result) {
    Pending& front = *queue.front();
    switch (PQresultStatus(result.get())) {
        case PGRES_PIPELINE_SYNC:
            complete_front();
            break;
        case PGRES_PIPELINE_ABORTED:
            break;
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            front.result = Result(std::move(result));
            front.preparing.clear();
            break;
        case PGRES_FATAL_ERROR:
            // Refused when it was prepared: a later use, after a migration say, tries afresh.
            if (!front.preparing.empty()) statements.forget(std::exchange(front.preparing, {}));
            if (!front.error) front.error = std::make_exception_ptr(error_from(result.get()));
            if (PQstatus(conn.get()) == CONNECTION_BAD) lose("the server closed the connection");
            break;
        default:
            lose("the server sent an answer of a kind that Barid never asks for (COPY)");
    }
}

void Connection::Impl::complete_front() {
    const auto pending = queue.front();
    queue.pop_front();
    pending->done = true;
    pending->timer.cancel();
}

void Connection::Impl::deliver_notifications() {
    while (!broken) {
        const std::unique_ptr<PGnotify, FreeNotify> notify(PQnotifies(conn.get()));
        if (!notify) break;
        if (notified) notified({notify->relname, notify->extra});
    }
}

void Connection::Impl::lose(const std::string& why) {
    if (broken) return;
    const Error error("", "the database connection was lost: " + why);
    close();
    for (const auto& pending : queue) {
        if (!pending->error) pending->error = std::make_exception_ptr(error);
        pending->done = true;
        pending->timer.cancel();
    }
    queue.clear();
    log.debug("database connection lost", {{"why", why}});
    if (lost) lost();
}

void Connection::Impl::abandon() {
    if (broken) return;
    std::shared_ptr<PGcancel> cancel(PQgetCancel(conn.get()), FreeCancel{});
    if (cancel) cancel_in_background(std::move(cancel));
    lose("a statement was abandoned");
}

awaitable<Result> Connection::Impl::wait(std::shared_ptr<Pending> pending,
                                         std::chrono::milliseconds deadline) {
    if (!pending->done) {
        pending->timer.expires_after(deadline);
        const auto [ec] = co_await pending->timer.async_wait(use_tuple);
        if (!pending->done) {
            const bool timed_out = !ec;
            abandon();
            if (!timed_out) throw boost::system::system_error(asio::error::operation_aborted);
            throw Error("57014",
                        fmt::format("a statement was not answered within {} ms", deadline.count()));
        }
    }
    if (pending->error) std::rethrow_exception(pending->error);
    co_return std::move(pending->result);
}

Connection::Connection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connection::~Connection() {
    impl_->lost = nullptr;
    impl_->notified = nullptr;
    impl_->lose("closed");
}

awaitable<std::unique_ptr<Connection>> Connection::connect(ThreadPool& blocking,
                                                           ConnectOptions options,
                                                           log::Logger logger) {
    const auto candidates = co_await run_on(
        blocking, [conninfo = options.conninfo.reveal(), name = options.application_name] {
            return resolve(conninfo, name);
        });
    auto impl = std::make_shared<Impl>(co_await asio::this_coro::executor, blocking,
                                       std::move(options), std::move(logger));
    std::string problems;
    ConnectVerdict verdict;
    for (const Candidate& candidate : candidates) {
        std::string problem;
        std::string sqlstate;
        try {
            co_await with_timeout(impl->open(candidate), impl->options.host_timeout, "connect");
        } catch (const Error& e) {
            sqlstate = e.sqlstate();
            problem = e.what();
        } catch (const TimeoutError&) {
            problem = fmt::format("no answer within {} ms", impl->options.host_timeout.count());
        }
        if (!problem.empty()) {
            verdict.add(candidate.host, sqlstate);
            problems +=
                fmt::format("{}{}: {}", problems.empty() ? "" : "; ", candidate.label, problem);
            continue;
        }
        asio::co_spawn(impl->executor, Impl::read_loop(impl), asio::detached);
        std::unique_ptr<Connection> connection(new Connection(impl));
        co_await connection->apply_settings();
        co_return connection;
    }
    throw Error(verdict.sqlstate(), "cannot connect to the database: " + problems);
}

awaitable<Result> Connection::execute(std::string_view sql, Params params) {
    return execute(sql, std::move(params), impl_->options.statement_deadline);
}

awaitable<Result> Connection::execute(std::string_view sql, Params params,
                                      std::chrono::milliseconds deadline) {
    const auto impl = impl_;
    if (impl->broken) throw Error("", "the database connection was lost");
    auto pending = std::make_shared<Pending>(impl->executor);
    impl->send(pending, std::string(sql), params);
    impl->flush(impl);
    co_return co_await impl->wait(pending, deadline);
}

awaitable<void> Connection::apply_settings() {
    const bool stay = impl_->options.session_state;
    const std::string statement =
        settings_statement(impl_->options.settings, stay ? Scope::session : Scope::transaction);
    if (stay && !statement.empty()) co_await execute(statement);
    if (!stay) impl_->settings = statement;
}

awaitable<void> Connection::set(std::string name, std::string value) {
    auto& settings = impl_->options.settings;
    const auto known = std::ranges::find(settings, name, &Setting::name);
    if (known != settings.end()) {
        if (known->value == value) co_return;
        known->value = std::move(value);
    } else {
        settings.push_back({std::move(name), std::move(value)});
    }
    co_await apply_settings();
}

void Connection::send_and_forget(std::string_view sql) {
    if (impl_->broken) return;
    impl_->send(std::make_shared<Pending>(impl_->executor), std::string(sql), {});
    impl_->flush(impl_);
}

awaitable<Result> Connection::execute_script(const std::string& sql,
                                             std::chrono::milliseconds deadline) {
    const auto impl = impl_;
    if (impl->broken) throw Error("", "the database connection was lost");
    // A ping may be under way: what is answered after it finds the connection empty.
    if (in_flight() > 0) co_await execute("SELECT 1", {}, deadline);
    auto pending = std::make_shared<Pending>(impl->executor);
    impl->send_script(pending, sql);
    impl->flush(impl);
    co_return co_await impl->wait(pending, deadline);
}

bool Connection::usable() const {
    return !impl_->broken;
}
int Connection::server_version() const {
    return impl_->conn ? PQserverVersion(impl_->conn.get()) : 0;
}
int Connection::backend_pid() const {
    return impl_->conn ? PQbackendPID(impl_->conn.get()) : 0;
}
std::size_t Connection::in_flight() const {
    return impl_->queue.size();
}

void Connection::on_notification(std::function<void(const Notification&)> callback) {
    impl_->notified = std::move(callback);
}
void Connection::on_lost(std::function<void()> callback) {
    impl_->lost = std::move(callback);
}

}  // namespace barid::pg
