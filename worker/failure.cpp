#include "worker/failure.hpp"

#include "config/load.hpp"
#include "worker/worker.hpp"

namespace barid::worker {
namespace {

bool lacks_schema(const pg::Error& e) {
    return e.is("3F000") || e.is("42P01") || e.is("42883") || e.is("42703");
}

/// The server is there but takes nobody now, or the connection broke: classes 08, 53 and 57P.
bool takes_nobody(const pg::Error& e) {
    const std::string& state = e.sqlstate();
    return e.connection_lost() || state.starts_with("08") || state.starts_with("53") ||
           state.starts_with("57P");
}

/// Values that the database refused: they came with the command.
bool refuses_values(const pg::Error& e) {
    return e.sqlstate().starts_with("22") || e.is("23514");
}

}  // namespace

Failure describe(const pg::Error& e) {
    const std::string& state = e.sqlstate();
    if (state.starts_with("28")) {
        return {Exit::denied, e.what(),
                "Check the user and password in database.url, and the server's pg_hba.conf."};
    }
    if (e.is("42501")) {
        return {
            Exit::denied, e.what(),
            "Grant the user the role it needs: barid_worker to work, barid_operator to look and "
            "to steer, barid_producer to enqueue; to migrate it must own the schema."};
    }
    if (e.is("3D000")) {
        return {Exit::unreachable, e.what(),
                "Create the database (createdb), or name another one in database.url."};
    }
    if (takes_nobody(e)) {
        return {Exit::unreachable, e.what(),
                "Check that the server runs and that database.url names its host and port."};
    }
    if (lacks_schema(e)) {
        return {Exit::schema, e.what(),
                "The database has no Barid schema, or an older one: run `barid migrate` first."};
    }
    if (e.is("57014")) {
        return {Exit::unreachable, e.what(),
                "The database is overloaded or a lock is held; database.statement_timeout is the "
                "limit."};
    }
    if (e.is("42601") && std::string_view(e.what()).contains("connection string")) {
        return {Exit::config, e.what(),
                "Write database.url like postgresql://user@host:5432/database."};
    }
    if (refuses_values(e)) return {Exit::usage, e.what(), ""};
    return {Exit::failed, e.what(), ""};
}

Failure describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const config::Error& e) {
        return {Exit::config, e.what(), ""};
    } catch (const UsageError& e) {
        return {Exit::usage, e.what(), ""};
    } catch (const SchemaError& e) {
        return {Exit::schema, e.what(), ""};
    } catch (const pg::Error& e) {
        return describe(e);
    } catch (const TimeoutError& e) {
        return {Exit::unreachable, e.what(), ""};
    } catch (const Error& e) {
        return {Exit::unavailable, e.what(), ""};
    } catch (const std::exception& e) {
        return {Exit::failed, e.what(), ""};
    }
}

}  // namespace barid::worker
