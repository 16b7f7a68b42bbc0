// Parses the command line, reads the settings, runs one command, and turns what it threw into a
// message and an exit code (docs/cli.md).
#include <cstdio>
#include <string>

#include "base/error.hpp"
#include "config/load.hpp"
#include "media/decode_child.hpp"
#include "media/error.hpp"
#include "queue/pg/error.hpp"
#include "worker/command_line.hpp"
#include "worker/commands.hpp"
#include "worker/worker.hpp"

namespace {

using barid::worker::Exit;

int report(const char* what, Exit code) {
    std::fprintf(stderr, "barid: %s\n", what);
    return static_cast<int>(code);
}

Exit exit_for(const barid::pg::Error& e) {
    if (e.sqlstate().starts_with("28") || e.is("42501")) return Exit::denied;
    if (e.is("3D000") || e.connection_lost()) return Exit::unreachable;
    if (e.is("3F000") || e.is("42P01") || e.is("42883")) return Exit::schema;
    return Exit::failed;
}

const char* advice(const barid::pg::Error& e) {
    if (e.is("3F000") || e.is("42P01") || e.is("42883")) {
        return "\n  The database has no Barid schema, or an older one: run `barid migrate` first.";
    }
    if (e.sqlstate().starts_with("28")) return "\n  Check the user and password in database.url.";
    if (e.is("42501")) return "\n  Grant the user barid_worker (or barid_operator) first.";
    if (e.connection_lost() || e.is("3D000")) return "\n  Check database.url and that it runs.";
    return "";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "decode-child") {
        return barid::media::decode_child_main();
    }
    try {
        barid::worker::CommandLine line;
        const int code = line.parse(argc, argv);
        if (code >= 0) return code;
        return line.run();
    } catch (const barid::config::Error& e) {
        return report(e.what(), Exit::config);
    } catch (const barid::worker::SchemaError& e) {
        return report(e.what(), Exit::schema);
    } catch (const barid::pg::Error& e) {
        return report((std::string(e.what()) + advice(e)).c_str(), exit_for(e));
    } catch (const barid::TimeoutError& e) {
        return report(e.what(), Exit::unreachable);
    } catch (const barid::Error& e) {
        return report(e.what(), Exit::unavailable);
    } catch (const std::exception& e) {
        return report(e.what(), Exit::failed);
    }
}
