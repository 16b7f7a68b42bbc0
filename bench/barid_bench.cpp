// `scripts/bench SUITE [options]`: parses, starts the server, runs the suite.
//
// The suite runs in a child process, so that whatever ends it (an error, Ctrl-C, a crash) leaves
// neither a server nor its directory behind: this process waits and tidies up.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "bench/admin_suite.hpp"
#include "bench/commerce_suite.hpp"
#include "bench/gateway_server.hpp"
#include "bench/media_role.hpp"
#include "bench/media_suite.hpp"
#include "bench/notify_ledger.hpp"
#include "bench/notify_suite.hpp"
#include "bench/push_role.hpp"
#include "bench/push_server.hpp"
#include "bench/queue_suite.hpp"
#include "bench/raw.hpp"
#include "bench/server.hpp"
#include "bench/translate_suite.hpp"
#include "bench/worker_role.hpp"
#include "media/decode_child.hpp"

namespace {

using namespace barid::bench;

volatile std::sig_atomic_t g_suite = 0;

void pass_on(int number) {
    if (g_suite > 0) kill(static_cast<pid_t>(g_suite), number);
}

int guarded(auto work) {
    try {
        return work();
    } catch (const std::exception& e) {
        fmt::print(stderr, "barid_bench: {}\n", e.what());
        return 1;
    }
}

int run_suite(const std::string& suite, QueueOptions options) {
    const Server server;
    options.url = server.url();
    std::signal(SIGINT, pass_on);
    std::signal(SIGTERM, pass_on);
    g_suite = fork();
    if (g_suite == 0) {
        std::signal(SIGINT, SIG_DFL);
        std::signal(SIGTERM, SIG_DFL);
        const int code = guarded([&] {
            if (suite == "notify") {
                run_notify_suite({.url = options.url,
                                  .peers = options.peers,
                                  .runs = options.runs,
                                  .scale = options.scale,
                                  .only = options.only});
            } else if (suite == "admin") {
                run_admin_suite({.url = options.url,
                                 .runs = options.runs,
                                 .jobs = options.jobs,
                                 .concurrency = options.concurrency,
                                 .scale = options.scale,
                                 .only = options.only});
            } else if (suite == "commerce") {
                run_commerce_suite({.url = options.url,
                                    .runs = options.runs,
                                    .jobs = options.jobs,
                                    .scale = options.scale,
                                    .only = options.only});
            } else if (suite == "translate") {
                run_translate_suite({.url = options.url,
                                     .runs = options.runs,
                                     .scale = options.scale,
                                     .only = options.only});
            } else {
                run_queue_suite(options);
            }
            return 0;
        });
        std::fflush(nullptr);
        _exit(code);
    }
    int status = 0;
    while (waitpid(static_cast<pid_t>(g_suite), &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

SenderRole sender_role(const std::vector<std::string>& args) {
    return {.url = args.at(1),
            .origin = args.at(2),
            .connections = std::stoul(args.at(3)),
            .ca_file = args.at(4),
            .account_file = args.at(5)};
}

PushRole push_role(const std::vector<std::string>& args) {
    return {.origin = args.at(1),
            .messages = std::stoul(args.at(2)),
            .concurrency = std::stoul(args.at(3)),
            .connections = std::stoul(args.at(4)),
            .ca_file = args.at(5),
            .account_file = args.at(6)};
}

/// Servers that others ask.
int run_stand_in(const std::vector<std::string>& args) {
    return guarded([&] {
        if (args[0] == "gateway") return run_gateway(args.at(1));
        return run_push_server(args.at(1), std::stoi(args.at(2)));
    });
}

MediaRole media_role(const std::vector<std::string>& args) {
    return {.mode = args.at(1),
            .out = args.at(2),
            .rounds = std::stoi(args.at(3)),
            .files = {args.begin() + 4, args.end()}};
}

}  // namespace

int main(int argc, char** argv) {
    // What the measured process starts for its pictures.
    if (argc > 1 && std::string_view(argv[1]) == "decode-child") {
        return barid::media::decode_child_main();
    }
    CLI::App app{"Barid's benchmarks; one JSON object a line"};
    std::string suite;
    QueueOptions options;
    Role role;
    std::vector<std::string> role_args;
    app.add_option("suite", suite, "queue, notify, media, translate, admin or commerce")
        ->check(CLI::IsMember({"queue", "notify", "media", "translate", "admin", "commerce"}));
    MediaOptions media;
    app.add_option("--pictures", media.pictures, "a directory of pictures for the suite media")
        ->check(CLI::ExistingDirectory);
    app.add_flag("--peers", options.peers, "measure the peers beside Barid (npm packages)");
    app.add_option("--runs", options.runs, "runs of each case; medians are printed")
        ->check(CLI::Range(1, 99));
    app.add_option("--jobs", options.jobs, "jobs of a drain")->check(CLI::Range(100, 10'000'000));
    app.add_option("--latency-jobs", options.latency_jobs)->check(CLI::Range(10, 100'000));
    app.add_option("--concurrency", options.concurrency, "of Barid's worker")
        ->check(CLI::Range(1, 10'000));
    app.add_option("--scale", options.scale, "of the burdens: 0.1 makes backlog_5m one of 500,000")
        ->check(CLI::Range(0.001, 10.0));
    app.add_option("--only", options.only, "only cases whose name contains this");
    app.add_option("--role", role_args, "be the measured process: NAME URL JOBS CONCURRENCY QUEUE…")
        ->expected(2, 99)
        ->group("");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    if (role_args.empty()) {
        if (suite.empty()) {
            fmt::print(stderr,
                       "usage: scripts/bench SUITE [options]; suites: queue, notify, media, "
                       "translate, admin, commerce\n");
            return 2;
        }
        if (suite == "media") {
            media.peers = options.peers;
            media.runs = options.runs;
            media.scale = options.scale;
            media.only = options.only;
            return guarded([&] {
                run_media_suite(media);
                return 0;
            });
        }
        return guarded([&] { return run_suite(suite, options); });
    }
    if (role_args[0] == "push-server" || role_args[0] == "gateway") return run_stand_in(role_args);
    if (role_args[0] == "push-client") {
        return guarded([&] { return run_push_client(push_role(role_args)); });
    }
    if (role_args[0] == "media") {
        return guarded([&] { return run_media_role(media_role(role_args)); });
    }
    if (role_args[0] == "translator") {
        return guarded([&] {
            return run_translator({.url = role_args.at(1), .provider_url = role_args.at(2)});
        });
    }
    if (role_args[0] == "sender")
        return guarded([&] { return run_sender(sender_role(role_args)); });
    role = {.name = role_args[0], .url = role_args[1], .jobs = std::stoul(role_args[2])};
    if (role_args.size() > 3) role.concurrency = std::stoul(role_args[3]);
    if (role_args.size() > 4) role.queues.assign(role_args.begin() + 4, role_args.end());
    return guarded([&] { return role.name == "raw" ? run_raw(role) : run_role(role); });
}
